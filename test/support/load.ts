// Clients of a registry at a fixed pace: publishes and reads at its replicas, each of which ends within a bounded
// time, in success or in an error that has a code. What they are answered goes to a checker.
import { Agent, request } from 'undici';
import { sha256 } from '../../src/core/digest.ts';
import { type ErrorCode, type ErrorKind, errorCatalogue } from '../../src/core/errors.ts';
import { type Answer, type AnswerChecker, labelOf, type Published } from './answer-checker.ts';
import { type Random, seededRandom } from './seeded-random.ts';
import { type SmallPackage, smallPackage } from './small-package.ts';

export type Target = {
  url: string;
  /** Its process may be gone: a connection that breaks is then no finding. */
  mayBreak: boolean;
};

export type LoadOptions = {
  /** The replicas as they stand now; the list and its places do not change. */
  targets: readonly Target[];
  token: string;
  checker: AnswerChecker;
  seed: number;
  /** Both at all replicas together. */
  publishesPerSecond: number;
  readsPerSecond: number;
  /** No answer takes longer than this, and none to a read longer than that. */
  answerMsMax: number;
  readMsMax?: number;
  /** True: a version that was published is given to whoever names it exactly, whatever else is away. */
  exactAlways?: boolean;
  /** Names that are published to. */
  names?: number;
};

export type Load = {
  /** How often each ended how: `publish 201`, `read 503 PKG_E_INDEX_UNAVAILABLE`, `read broken`, `skipped`. */
  readonly tally: Map<string, number>;
  /** The longest answer of each kind, in milliseconds. */
  readonly longest: Map<string, number>;
  /** Sends nothing new, and ends when everything sent was answered. */
  stop(): Promise<void>;
  /** Sends each publish without a result again until it has one. */
  settle(): Promise<void>;
  /** Publishes something new and reads it back at this replica; gives what came in the way. */
  probe(target: Target, answerMsMax: number): Promise<string | undefined>;
  close(): Promise<void>;
};

type Sent = Answer & { broken?: string; code?: string };

const tickMs = 20;
const inFlightMax = 400;
const settleTriesMax = 60;
const settlePauseMs = 500;
const settlersMax = 8;
const againMs = 1_000;
const recentMax = 200;
const passingKinds: ErrorKind[] = ['unavailable', 'upstream', 'too-many'];

/** Starts the clients. */
export function startLoad(options: LoadOptions): Load {
  const { targets, token, checker, answerMsMax, names = 40 } = options;
  const { readMsMax = answerMsMax, exactAlways = false } = options;
  const random: Random = seededRandom(options.seed);
  const agent = new Agent({ connections: 256, headersTimeout: 0, bodyTimeout: 0 });
  const tally = new Map<string, number>();
  const longest = new Map<string, number>();
  const inFlight = new Set<Promise<unknown>>();
  const unsettled: SmallPackage[] = [];
  const recent: SmallPackage[] = [];
  /** What reads ask for. */
  const answered: string[] = [];
  const started = performance.now();
  const sent = { publish: 0, read: 0 };
  let versions = 0;
  let store: string | undefined;
  const timer = setInterval(tick, tickMs);

  return {
    tally,
    longest,
    async stop() {
      clearInterval(timer);
      while (inFlight.size > 0) await Promise.all(inFlight);
    },
    settle,
    async probe(target, msMax) {
      const subject = smallPackage('probe', nextVersion());
      const put = await publish(subject, target, msMax);
      if (put.status !== 201 && put.status !== 200) {
        unsettled.push(subject);
        return `publish: ${endOf(put)}`;
      }
      const got = await readVersion(subject, target, msMax);
      return got.status === 200 ? undefined : `read: ${endOf(got)}`;
    },
    close: () => agent.destroy(),
  };

  /** Starts what is due by now. */
  function tick() {
    const seconds = (performance.now() - started) / 1_000;
    for (; sent.publish < seconds * options.publishesPerSecond; sent.publish += 1)
      begin(onePublish);
    for (; sent.read < seconds * options.readsPerSecond; sent.read += 1) begin(oneRead);
  }

  function begin(operation: () => Promise<unknown>) {
    if (inFlight.size >= inFlightMax) return count('skipped');
    const running = operation()
      .catch((error) => checker.find(`the load failed: ${error?.stack ?? error}`))
      .finally(() => inFlight.delete(running));
    inFlight.add(running);
  }

  /** Most often a new version; now and then the same again, another content for it, or two contents at once. */
  async function onePublish() {
    const kind = random.fraction();
    const known = kind < 0.15 ? random.pick(recent) : undefined;
    if (known) {
      const content = kind < 0.08 ? 1 : 0;
      await publishTwice(smallPackage(known.name, known.version, content));
      return;
    }
    const subject = smallPackage(`load-${random.below(names)}`, nextVersion());
    recent.push(subject);
    if (recent.length > recentMax) recent.shift();
    const rival = smallPackage(subject.name, subject.version, 1);
    await Promise.all((kind > 0.95 ? [subject, rival] : [subject]).map(publishTwice));
  }

  /** As a client does: where no result came, the same request again, at whichever replica. */
  async function publishTwice(subject: SmallPackage) {
    if (isResult(await publish(subject, anyTarget(), answerMsMax))) return;
    await new Promise((done) => setTimeout(done, againMs));
    if (isResult(await publish(subject, anyTarget(), answerMsMax))) return;
    unsettled.push(subject);
  }

  async function settle() {
    await Promise.all(
      Array.from({ length: settlersMax }, async () => {
        for (let next = unsettled.pop(); next; next = unsettled.pop()) await settleOne(next);
      }),
    );
  }

  async function settleOne(subject: SmallPackage) {
    let last: Sent | undefined;
    for (let tries = 0; tries < settleTriesMax; tries += 1) {
      last = await publish(subject, anyTarget(), answerMsMax);
      if (isResult(last)) return;
      await new Promise((done) => setTimeout(done, settlePauseMs));
    }
    checker.find(`${labelOf(subject)}: no result in the end, but ${last && endOf(last)}`);
  }

  async function publish(subject: SmallPackage, target: Target, msMax: number): Promise<Sent> {
    const { name, version, bytes } = subject;
    const answer = await exchange('publish', target, msMax, `packages/${name}/${version}`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/vnd.vitte.vitmod.v1.tar+gzip',
      },
      body: bytes,
    });
    if (answer.status === 201 || answer.status === 200) {
      checker.tookPublish(subject, answer);
      answered.push(labelOf(subject));
    }
    if (answer.status === 409) checker.refusedPublish(subject);
    return answer;
  }

  /** Whatever a client may ask, of what was published or never was. */
  async function oneRead() {
    const target = anyTarget();
    const kind = random.fraction();
    const known = checker.published.get(random.pick(answered) ?? '');
    if (!known) return readFeed(target);
    if (kind < 0.3) return readVersion(known, target, readMsMax, random.chance(0.5));
    if (kind < 0.45) return readPackage('package', `packages/${known.name}`, known, target);
    if (kind < 0.6) return readPackage('index', `index/${known.name}`, known, target);
    if (kind < 0.75) return readArchive(known, target);
    if (kind < 0.85) return readFeed(target);
    if (kind < 0.9) return readList(target);
    if (kind < 0.95) return readSearch(known, target);
    return exchange('unknown', target, readMsMax, `packages/never-${random.below(100)}`);
  }

  async function readVersion(
    known: { name: string; version: string },
    target: Target,
    msMax: number,
    named = true,
  ): Promise<Sent> {
    const { sequence } = checker.published.get(labelOf(known)) ?? {};
    const at = named && store !== undefined && sequence !== undefined ? sequence : undefined;
    const headers = at === undefined ? {} : { 'vitte-min-sequence': `${store}:${at}` };
    const path = `packages/${known.name}/${known.version}`;
    const answer = await exchange('read', target, msMax, path, { headers });
    if (at !== undefined) answer.minSequence = at;
    if (answer.status === 200 || answer.status === 404) checker.readVersion(known, answer);
    judgeExact(path, answer, target);
    return answer;
  }

  /** The document of a package, or the compact one. */
  async function readPackage(what: string, path: string, { name }: Published, target: Target) {
    const answer = await exchange(what, target, readMsMax, path);
    if (answer.status === 200 || answer.status === 404) checker.readPackage(name, answer);
  }

  async function readArchive(known: Published, target: Target) {
    const path = `packages/${known.name}/${known.version}/download`;
    const answer = await exchange('download', target, readMsMax, path);
    judgeExact(path, answer, target);
    if (answer.status !== 200 && answer.status !== 404) return;
    const digest = answer.status === 200 ? sha256(answer.body as Buffer) : undefined;
    checker.readArchive(known, answer, digest);
  }

  function judgeExact(path: string, answer: Sent, target: Target) {
    if (!exactAlways || answer.status === 200 || target.mayBreak) return;
    checker.find(`${path}: ${endOf(answer)} to an exact name`);
  }

  async function readFeed(target: Target) {
    const since = random.below(checker.published.size + 1);
    const answer = await exchange('feed', target, readMsMax, `changes?since=${since}&limit=50`);
    if (answer.status === 200) checker.readFeed(since, answer);
  }

  async function readList(target: Target) {
    const limit = random.chance(0.5) ? 20 : 100;
    const answer = await exchange('list', target, readMsMax, `packages?limit=${limit}`);
    if (answer.status === 200) checker.readList(answer);
  }

  /** The exact name comes first, whatever else is found. */
  async function readSearch({ name }: Published, target: Target) {
    const answer = await exchange('search', target, readMsMax, `packages?q=${name}&limit=5`);
    if (answer.status === 200) checker.readFound(name, answer);
  }

  /** One request. An answer that does not come, or an error without a fitting code, is a finding. */
  async function exchange(
    what: string,
    target: Target,
    msMax: number,
    path: string,
    init: Parameters<typeof request>[1] = {},
  ): Promise<Sent> {
    const sentAt = performance.now();
    const mightBreak = target.mayBreak;
    const signal = AbortSignal.timeout(msMax);
    try {
      const url = `${target.url}/api/v1/${path}`;
      const { statusCode, headers, body } = await request(url, {
        ...init,
        dispatcher: agent,
        signal,
      });
      const bytes = Buffer.from(await body.arrayBuffer());
      const isJson = String(headers['content-type']).includes('json');
      const [id, number] = String(headers['vitte-sequence'] ?? '').split(':');
      if (id) store = id;
      const answer: Sent = {
        status: statusCode,
        sentAt,
        sequence: number === undefined ? undefined : Number(number),
        body: isJson ? JSON.parse(bytes.toString('utf8')) : bytes,
      };
      if (statusCode >= 400) answer.code = judgeError(what, path, answer);
      count(`${what} ${endOf(answer)}`);
      longest.set(what, Math.max(longest.get(what) ?? 0, performance.now() - sentAt));
      return answer;
    } catch (error) {
      if (signal.aborted) checker.find(`${what} ${path}: no answer in ${msMax} ms`);
      else if (!mightBreak && !target.mayBreak) checker.find(`${what} ${path}: ${error}`);
      const broken = signal.aborted ? 'timed out' : 'broken';
      count(`${what} ${broken}`);
      return { status: 0, sentAt, sequence: undefined, body: undefined, broken };
    }
  }

  function judgeError(what: string, path: string, { status, body }: Sent): string {
    const code = String((body as { code?: unknown } | undefined)?.code);
    const kind: ErrorKind | undefined = errorCatalogue[code as ErrorCode];
    const fits =
      (status === 409 && code === 'PKG_E_VERSION_EXISTS') ||
      (status === 404 && code === 'PKG_E_NOT_FOUND') ||
      (kind !== undefined && passingKinds.includes(kind) && code !== 'PKG_E_STORE_FORMAT');
    if (!fits) checker.find(`${what} ${path}: ${status} ${JSON.stringify(body)}`);
    return code;
  }

  function anyTarget(): Target {
    return targets[random.below(targets.length)]!;
  }

  function nextVersion() {
    versions += 1;
    return `1.0.${versions}`;
  }

  function count(what: string) {
    tally.set(what, (tally.get(what) ?? 0) + 1);
  }
}

function isResult({ status }: Sent) {
  return status === 200 || status === 201 || status === 409;
}

function endOf({ status, code, broken }: Sent): string {
  return broken ?? (code === undefined ? `${status}` : `${status} ${code}`);
}
