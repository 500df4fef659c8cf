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

/** Unpacks what `pack` gave. Throws RangeError or SyntaxError for anything else. */
export function unpack(bytes: Buffer, known: readonly string[] = []): Packable {
  return openReader(bytes, known).value();
}

function openReader(bytes: Buffer, known: readonly string[]) {
  let at = 0;
  const seen = [...known];
  const shapes = [...knownShapes];
  return { value };

  function value(): unknown {
    const first = byte();
    if (first >= alikeEarly) return object(shapes[first - alikeEarly] ?? unreadable());
    if (first >= word) return words[first - word] ?? unreadable();
    if (first >= shortText) return remembered(text('utf8', first - shortText));
    if (first >= smallInteger) return first - smallInteger;
    if (first >= shortList) return list(first - shortList, value);
    switch (first) {
      case form.null:
        return null;
      case form.false:
        return false;
      case form.true:
        return true;
      case form.integer:
        return varint();
      case form.number:
        return JSON.parse(text('utf8', varint()));
      case form.list:
        return list(varint(), value);
      case form.object:
        return object(shapes[shapes.push(list(varint(), () => String(value()))) - 1]!);
      case form.alike:
        return object(shapes[varint()] ?? unreadable());
      case form.text:
        return remembered(text('utf8', varint()));
      case form.json:
        return remembered(JSON.parse(text('utf8', varint())) as string);
      case form.again:
        return seen[varint()] ?? unreadable();
      case form.hex:
        return remembered(text('hex', varint()));
      case form.hash:
        return remembered(text('hex', 32));
      case form.sha256:
        return remembered(`sha256:${text('hex', 32)}`);
      case form.uuid:
        return remembered(uuid(text('hex', 16)));
      case form.time:
        return remembered(new Date(bytes.readUIntBE(advance(6), 6)).toISOString());
      default:
        return unreadable();
    }
  }

  function object(names: readonly string[]): object {
    const found: Record<string, unknown> = {};
    for (const name of names) {
      // An assignment would take this one for the object's prototype.
      if (name === '__proto__') {
        const member = { value: value(), enumerable: true, configurable: true, writable: true };
        Object.defineProperty(found, name, member);
      } else found[name] = value();
    }
    return found;
  }

  function list<T>(count: number, item: () => T): T[] {
    if (count > bytes.length - at) return unreadable(); // each takes a byte at least
    const found: T[] = [];
    for (let left = count; left > 0; left -= 1) found.push(item());
    return found;
  }

  function remembered(given: string): string {
    if (given.length >= againLengthMin) seen.push(given);
    return given;
  }

  function text(encoding: 'utf8' | 'hex', size: number): string {
    const from = advance(size);
    return bytes.toString(encoding, from, at);
  }

  function varint(): number {
    let found = 0;
    for (let scale = 1; ; scale *= 128) {
      const next = byte();
      found += (next % 128) * scale;
      if (next < 128) return found;
    }
  }

  function byte(): number {
    return bytes[at++] ?? unreadable();
  }

  /** Goes on by so many bytes, and gives where they begin. */
  function advance(size: number): number {
    if (size > bytes.length - at) return unreadable();
    at += size;
    return at - size;
  }
}

function uuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function unreadable(): never {
  throw new RangeError('not a packed value');
}
