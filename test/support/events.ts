// A reader of server-sent events.
import { request } from 'undici';
import { until } from './until.ts';

export type ServerEvent = { id: string; event: string; data: string };

export type EventReader = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** How many comments have come. */
  readonly comments: number;
  /** The next so many events. */
  take(count: number): Promise<ServerEvent[]>;
  until(met: () => boolean | Promise<boolean>): Promise<void>;
  /** How the stream ended. */
  ended: Promise<'whole' | 'broken'>;
  leave(): void;
};

/** Opens a stream, or whatever the address answers. */
export async function openEvents(
  url: string,
  headers: Record<string, string> = {},
): Promise<EventReader> {
  const leaving = new AbortController();
  const answer = await request(url, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: leaving.signal,
  });
  const events: ServerEvent[] = [];
  let comments = 0;
  const ended = read();
  return {
    status: answer.statusCode,
    headers: answer.headers,
    get comments() {
      return comments;
    },
    async take(count) {
      await until(() => events.length >= count);
      return events.splice(0, count);
    },
    until: (met) => until(async () => met()),
    ended,
    leave: () => leaving.abort(),
  };

  async function read(): Promise<'whole' | 'broken'> {
    let text = '';
    try {
      for await (const piece of answer.body) {
        text += piece;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) take(block);
      }
      return 'whole';
    } catch {
      return 'broken';
    }
  }

  function take(block: string) {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) comments += 1;
      const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
      if (name !== undefined) fields.set(name, value ?? '');
    }
    const data = fields.get('data');
    if (data === undefined) return;
    events.push({ id: fields.get('id') ?? '', event: fields.get('event') ?? '', data });
  }
}
