import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Digest, hexOf } from '../../core/digest.ts';
import { pageItemsMax } from '../limits.ts';
import type { ReadmeShelf } from '../search-port.ts';
import { readmeTextBytesMax } from '../search-readme.ts';
import { openCommandList } from './command-list.ts';
import type { Argument, Connection, Reply } from './connection.ts';
import type { FixedKeys } from './keys.ts';
import { readScript } from './scripts.ts';

const digestBytes = 32;

/**
 * The words of READMEs, which search reads again at each start. They name the README that they were made from, so no
 * data set holds them: they outlive a `clear`.
 */
export function openReadmeShelf(connection: Connection, keys: FixedKeys): ReadmeShelf {
  return {
    async get(wanted, options) {
      const asked = wanted.slice(0, pageItemsMax);
      if (asked.length === 0) return [];
      const values = await run(
        'HMGET',
        asked.map(({ name }) => name),
        1,
        options,
      );
      return asked.flatMap(({ name, digest }, at) => {
        const text = textOf((values as Reply[])[at] as Buffer | null, digest);
        return text === undefined ? [] : [{ name, digest, text }];
      });
    },
    async put(texts, options) {
      if (texts.length === 0) return;
      const rows = texts.slice(0, pageItemsMax).flatMap(({ name, digest, text }): Argument[] => {
        return [name, Buffer.concat([Buffer.from(hexOf(digest), 'hex'), deflateRawSync(text)])];
      });
      await run('HSET', rows, 2, options);
    },
  };

  async function run(
    command: string,
    members: Argument[],
    width: number,
    options?: { signal?: AbortSignal },
  ): Promise<Reply | undefined> {
    const list = openCommandList(1);
    list.addAll(command, keys.readmes, members, width);
    const given = (set: string) => list.behind([keys.meta], [set]);
    return (await connection.run(readScript, given, options))[1];
  }
}

/** What is kept, if it is of this README and can be read: it can always be made again. */
function textOf(value: Buffer | null, digest: Digest): string | undefined {
  if (value?.subarray(0, digestBytes).toString('hex') !== hexOf(digest)) return undefined;
  try {
    const options = { maxOutputLength: readmeTextBytesMax };
    return inflateRawSync(value.subarray(digestBytes), options).toString('utf8');
  } catch {
    return undefined;
  }
}
