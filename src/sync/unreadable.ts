import { isVitteError } from '../core/errors.ts';

/** True for what can't be read because of what it holds: damaged, or of another form. Trying again helps nothing. */
export function isUnreadable(error: unknown) {
  return isVitteError(error, 'PKG_E_STORE_FORMAT', 'PKG_E_INTEGRITY', 'PKG_E_DOCUMENT');
}
