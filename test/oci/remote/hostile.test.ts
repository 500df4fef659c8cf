// A registry that means harm gets nothing of us, and every call on it ends with a code. What single parts refuse is
// tried beside them (network, tls, reads, lists, uploads); here the attacks stand together.
import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import type { ErrorCode } from '../../../src/core/errors.ts';
import { mediaTypes } from '../../../src/core/media-types.ts';
import type { Network } from '../../../src/oci/remote/network.ts';
import {
  listAll,
  piecesOf,
  pushedManifest,
  randomBlob,
  readAll,
  rejectsWith,
} from '../../contract/oci-support.ts';
import {
  bodyOf,
  type ForeignRegistry,
  fail,
  type Hook,
  send,
  startForeignRegistry,
} from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { type Opened, withForeign } from './opened.ts';

const test = suite('a hostile registry');

const { target, bytes } = randomBlob(100_000);
const requestsMax = 60;
const secret = Buffer.from('me:geheim').toString('base64');
const basic = { 'www-authenticate': 'Basic realm=x' };

/** The registry is at a public address and `other`, whom it tries to get us to, at a private one or a public one. */
function networkWith(other: 'public' | 'private' | 'forbidden'): Network {
  return {
    classify: (address) => (address === '127.0.0.1' ? 'public' : other),
    lookup: (hostname, _, callback) => callback(null, [{ address: hostname, family: 4 }]),
  };
}

type Attack = {
  what: string;
  code: ErrorCode;
  at?: 'public' | 'private' | 'forbidden';
  /** Makes the registry hostile. */
  hook: (other: ForeignRegistry) => Hook;
  call: (opened: Opened) => Promise<unknown>;
  /** What the other one may see of us: nothing, unless it is a public place that one may be sent to. */
  sees?: number;
};

const read = async ({ demo }: Opened) => readAll((await demo.blobs.fetch(target.digest))!.body);
const stage = ({ demo }: Opened) => demo.blobs.stage(piecesOf(bytes));
const push = ({ demo }: Opened) => demo.blobs.push(target, bytes);
const manifest = ({ demo }: Opened) => demo.manifests.fetch('0.1.0');

/** Answers only who shows the password, so that there is something to steal. */
const afterBasic =
  (hook: Hook): Hook =>
  (request, response, message) => {
    if (request.headers.authorization) return hook(request, response, message);
    message.resume();
    return send(response, 401, basic);
  };
const redirectTo = (location: string) =>
  afterBasic((_, response) => send(response, 307, { location }));
const realm = (url: string): Hook => {
  return (_, response) => send(response, 401, { 'www-authenticate': `Bearer realm="${url}"` });
};
const endless =
  (start: string): Hook =>
  (_, response) => {
    response.writeHead(200, { 'content-type': mediaTypes.ociIndex });
    let next = start;
    const source = new Readable({
      read() {
        this.push(next);
        next = ' '.repeat(64 * 1024);
      },
    });
    source.pipe(response);
    return true;
  };
/** Pages that name a next one for ever. */
const pages =
  (body: (page: number) => unknown): Hook =>
  ({ query }, response) => {
    const page = Number(query.get('page') ?? 0);
    const link = `<?page=${page + 1}>; rel="next"`;
    const headers = { 'content-type': mediaTypes.ociIndex, link };
    return send(response, 200, headers, JSON.stringify(body(page)));
  };
const entry = (at: number) => ({
  mediaType: mediaTypes.ociManifest,
  digest: `sha256:${String(at).padStart(64, '0')}`,
  size: 1,
});

const attacks: Attack[] = [
  {
    what: 'names a token service on this machine',
    code: 'PKG_E_STORAGE_ANSWER',
    at: 'private',
    hook: (other) => realm(`${other.origin}/token`),
    call: manifest,
  },
  {
    what: 'names the metadata service as its token service',
    code: 'PKG_E_STORAGE_ANSWER',
    at: 'forbidden',
    hook: (other) => realm(`${other.origin}/latest/meta-data`),
    call: manifest,
  },
  {
    what: 'names a token service that never ends its answer',
    code: 'PKG_E_STORAGE_ANSWER',
    sees: 1,
    hook(other) {
      other.hook(endless('{"token":"'));
      return realm(`${other.origin}/token`);
    },
    call: manifest,
  },
  {
    what: 'names a token service that sends us on',
    code: 'PKG_E_STORAGE_ANSWER',
    sees: 1,
    hook(other) {
      other.hook((_, response) => send(response, 302, { location: '/elsewhere' }));
      return realm(`${other.origin}/token`);
    },
    call: manifest,
  },
  {
    what: 'demands another answer to each answer',
    code: 'PKG_E_FORBIDDEN',
    hook: () => (_, response, message) => {
      message.resume();
      return send(response, 401, { 'www-authenticate': `Basic realm="${Math.random()}"` });
    },
    call: push,
  },
  {
    what: 'redirects a read to this machine',
    code: 'PKG_E_STORAGE_ANSWER',
    at: 'private',
    hook: (other) => redirectTo(`${other.origin}/blob`),
    call: read,
  },
  {
    what: 'redirects a read to another host that asks for our password',
    code: 'PKG_E_FORBIDDEN',
    sees: 1,
    hook(other) {
      other.hook((_, response) => send(response, 401, basic));
      return redirectTo(`${other.origin}/blob`);
    },
    call: read,
  },
  {
    what: 'redirects a read to another host with a password of its own',
    code: 'PKG_E_FORBIDDEN',
    sees: 1,
    hook(other) {
      other.hook((_, response) => send(response, 401, basic));
      return redirectTo(`${other.origin.replace('//', '//me:geheim@')}/blob`);
    },
    call: read,
  },
  {
    what: 'redirects in a circle',
    code: 'PKG_E_STORAGE_ANSWER',
    hook: () => redirectTo('/v2/again'),
    call: read,
  },
  {
    what: 'sends an upload to another host when it begins',
    code: 'PKG_E_STORAGE_ANSWER',
    hook: (other) => afterBasic((_, response) => send(response, 202, { location: other.origin })),
    call: push,
  },
  {
    what: 'sends an upload to another host when it is under way',
    code: 'PKG_E_STORAGE_ANSWER',
    hook:
      (other) =>
      async ({ method }, response, message) => {
        if (method !== 'PATCH') return false;
        await bodyOf(message);
        return send(response, 202, { location: `${other.origin}/upload` });
      },
    call: stage,
  },
  {
    what: 'sends an upload to another host when it is asked how far it came',
    code: 'PKG_E_STORAGE_ANSWER',
    hook:
      (other) =>
      ({ method, path }, response, message) => {
        if (!path.includes('/uploads/') || method === 'POST') return false;
        message.resume();
        if (method === 'PATCH') return fail(response, 503, 'UNAVAILABLE');
        return send(response, 204, { location: `${other.origin}/upload`, range: '0-0' });
      },
    call: stage,
  },
  {
    what: 'takes an upload byte by byte',
    code: 'PKG_E_STORAGE_UNAVAILABLE',
    hook() {
      let has = 0;
      return async ({ method, headers }, response, message) => {
        const { length } = await bodyOf(message);
        if (method === 'GET') return send(response, 204, { range: `0-${has++}` });
        if (method !== 'PATCH') return false;
        if (headers['content-range'] === undefined) return send(response, 411);
        if (has > 0) return fail(response, 416, 'RANGE_INVALID');
        has = length;
        return send(response, 202);
      };
    },
    call: stage,
  },
  {
    what: 'says of a manifest that it never ends',
    code: 'PKG_E_STORAGE_ANSWER',
    hook: () => endless('{"manifests":['),
    call: manifest,
  },
  {
    what: 'says that it has a blob of four tebibytes',
    code: 'PKG_E_STORAGE_UNAVAILABLE',
    hook: () => (_, response) => {
      response.writeHead(200, { 'content-length': String(4 * 1024 ** 4) });
      response.write('x', () => response.socket?.end());
      return true;
    },
    call: read,
  },
  {
    what: 'gives a blob more than it has',
    code: 'PKG_E_INTEGRITY',
    hook:
      () =>
      ({ method }, response, message) => {
        if (method !== 'HEAD') return endless('x')({} as never, response, message);
        return send(response, 200, { 'content-length': '1000' });
      },
    call: read,
  },
  {
    what: 'sends header fields without end',
    code: 'PKG_E_STORAGE_ANSWER',
    hook: () => (_, response) => {
      response.socket?.write('HTTP/1.1 200 OK\r\n');
      response.socket?.write(`x: ${'y'.repeat(1024 * 1024)}\r\n`);
      return true;
    },
    call: manifest,
  },
  {
    what: 'sends an error without end',
    code: 'PKG_E_FORBIDDEN',
    hook: () => (_, response) => {
      response.writeHead(403);
      Readable.from(
        (function* () {
          for (;;) yield 'no'.repeat(10_000);
        })(),
      ).pipe(response);
      return true;
    },
    call: manifest,
  },
  {
    what: 'has pages of tags without end',
    code: 'PKG_E_STORAGE_ANSWER',
    hook: () => pages((page) => ({ tags: [`t${page}`] })),
    call: ({ demo }) => listAll(demo.tags()),
  },
  {
    what: 'has full pages of tags without end, and without a Link',
    code: 'PKG_E_STORAGE_ANSWER',
    hook() {
      let page = 0;
      return (_, response) => {
        page += 1;
        const tags = Array.from({ length: 1000 }, (__, at) => `t${page}-${at}`);
        return send(response, 200, {}, JSON.stringify({ tags }));
      };
    },
    call: ({ demo }) => listAll(demo.tags()),
  },
  {
    what: 'has pages of referrers without end',
    code: 'PKG_E_STORAGE_ANSWER',
    hook: () => pages((page) => ({ manifests: [entry(page)] })),
    call: ({ demo }) => listAll(demo.referrers(target.digest)),
  },
  {
    what: 'has more referrers on a page than anything has',
    code: 'PKG_E_STORAGE_ANSWER',
    hook: () => (_, response) => {
      const manifests = Array.from({ length: 101 }, (__, at) => entry(at));
      const index = { 'content-type': mediaTypes.ociIndex };
      return send(response, 200, index, JSON.stringify({ manifests }));
    },
    call: ({ demo }) => listAll(demo.referrers(target.digest)),
  },
  {
    what: 'names another host for its next page',
    code: 'PKG_E_STORAGE_ANSWER',
    hook: (other) =>
      afterBasic((_, response) => {
        const link = `<${other.origin}/v2/p/demo/tags/list?last=a>; rel="next"`;
        return send(response, 200, { link }, JSON.stringify({ tags: ['a'] }));
      }),
    call: ({ demo }) => listAll(demo.tags()),
  },
  {
    what: 'says of a fallback tag that it is some image',
    code: 'PKG_E_STORAGE_ANSWER',
    hook:
      () =>
      ({ method, path }, response) => {
        if (method !== 'GET' || !path.includes('/manifests/sha256-')) return false;
        const image = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest });
        return send(response, 200, { 'content-type': mediaTypes.ociManifest }, image);
      },
    async call({ demo }) {
      const subject = { mediaType: mediaTypes.ociManifest, digest: target.digest, size: 1 };
      await pushedManifest(demo, { mark: 'a', subject });
    },
  },
  {
    what: 'says that we may come back tomorrow',
    code: 'PKG_E_STORAGE_UNAVAILABLE',
    hook: () => (_, response, message) => {
      message.resume();
      return send(response, 429, { 'retry-after': '86400' });
    },
    call: push,
  },
];

for (const { what, code, at = 'public', hook, call, sees = 0 } of attacks) {
  test(`that ${what} gets nothing and ends in ${code}`, async () => {
    const other = await startForeignRegistry({ host: '127.0.0.2' });
    try {
      await withForeign(
        async (opened) => {
          const { foreign } = opened;
          foreign.hook(hook(other));
          const error = await rejectsWith(code, call(opened));
          assert.not.match(`${error.stack}`, /geheim|127\.0\.0\./);
          assert.is(other.requests.length, sees);
          for (const { headers } of other.requests) {
            const shown = Object.values(headers).join(' ');
            // A token service that a registry may name is what a password is for; nobody else is.
            if (!what.includes('token service')) assert.not.match(shown, secret);
          }
          assert.ok(foreign.requests.length <= requestsMax, String(foreign.requests.length));
        },
        {
          network: networkWith(at),
          credentials: async () => ({ username: 'me', password: 'geheim' }),
          limits: {
            pagesMax: 20,
            referrersMax: 100,
            bufferedPushBytesMax: 1000,
            chunkBytes: 60_000,
          },
        },
      )();
    } finally {
      await other.close();
    }
  });
}

test.run();
