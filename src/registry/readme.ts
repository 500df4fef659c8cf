import type { Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import { readVersion } from './exact-version.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext } from './port.ts';

/** A version's README, Markdown as the author wrote it. Throws PKG_E_NOT_FOUND where it has none. */
export async function readme(
  parts: Parts,
  name: PackageName,
  version: Version,
  context: CallContext,
): Promise<Answer<{ bytes: Uint8Array; digest: Digest }>> {
  const { sequence, value: found } = await readVersion(parts, name, version, context);
  if (!found.readme) throw new VitteError('PKG_E_NOT_FOUND', `${name}@${version} has no README`);
  const { digest } = found.readme;
  const options = context.signal ? { signal: context.signal } : {};
  return { sequence, value: { bytes: await parts.versions.readme(name, digest, options), digest } };
}
