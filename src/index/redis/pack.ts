import {
  againLengthMin,
  alikeEarly,
  form,
  knownShapes,
  type Packable,
  shortList,
  shortText,
  smallInteger,
  word,
  words,
} from './packed.ts';

const wordNumbers = new Map(words.map((text, number) => [text, number]));
const shapeNumbers = new Map(knownShapes.map((names, at) => [JSON.stringify(names), at]));
/** Shorter strings are not looked at for a form of their own. */
const formLengthMin = 16;
const byteEnd = 0x100;

/**
 * Packs a value. `known` are strings that whoever unpacks it has beforehand: they are referred to. A value packed
 * with them can be read with the same alone.
 */
export function pack(value: Packable, known: readonly string[] = []): Buffer {
  const writer = openWriter(known);
  writer.value(value);
  return writer.done();
}

/** The strings of a value that packing would refer to if they came again. */
export function stringsOf(value: Packable): string[] {
  if (typeof value === 'string') return value.length < againLengthMin ? [] : [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}

function openWriter(known: readonly string[]) {
  let bytes = Buffer.allocUnsafe(512);
  let length = 0;
  let seenCount = known.length;
  const seen = new Map<string, number>();
  const shapes = new Map(shapeNumbers);
  for (const [place, text] of known.entries()) if (!seen.has(text)) seen.set(text, place);
  return { value, done: () => Buffer.from(bytes.subarray(0, length)) };

  function value(given: unknown) {
    if (typeof given === 'string') text(given);
    else if (typeof given === 'number') number(given);
    else if (given === false) byte(form.false);
    else if (given === true) byte(form.true);
    else if (Array.isArray(given)) {
      sized(form.list, shortList, smallInteger, given.length);
      for (const item of given) value(item);
    } else if (typeof given === 'object' && given !== null) {
      object(given as Record<string, unknown>);
    } else byte(form.null);
  }

  /** Names first, then values: so objects that come again with other values leave their names out. */
  function object(given: Record<string, unknown>) {
    const names = Object.keys(given).filter((name) => given[name] !== undefined);
    const shape = JSON.stringify(names);
    const before = shapes.get(shape);
    if (before === undefined) {
      shapes.set(shape, shapes.size);
      byte(form.object);
      varint(names.length);
      for (const name of names) text(name);
    } else {
      sized(form.alike, alikeEarly, byteEnd, before);
    }
    for (const name of names) value(given[name]);
  }

  function number(given: number) {
    if (Number.isSafeInteger(given) && given >= 0 && !Object.is(given, -0)) {
      return sized(form.integer, smallInteger, shortText, given);
    }
    byte(form.number);
    counted(JSON.stringify(given));
  }

  function text(given: string) {
    const known = wordNumbers.get(given);
    if (known !== undefined) return byte(word + known);
    if (given.length < againLengthMin) return plain(given);
    const before = seen.get(given);
    if (before !== undefined) {
      byte(form.again);
      return varint(before);
    }
    seen.set(given, seenCount++);
    if (given.length < formLengthMin) return plain(given);
    // Texts are told apart by their length first: most are none of these forms.
    if (given.length === 71 && /^sha256:[0-9a-f]{64}$/.test(given)) {
      byte(form.sha256);
      return hex(given.slice(7));
    }
    if (given.length % 2 === 0 && /^[0-9a-f]+$/.test(given)) {
      if (given.length === 64) byte(form.hash);
      else {
        byte(form.hex);
        varint(given.length / 2);
      }
      return hex(given);
    }
    if (given.length === 36 && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(given)) {
      byte(form.uuid);
      return hex(given.replaceAll('-', ''));
    }
    if (given.length === 24 && isTime(given)) {
      byte(form.time);
      reserve(6);
      length = bytes.writeUIntBE(Date.parse(given), length, 6);
      return;
    }
    plain(given);
  }

  function plain(given: string) {
    if (!given.isWellFormed()) {
      byte(form.json); // UTF-8 has no form for half a surrogate pair
      return counted(JSON.stringify(given));
    }
    const size = Buffer.byteLength(given);
    sized(form.text, shortText, word, size);
    raw(given, size);
  }

  /** A form and its number: one byte of the range from `short` on where the number has a place there. */
  function sized(long: number, short: number, end: number, given: number) {
    if (given < end - short) return byte(short + given);
    byte(long);
    varint(given);
  }

  function counted(given: string) {
    const size = Buffer.byteLength(given);
    varint(size);
    raw(given, size);
  }

  function raw(given: string, size: number) {
    reserve(size);
    length += bytes.write(given, length);
  }

  function hex(given: string) {
    reserve(given.length / 2);
    length += bytes.write(given, length, 'hex');
  }

  function byte(given: number) {
    reserve(1);
    bytes[length++] = given;
  }

  function varint(given: number) {
    let rest = given;
    while (rest > 127) {
      byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    byte(rest);
  }

  function reserve(more: number) {
    if (length + more <= bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (length + more));
    bytes.copy(larger, 0, 0, length);
    bytes = larger;
  }
}

function isTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) return false;
  const time = Date.parse(text);
  return time >= 0 && new Date(time).toISOString() === text;
}
