// Starts the command under a Node that can run it. Plain JavaScript, and nothing here may need a new Node: the
// machine's `node` may be older than the one that `npm ci` put into node_modules.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const oldestNode = [22, 19];
const ownNodes = ['../../../node_modules/node/bin/node', '../../../../node/bin/node'];
/** Set for the process that an older Node started, so that it is not started again and ends with its parent. */
const relayMark = 'VITTE_RELAYED';
const bugExitCode = 70;

/** Runs `vitte` with these words before the arguments of this process. */
export async function launch(...words) {
  const args = [...words, ...process.argv.slice(2)];
  if (!isNewEnough()) return relay();
  if (process.env[relayMark]) endWithParent();
  nodeModule.enableCompileCache();
  // A published package has no sources but these few files: Node strips no types below node_modules.
  const sources = '../main.ts';
  const compiled = '../../../dist/bin/main.js';
  const { main } = await import(existsSync(pathOf(sources)) ? sources : compiled);
  await main(args);
}

function isNewEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

/** Runs the same command under the Node that came with the package, and ends as it ends. */
function relay() {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const node = ownNodes.map((path) => pathOf(path) + suffix).find((path) => existsSync(path));
  if (node === undefined || process.env[relayMark]) {
    console.error(
      `error[PKG_E_INTERNAL] vitte: needs Node.js ${oldestNode.join('.')} or newer, and this is ${process.versions.node}`,
    );
    process.exitCode = bugExitCode;
    return;
  }
  const child = spawn(node, [process.argv[1], ...process.argv.slice(2)], {
    // The channel carries no message: when this process is killed it closes, and the child knows.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [relayMark]: '1' },
  });
  const passOn = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn);
  child.on('error', (error) => {
    console.error(`error[PKG_E_INTERNAL] vitte: cannot start ${node}: ${error.message}`);
    process.exitCode = bugExitCode;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? bugExitCode);
  });
}

/** A relayed command dies with the process that people see and kill. */
function endWithParent() {
  delete process.env[relayMark];
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel?.unref();
}

function pathOf(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}
