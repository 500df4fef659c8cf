import type { InspectedArchive } from '../archive/port.ts';
import { mayPublish } from '../auth/rights.ts';
import type { Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { bundlesMax } from '../core/limits.ts';
import type { VersionManifest } from '../core/version-manifest.ts';
import type { CallContext, PublishRequest } from './port.ts';

/** Throws PKG_E_TOKEN, PKG_E_FORBIDDEN, PKG_E_SIGNATURE_LIMIT. */
export function requireRights(request: PublishRequest, context: CallContext) {
  if (context.actor.role === 'reader') {
    throw new VitteError('PKG_E_TOKEN', 'publishing needs a token', {
      help: 'give it in VITTE_TOKEN or with --token',
    });
  }
  if (!mayPublish(context.actor.role)) {
    throw new VitteError('PKG_E_FORBIDDEN', `you may not publish ${request.name}`);
  }
  if (request.bundles.length > bundlesMax) {
    throw new VitteError('PKG_E_SIGNATURE_LIMIT', `at most ${bundlesMax} signatures at once`);
  }
}

/** Throws PKG_E_MISMATCH where the archive is another package than the request names. */
export function requireSamePackage(request: PublishRequest, { document }: InspectedArchive) {
  if (document.name !== request.name || document.version !== request.version) {
    throw new VitteError(
      'PKG_E_MISMATCH',
      `the archive holds ${document.name}@${document.version}, the request says ${request.name}@${request.version}`,
    );
  }
}

/** Throws PKG_E_MISMATCH where a manifest was pushed that is not the archive's. */
export function requireSameManifest({ manifest }: PublishRequest, version: VersionManifest) {
  if (manifest === undefined || manifest === version.digest) return;
  throw new VitteError('PKG_E_MISMATCH', 'the manifest is not the one that its archive gives', {
    help: 'push the manifest that this registry derives from the archive: vitte package pack tells its digest',
    data: { digest: version.digest, manifest: version.bytes.toString('utf8') },
  });
}

/** The error for other content under a published version. `tarSha256` is that of the standing one, where it is known. */
export function exists(
  request: Pick<PublishRequest, 'name' | 'version'>,
  standing: { digest: Digest; tarSha256?: string },
) {
  const { digest, tarSha256 } = standing;
  return new VitteError(
    'PKG_E_VERSION_EXISTS',
    `${request.name}@${request.version} is published with other content`,
    {
      help: 'a published version never changes: publish a new version',
      data: { digest, ...(tarSha256 === undefined ? {} : { tarSha256 }) },
    },
  );
}

/** The error for a version that the index holds as gone, and whose very content was stored again. */
export function lost(request: Pick<PublishRequest, 'name' | 'version'>) {
  return new VitteError(
    'PKG_E_VERSION_LOST',
    `${request.name}@${request.version} is published, and its lost content is stored again: the index does not show it yet`,
    { help: 'the operator runs: vitte registry rebuild --deep' },
  );
}

/** The error for a version that was published and lost. */
export function voided(request: Pick<PublishRequest, 'name' | 'version'>) {
  return new VitteError(
    'PKG_E_VERSION_VOIDED',
    `${request.name}@${request.version} was published and its content was lost: it is not used again`,
    { help: 'publish a new version' },
  );
}
