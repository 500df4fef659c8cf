import { VitteError } from './errors.ts';
import { nameLengthMax } from './limits.ts';

/** A full package name, `name` or `namespace/name`, each part in the registry's form. */
export type PackageName = string & { readonly __brand: 'PackageName' };

/** The part of Vitte's name rule that every OCI registry takes as well (no `-` at an end, none doubled). */
const partForm = /^[a-z](?:-?[a-z0-9])*$/;

/** Names the registry keeps for itself, as a name and as a namespace. */
export const reservedNames: ReadonlySet<string> = new Set(['vitte-registry']);

/** Parses a full name from outside. Throws PKG_E_PACKAGE_NAME. */
export function parsePackageName(text: string): PackageName {
  const parts = text.split('/', 3);
  if (parts.length > 2) throw nameError(text, 'has more than two parts');
  for (const part of parts) {
    if (part.length > nameLengthMax)
      throw nameError(text, `has a part over ${nameLengthMax} characters`);
    if (!partForm.test(part)) {
      throw nameError(text, 'must be lower-case letters, digits and single inner hyphens');
    }
    if (reservedNames.has(part)) throw nameError(text, `is reserved (${part})`);
  }
  return text as PackageName;
}

/** True where parsePackageName would give a name. */
export function isPackageName(text: string): text is PackageName {
  try {
    parsePackageName(text);
    return true;
  } catch {
    return false;
  }
}

/** The full name of `local` in `namespace`. Throws PKG_E_PACKAGE_NAME. */
export function joinName(namespace: string | undefined, local: string): PackageName {
  if (local.includes('/')) throw nameError(local, 'must stand without its namespace here');
  return parsePackageName(namespace === undefined ? local : `${namespace}/${local}`);
}

/** The two parts of a name. */
export function splitName(name: PackageName): { namespace: string | undefined; local: string } {
  const slash = name.indexOf('/');
  return slash < 0
    ? { namespace: undefined, local: name }
    : { namespace: name.slice(0, slash), local: name.slice(slash + 1) };
}

function nameError(text: string, why: string) {
  return new VitteError(
    'PKG_E_PACKAGE_NAME',
    `package name ${JSON.stringify(text.slice(0, 160))} ${why}`,
    {
      help: 'a name looks like "vitte-math" or "roussov/vitte-math", each part at most 64 characters',
    },
  );
}
