// Sentinels name the master. Where they give its place to another one although it is there, because somebody asked for
// that or because it stood still for a while, the old one goes on answering those who are connected to it, for ten
// seconds and more, and nobody else sees what they write there. So the Sentinels are asked again and again.
import type { Redis } from 'ioredis';
import type { RedisNode, RedisSettings } from './url.ts';

/** Four times a second, as everything else is looked at. */
const askMs = 250;

/**
 * Calls `onNamed` with host and port whenever a Sentinel names another master than it did before. Ends with the
 * function that it gives.
 */
export function watchMaster(
  { nodes, master }: Pick<RedisSettings, 'nodes' | 'master'>,
  connect: (node: RedisNode) => Redis,
  onNamed: (host: string, port: number) => void,
): () => void {
  const ends = nodes.map((node) => {
    const sentinel = connect(node);
    sentinel.on('error', () => {}); // whoever looks for the master tells what is wrong
    let before: string | undefined;
    let asking = false;
    const timer = setInterval(async () => {
      if (asking || sentinel.status !== 'ready') return;
      asking = true;
      await ask().catch(() => {}); // the next time will do
      asking = false;
    }, askMs);
    return () => {
      clearInterval(timer);
      sentinel.disconnect();
    };

    async function ask() {
      const answer = await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master ?? '');
      const [host, port] = (answer ?? []) as [string?, string?];
      if (host === undefined) return;
      const named = `${host}:${port}`;
      const differs = before !== undefined && before !== named;
      before = named;
      if (differs) onNamed(host, Number(port));
    }
  });
  return () => {
    for (const end of ends) end();
  };
}
