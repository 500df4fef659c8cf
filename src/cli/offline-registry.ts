import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isJsonObject, type JsonObject, parseJson } from '../core/json.ts';
import { jsonDocumentBytesMax } from '../core/limits.ts';
import type { Environment } from './environment.ts';
import { readIfThere, readSmallFile } from './small-file.ts';

const workspaceFile = 'vitte-workspace.json';
const builtinRegistry = 'src/vitte/packages/registry/registry.json';

/**
 * Path of the offline registry (vitte-commands.md, "Offline resolution"): VITTE_PACKAGE_REGISTRY, else the
 * folder that the workspace names where it exists, else the compiler's own under the current folder. Throws
 * PKG_E_FILE and PKG_E_DOCUMENT for a workspace file that can't be read.
 */
export async function offlineRegistryPath({ variables, cwd }: Environment): Promise<string> {
  const stated = variables.VITTE_PACKAGE_REGISTRY;
  if (stated) return resolve(cwd, stated);
  const workspace = await findWorkspace(variables.VITTE_WORKSPACE, cwd);
  const registry = workspace?.document.registry;
  if (workspace && isJsonObject(registry) && typeof registry.path === 'string') {
    const folder = resolve(dirname(workspace.file), registry.path);
    if (await stat(folder).catch(() => undefined)) return join(folder, 'registry.json');
  }
  return resolve(cwd, builtinRegistry);
}

/** The workspace of VITTE_WORKSPACE, else the one that is found from here upwards. */
async function findWorkspace(
  stated: string | undefined,
  cwd: string,
): Promise<{ file: string; document: JsonObject } | undefined> {
  if (stated) {
    const file = resolve(cwd, stated);
    return { file, document: objectOf(await readSmallFile(file, jsonDocumentBytesMax)) };
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    const file = join(folder, workspaceFile);
    const bytes = await readIfThere(file, jsonDocumentBytesMax);
    if (bytes) return { file, document: objectOf(bytes) };
    if (folder === dirname(folder)) return undefined;
  }
}

function objectOf(bytes: Uint8Array): JsonObject {
  const value = parseJson(bytes, workspaceFile);
  return isJsonObject(value) ? value : {};
}
