import type { StorageEncoding } from '../../core/storage-encoding.ts';
import type { Registry } from '../port.ts';
import { flatRegistry } from './flat.ts';
import { singleRegistry } from './single.ts';

/** A storage in an encoding (`spec/mapping.md`). `one` is the repository of `single`. */
export function encodedRegistry(inner: Registry, encoding: StorageEncoding, one: string): Registry {
  if (encoding === 'path') return inner;
  return encoding === 'flat' ? flatRegistry(inner) : singleRegistry(inner, one);
}
