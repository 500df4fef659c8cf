import { VitteError } from '../../core/errors.ts';
import { parseRepositoryName } from '../names.ts';

/** Where a storage lies: `origin` speaks the distribution API, repositories lie under `prefix`. */
export type StorageAddress = { origin: string; prefix: string };

/** Docker Hub's name, and the host that speaks the API for it. */
const dockerHub = 'docker.io';
const dockerHubApi = 'registry-1.docker.io';

/**
 * Parses `oci://HOST[:PORT]/PREFIX` (TLS) and `oci+http://HOST[:PORT]/PREFIX`; the prefix may be absent.
 * Throws PKG_E_CONFIG, never with credentials in the message.
 */
export function parseStorageUrl(text: string): StorageAddress {
  const [, scheme, rest] = /^(oci|oci\+http):\/\/([^/].*)$/.exec(text) ?? [];
  const http = scheme === 'oci' ? 'https' : 'http';
  const url = URL.parse(`${http}://${rest}`);
  if (scheme === undefined || !url) {
    throw new VitteError('PKG_E_CONFIG', 'a remote storage is oci://HOST/PREFIX or oci+http://…');
  }
  if (url.username !== '' || url.password !== '') {
    throw new VitteError('PKG_E_CONFIG', 'the URL of a storage may not hold credentials', {
      help: 'put them into the file that VITTE_REGISTRY_STORAGE_AUTH_FILE names',
    });
  }
  if (url.search !== '' || url.hash !== '') {
    throw new VitteError('PKG_E_CONFIG', 'the URL of a storage has neither query nor fragment');
  }
  // As it was written: a URL's own path has its dots resolved.
  const prefix = /^[^/]*\/?(.*?)\/?$/.exec(rest ?? '')?.[1] ?? '';
  checkPrefix(prefix);
  if (url.host === dockerHub) url.host = dockerHubApi;
  return { origin: url.origin, prefix };
}

function checkPrefix(prefix: string) {
  try {
    if (prefix !== '') parseRepositoryName(prefix);
  } catch (cause) {
    throw new VitteError('PKG_E_CONFIG', 'the path of a storage is no OCI repository name', {
      help: 'lower-case letters and digits, parts with a slash between them: oci://HOST/team/vitte',
      cause,
    });
  }
}
