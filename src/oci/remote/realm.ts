import { storageError } from './errors.ts';
import { isSafeStep } from './redirect.ts';

/**
 * The URL of a token service that a registry named. PKG_E_STORAGE_ANSWER for another scheme than http and https,
 * for http from a registry that speaks https, and for a URL with credentials in it. Where it may lie is checked when
 * it is connected to.
 */
export function parseRealm(text: string | undefined, registry: URL): URL {
  const realm = URL.parse(text ?? '');
  if (!realm || !isSafeStep(registry, realm) || realm.username !== '' || realm.password !== '') {
    throw storageError(
      'PKG_E_STORAGE_ANSWER',
      'name a token service',
      'the realm of its challenge is none that credentials may be sent to',
    );
  }
  realm.hash = '';
  return realm;
}
