import { createHash } from 'node:crypto';
import { digestOfHex } from '../core/digest.ts';
import type { ArchiveKind } from '../core/media-types.ts';
import { type ArchiveLimits, archiveLimits } from './archive-limits.ts';
import { gzipReader } from './gzip-reader.ts';
import { packageContents } from './package-contents.ts';
import type { InspectedArchive } from './port.ts';
import { type TarEvent, tarReader } from './tar-reader.ts';

export type ArchiveReader = {
  /** Takes the next bytes of the archive, however they are cut, and gives what they say, already checked. */
  read(chunk: Uint8Array): AsyncGenerator<TarEvent>;
  /** Says that the archive is over, and gives what it holds. */
  finish(): InspectedArchive;
  /** Lets go of what the reader holds; also where an error was thrown. */
  close(): void;
};

/**
 * The one reader of archives: gzip framing, tar profile, contents, digests. Inspection and extraction both go
 * through it, so neither can take what the other refuses. Errors are those of its parts.
 */
export function archiveReader(
  kind: ArchiveKind,
  limits: Partial<ArchiveLimits> = {},
): ArchiveReader {
  const effective = { ...archiveLimits, ...limits };
  const gzip = gzipReader(effective);
  const tar = tarReader(kind, effective);
  const contents = packageContents(kind);
  const archiveHash = createHash('sha256');
  const tarHash = createHash('sha256');
  let size = 0;
  return { read, finish, close: gzip.close };

  async function* read(chunk: Uint8Array): AsyncGenerator<TarEvent> {
    archiveHash.update(chunk);
    size += chunk.length;
    for await (const piece of gzip.read(chunk)) {
      tarHash.update(piece);
      for (const event of tar.read(piece)) {
        contents.take(event);
        yield event;
      }
    }
  }

  function finish(): InspectedArchive {
    gzip.finish();
    tar.finish();
    const digest = digestOfHex(archiveHash.digest('hex'));
    return { kind, digest, size, ...contents.finish(tarHash.digest('hex')) };
  }
}
