import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { call, putSigned, type Reply } from '../support/rest.ts';
import { packSample, signSample } from '../support/service.ts';
import { figureOf, inPairs } from './pairs.ts';
import { type BenchContext, type Figure, type Row, spreadOf } from './row.ts';
import {
  type MeasuredProcess,
  type Registry,
  startPeer,
  startRegistry,
} from './support/measured-process.ts';
import { openRates, type Rates } from './support/rates.ts';

const connections = 32;
const versions = 10;
/** Documents that a client asks for over and over. */
const documents = [
  { name: 'package document', path: '/api/v1/packages/demo-lib' },
  { name: 'index document', path: '/api/v1/index/demo-lib' },
];

export const row: Row = {
  name: 'hot-get',
  heldTo: '1.5 of bare node:http, record 2.0, and 3.5 of bare Koa with its router',
  async run(context) {
    const { folder, profiles } = context;
    const profile = profiles === undefined ? undefined : { folder: profiles, name: 'hot-get-ours' };
    const ours = await startRegistry({ folder, profile });
    const rates = await openRates(context.say);
    try {
      await fill(ours, folder);
      const figures: Figure[] = [];
      for (const document of documents) {
        figures.push(...(await compare(context, ours, rates, document)));
      }
      return figures;
    } finally {
      await rates.end();
      await ours.stop();
    }
  },
};

async function compare(
  { folder, full, pairs, profiles }: BenchContext,
  ours: MeasuredProcess,
  rates: Rates,
  { name, path }: (typeof documents)[number],
): Promise<Figure[]> {
  const answer = await call(ours.url + path);
  const file = join(folder, 'answer.json');
  const body = answer.bytes.toString('utf8');
  await writeFile(file, JSON.stringify({ path, headers: sent(answer.headers), body }));
  const ms = full ? 3_000 : 1_000;
  const figures: Figure[] = [];
  for (const { peer, title, atLeast, bound } of peers) {
    const profile =
      profiles === undefined ? undefined : { folder: profiles, name: `hot-get-${peer}` };
    const other = await startPeer(peer, [file], { folder, profile });
    const cost = { ours: [] as number[], peer: [] as number[] };
    const rate = async (measured: MeasuredProcess, costs: number[]) => {
      const before = await measured.processorMs();
      const perSecond = await rates.of(measured.url + path, connections, ms);
      costs.push(((await measured.processorMs()) - before) / perSecond);
      return perSecond;
    };
    const measured = await inPairs(
      pairs,
      () => rate(ours, cost.ours),
      () => rate(other, cost.peer),
    );
    await other.stop();
    const pair = `${name}, ${connections} connections: ours / ${title}`;
    figures.push(
      figureOf(measured, `answers a second, asked by ${rates.by}`, {
        pair,
        held: { atLeast },
        bound,
      }),
      {
        pair: `${name}, processor time of an answer: ${title} / ours`,
        unit: '×',
        value: spreadOf(cost.peer.slice(1).map((peerMs, at) => peerMs / cost.ours[at + 1]!)),
        bound: 'as above; other work of the machine does not count here',
      },
    );
  }
  return figures;
}

const peers = [
  {
    peer: 'node-http',
    title: 'bare node:http with the same bytes',
    atLeast: 1.5,
    bound:
      "the kernel's send, six tenths of our time and the same for both; then the collector and the line of the access log, which the peer does not write",
  },
  {
    peer: 'koa',
    title: 'bare Koa + router with the same bytes',
    atLeast: 3.5,
    bound:
      "the kernel's send in ours; in Koa half of the time goes to it, the rest to setting, checking and joining header fields",
  },
];

/** The header fields that an answer has beside those that Node adds to every one. */
function sent(headers: Reply['headers']): Reply['headers'] {
  const { connection: _open, date: _date, 'keep-alive': _long, ...own } = headers;
  return own;
}

/** A package of some versions, each signed. */
async function fill(registry: Registry, folder: string) {
  for (let minor = 0; minor < versions; minor += 1) {
    const packed = await packSample(folder, {
      name: 'demo-lib',
      version: `1.${minor}.0`,
      manifest: { description: 'A small library', license: 'MIT', keywords: ['math', 'demo'] },
    });
    const reply = await putSigned(registry, packed, signSample(packed));
    if (reply.status !== 201) throw new Error(`publish: ${reply.bytes}`);
  }
}
