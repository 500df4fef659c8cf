// Index documents of many packages, by `POST /index` as often as it takes.
import { VitteError } from '../core/errors.ts';
import { type PackageName, parsePackageName } from '../core/name.ts';
import { factsOfDocument } from '../resolve/facts-document.ts';
import { providerNamesMax } from '../resolve/limits.ts';
import type { PackageFacts } from '../resolve/port.ts';
import { anyObject, list, object, parsed, type Reader } from './shape.ts';

/** The server fills an answer up to 16 MiB, but for one document alone, which may be larger. */
export const batchBytesMax = 64 * 1024 * 1024;
/** The largest package that is read, and kept. */
export const indexDocumentBytesMax = 32 * 1024 * 1024;

const name = parsed(parsePackageName);

/** An index document of a package, of which all that the solver reads was checked; the rest is as it came. */
const indexDocument: Reader<PackageFacts> = (value, where) => {
  const document = anyObject(value, where);
  try {
    return factsOfDocument(document, name(document.name, `${where}.name`));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VitteError('PKG_E_REGISTRY_ANSWER', why, { cause });
  }
};

const readBatch = object({ documents: list(indexDocument), missing: list(name) });

/** One request of at most 500 names. */
type Ask = <T>(names: readonly PackageName[], read: Reader<T>) => Promise<T>;

/**
 * The facts of packages by name, undefined for one that there is not. What the server had no room for is asked for
 * again. Throws PKG_E_REGISTRY_ANSWER for an answer to something else than was asked, and what `ask` throws.
 */
export async function readIndexDocuments(
  names: readonly PackageName[],
  ask: Ask,
): Promise<Map<PackageName, PackageFacts | undefined>> {
  const found = new Map<PackageName, PackageFacts | undefined>();
  let waiting = [...new Set(names)];
  while (waiting.length > 0) {
    const asked = waiting.slice(0, providerNamesMax);
    const { documents, missing } = await ask(asked, readBatch);
    const wanted = new Set(asked);
    for (const document of documents) {
      if (wanted.has(document.name)) found.set(document.name, document);
    }
    for (const name of missing) if (wanted.has(name)) found.set(name, undefined);
    const left = asked.filter((name) => !found.has(name));
    // Whoever gives nothing would be asked for ever.
    if (left.length === asked.length) throw strangeAnswer(asked);
    waiting = [...left, ...waiting.slice(asked.length)];
  }
  return found;
}

function strangeAnswer([first = '']: readonly string[]) {
  return new VitteError(
    'PKG_E_REGISTRY_ANSWER',
    `the registry neither gave the index document of ${first} nor said that there is none`,
  );
}
