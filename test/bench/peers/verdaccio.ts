// Verdaccio by its own way into a program: the folder of the installed package, and that for what it stores and logs.
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { listening } from './peer-answer.ts';

const [installed = '', folder = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
type Verdaccio = { runServer(config: object): Promise<Server> };
const { runServer } = createRequire(join(installed, 'package.json'))('verdaccio') as Verdaccio;
const server = await runServer({
  self_path: folder,
  storage: join(folder, 'storage'),
  auth: { htpasswd: { file: join(folder, 'htpasswd') } },
  uplinks: {},
  packages: { '**': { access: '$all', publish: '$all' } },
  web: { enable: false },
  // A line for each request, as its default settings write it and as ours does.
  log: { type: 'file', path: join(folder, 'requests.log'), format: 'json', level: 'http' },
});
server.listen(0, '127.0.0.1', () => listening(server.address()));
