import { parseJson } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import { readVersion } from './exact-version.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, SignatureInfo } from './port.ts';

/** The signature bundles of a version, for the client to verify. Throws PKG_E_NOT_FOUND. */
export async function signatures(
  parts: Parts,
  name: PackageName,
  version: Version,
  context: CallContext,
): Promise<Answer<SignatureInfo[]>> {
  const { sequence, value: found } = await readVersion(parts, name, version, context);
  const bundles = found.signatures.map((signature) => signature.bundle);
  const stored = await parts.versions.signatures(
    name,
    bundles,
    context.signal ? { signal: context.signal } : {},
  );
  const value = stored.map(({ bundle, kid, key, content }) => ({
    digest: bundle,
    kid,
    key,
    bundle: parseJson(content, 'a signature bundle'),
  }));
  return { sequence, value };
}
