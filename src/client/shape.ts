// Readers of JSON that came from outside: each takes a value and where it stands, and gives it typed or throws.
import { VitteError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';

export type Reader<T> = (value: unknown, where: string) => T;

/** Members that are no optional readers must be there; members that are not named are passed over. */
export function object<T extends Record<string, Reader<unknown>>>(
  members: T,
): Reader<{ [K in keyof T]: ReturnType<T[K]> }> {
  return (value, where) => {
    if (!isJsonObject(value)) throw shapeError(where, 'an object');
    const rows = Object.entries(members).map(([key, read]) => [
      key,
      read(Object.hasOwn(value, key) ? value[key] : undefined, `${where}.${key}`),
    ]);
    return Object.fromEntries(rows);
  };
}

export function list<T>(item: Reader<T>): Reader<T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw shapeError(where, 'a list');
    return value.map((member, index) => item(member, `${where}[${index}]`));
  };
}

/** Absent and null are both undefined. */
export function optional<T>(read: Reader<T>): Reader<T | undefined> {
  return (value, where) => (value === undefined || value === null ? undefined : read(value, where));
}

export const text: Reader<string> = (value, where) => {
  if (typeof value !== 'string') throw shapeError(where, 'a string');
  return value;
};

export const flag: Reader<boolean> = (value, where) => {
  if (typeof value !== 'boolean') throw shapeError(where, 'true or false');
  return value;
};

/** A whole number from 0 that a double holds exactly. */
export const count: Reader<number> = (value, where) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw shapeError(where, 'a whole number');
  }
  return value as number;
};

export const number: Reader<number> = (value, where) => {
  if (typeof value !== 'number') throw shapeError(where, 'a number');
  return value;
};

export const anyObject: Reader<JsonObject> = (value, where) => {
  if (!isJsonObject(value)) throw shapeError(where, 'an object');
  return value;
};

/** A value that one of core's parsers takes, such as a name, version or digest. */
export function parsed<T>(parse: (text: string) => T): Reader<T> {
  return (value, where) => {
    try {
      return parse(text(value, where));
    } catch (cause) {
      throw new VitteError('PKG_E_REGISTRY_ANSWER', `${where}: ${messageOf(cause)}`, { cause });
    }
  };
}

function messageOf(error: unknown) {
  return error instanceof Error ? error.message : String(error);
}

function shapeError(where: string, what: string) {
  return new VitteError('PKG_E_REGISTRY_ANSWER', `${where} is not ${what}`);
}
