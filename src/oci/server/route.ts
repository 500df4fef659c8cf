import { type Digest, isOciDigest } from '../../core/digest.ts';
import { VitteError } from '../../core/errors.ts';
import { checkTag, parseRepositoryName, type RepositoryName } from '../names.ts';
import type { Reference } from '../port.ts';
import { ociError } from './errors.ts';

/** What a request is about; every part of it is parsed. */
export type OciRoute =
  | { kind: 'ping' }
  | { kind: 'token' }
  | { kind: 'blob'; name: RepositoryName; digest: Digest }
  | { kind: 'uploads'; name: RepositoryName }
  | { kind: 'upload'; name: RepositoryName; location: string }
  | { kind: 'manifest'; name: RepositoryName; reference: Reference }
  | { kind: 'tags'; name: RepositoryName }
  | { kind: 'referrers'; name: RepositoryName; digest: Digest };

type Kind = OciRoute['kind'];

const methods: Readonly<Record<Kind, readonly string[]>> = {
  ping: ['GET', 'HEAD'],
  token: ['GET', 'POST'],
  blob: ['GET', 'HEAD', 'DELETE'],
  uploads: ['POST'],
  upload: ['GET', 'PATCH', 'PUT', 'DELETE'],
  manifest: ['GET', 'HEAD', 'PUT', 'DELETE'],
  tags: ['GET', 'HEAD'],
  referrers: ['GET', 'HEAD'],
};

/** A name may itself hold the words that stand behind it, so the last of them counts. */
const patterns: readonly [Kind, RegExp][] = [
  ['ping', /^\/v2\/?$/],
  ['token', /^\/v2\/token$/],
  ['uploads', /^\/v2\/(.+)\/blobs\/uploads\/?$/],
  ['upload', /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/],
  ['blob', /^\/v2\/(.+)\/blobs\/([^/]+)$/],
  ['manifest', /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ['tags', /^\/v2\/(.+)\/tags\/list$/],
  ['referrers', /^\/v2\/(.+)\/referrers\/([^/]+)$/],
];

/** True for the target of a request to the distribution API, known or not. */
export function isOciTarget(target: string): boolean {
  return /^\/v2(?:[/?]|$)/.test(target);
}

/**
 * The route of a path as it was sent, without its query. Throws PKG_E_ROUTE, PKG_E_METHOD, PKG_E_REPOSITORY_NAME,
 * PKG_E_DIGEST, PKG_E_TAG, and PKG_E_REQUEST for broken percent-encoding.
 */
export function parseRoute(method: string, path: string): OciRoute {
  for (const [kind, pattern] of patterns) {
    const found = pattern.exec(path);
    if (!found) continue;
    const [, rawName = '', rawRest = ''] = found;
    if (!methods[kind].includes(method)) throw methodError(method, methods[kind]);
    if (kind === 'ping' || kind === 'token') return { kind };
    const name = parseName(rawName);
    const rest = decode(rawRest);
    if (kind === 'uploads' || kind === 'tags') return { kind, name };
    if (kind === 'upload') return { kind, name, location: rest };
    if (kind === 'manifest') return { kind, name, reference: parseReference(rest) };
    return { kind, name, digest: parseOciDigest(rest) };
  }
  throw new VitteError('PKG_E_ROUTE', 'there is nothing at this path', {
    help: 'what /v2/ offers is the OCI distribution specification 1.1, without its catalog',
  });
}

/** The address of content within a repository. Relative, so that it holds behind any proxy. */
export function pathOf(name: string, rest: string): string {
  return `/v2/${name}/${rest}`;
}

/** Parses a digest of sha256 or sha512. Throws PKG_E_DIGEST. */
export function parseOciDigest(text: string): Digest {
  if (isOciDigest(text)) return text;
  throw new VitteError(
    'PKG_E_DIGEST',
    `not a sha256 or sha512 digest: ${JSON.stringify(text.slice(0, 160))}`,
  );
}

function parseReference(text: string): Reference {
  // No tag has a colon.
  if (text.includes(':')) return parseOciDigest(text);
  checkTag(text);
  return text;
}

function parseName(raw: string): RepositoryName {
  if (/%2f/i.test(raw)) {
    throw new VitteError('PKG_E_REPOSITORY_NAME', 'a slash in a name is not percent-encoded');
  }
  return parseRepositoryName(decode(raw));
}

function decode(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch (cause) {
    const message = 'the path is not valid percent-encoded UTF-8';
    throw ociError('NAME_INVALID', 'PKG_E_REQUEST', message, { cause });
  }
}

function methodError(method: string, allow: readonly string[]) {
  return new VitteError('PKG_E_METHOD', `${method} is not possible here`, {
    data: { allow: [...allow] },
  });
}
