// One server for all tests of a file, in a process of its own that ends with theirs.
import { rmSync } from 'node:fs';
import { startServer } from './server-process.ts';
import { temporaryFolder } from './service.ts';

/** Starts a server on an empty store, with these settings. It holds no test process open. */
export async function serveForAll(
  env: Record<string, string> = {},
): Promise<{ host: string; token: string }> {
  const { path } = await temporaryFolder();
  const server = await startServer(path, env);
  process.once('exit', () => {
    process.kill(server.pid, 'SIGKILL');
    rmSync(path, { recursive: true, force: true });
  });
  server.unref();
  return { host: new URL(server.url).host, token: server.token };
}
