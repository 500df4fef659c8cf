// The body of a signed publish: multipart/mixed (RFC 2046, 5.1), bundles first, the archive last and streamed.
import { VitteError } from '../core/errors.ts';
import { bundleBytesMax, bundlesMax } from '../core/limits.ts';
import { type ArchiveKind, archiveKindOf, mediaTypes } from '../core/media-types.ts';
import type { SentBundle } from '../registry/port.ts';
import type { MediaType } from './media-type.ts';
import { type PartHeaders, parsePartHeaders } from './part-headers.ts';
import { scanParts } from './part-scanner.ts';

const boundaryForm = /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/;

export type MixedBody = {
  kind: ArchiveKind;
  bundles: SentBundle[];
  /** Rejects where it is not the last part, or the body does not end as it should. */
  archive: AsyncIterable<Uint8Array>;
};

/** The boundary of a multipart type. Throws PKG_E_REQUEST. */
export function boundaryOf({ parameters }: MediaType): string {
  const boundary = parameters.get('boundary');
  if (boundary === undefined) throw shapeError('the Content-Type names no boundary');
  if (!boundaryForm.test(boundary)) {
    throw shapeError('the boundary is not 1 to 70 of the characters that RFC 2046 allows');
  }
  return boundary;
}

/**
 * Reads the bundles and opens the archive; nothing of the archive is kept. Throws PKG_E_REQUEST for a wrong shape,
 * PKG_E_MEDIA_TYPE for parts of other types, PKG_E_SIGNATURE_LIMIT for bundles too many or too large,
 * PKG_E_KEY_FORMAT, and PKG_E_BODY_TRUNCATED; whatever `source` throws passes through.
 */
export async function readMixed(
  source: AsyncIterable<Uint8Array>,
  boundary: string,
): Promise<MixedBody> {
  const parts = scanParts(source, boundary);
  const bundles: SentBundle[] = [];
  try {
    for (;;) {
      const block = await parts.nextHeaders();
      if (block === undefined) throw shapeError('the body has no part that is an archive');
      const headers = parsePartHeaders(block);
      const kind = archiveKindOf(headers.type);
      if (kind !== undefined) return { kind, bundles, archive: archive() };
      bundles.push(await bundle(headers));
    }
  } catch (error) {
    await parts.leave();
    throw error;
  }

  async function bundle(headers: PartHeaders): Promise<SentBundle> {
    if (headers.type !== mediaTypes.sigstoreBundle) {
      throw new VitteError(
        'PKG_E_MEDIA_TYPE',
        `a part has the type ${JSON.stringify(headers.type)}`,
        {
          help: `parts are ${mediaTypes.sigstoreBundle}, and ${mediaTypes.vitmod} or ${mediaTypes.vitpkg} last`,
        },
      );
    }
    if (bundles.length === bundlesMax) throw limitError(`more than ${bundlesMax} bundles`);
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of parts.body()) {
      size += piece.length;
      if (size > bundleBytesMax) throw limitError(`a bundle over ${bundleBytesMax} bytes`);
      pieces.push(piece);
    }
    return { bytes: Buffer.concat(pieces), ...(headers.key ? { key: headers.key } : {}) };
  }

  async function* archive() {
    try {
      yield* parts.body();
      if ((await parts.nextHeaders()) !== undefined) {
        throw shapeError('the archive is not the last part');
      }
    } finally {
      await parts.leave();
    }
  }
}

function limitError(what: string) {
  return new VitteError('PKG_E_SIGNATURE_LIMIT', `the body holds ${what}`);
}

function shapeError(message: string) {
  return new VitteError('PKG_E_REQUEST', message, {
    help: 'multipart/mixed; boundary=…, with bundles first and the archive as the last part',
  });
}
