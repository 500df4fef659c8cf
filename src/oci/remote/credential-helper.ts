import { spawn } from 'node:child_process';
import { VitteError } from '../../core/errors.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import type { Credentials } from './credentials.ts';

export type HelperLimits = {
  /** From the start of the program to its end; one that asks a cloud takes a second or two. */
  timeoutMs: number;
  /** What is read of what it prints; the tokens of clouds have some thousand bytes. */
  outputBytesMax: number;
};

const helperLimits: HelperLimits = { timeoutMs: 15_000, outputBytesMax: 64 * 1024 };
/** A program on PATH and no other: a name with a slash would be one anywhere. */
const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** What the helpers of Docker print, and end with 1, for a server that they do not know. */
const notFound = /credentials not found/i;
/** The user name under which helpers give an identity token in the password's place. */
const tokenUser = '<token>';

/**
 * Asks the program `docker-credential-NAME` for the credentials of a server, by the name under which Docker keeps
 * them; undefined where it knows none. The program is killed after its time and where it prints too much. Rejects with
 * PKG_E_CONFIG where there is no such program, and with PKG_E_STORAGE_UNAVAILABLE where it fails: it may have to ask
 * others. No message holds anything that it printed.
 * https://github.com/docker/docker-credential-helpers#development
 */
export async function askCredentialHelper(
  name: string,
  server: string,
  limits: HelperLimits = helperLimits,
): Promise<Credentials | undefined> {
  const program = `docker-credential-${name}`;
  if (!nameForm.test(name)) {
    throw new VitteError('PKG_E_CONFIG', `no credential helper has the name ${quoted(name)}`);
  }
  const { status, output } = await run(program, server, limits);
  if (status === 0) return readCredentials(program, output);
  if (notFound.test(output.toString('utf8'))) return undefined;
  throw failed(program, `it ended with ${status ?? 'a signal'}`);
}

type Ended = { status: number | null; output: Buffer };

function run(program: string, server: string, limits: HelperLimits): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], windowsHide: true });
    const pieces: Buffer[] = [];
    let size = 0;
    // What it started itself may hold its output open: it is not waited for.
    const giveUp = (why: string) => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      end(() => reject(failed(program, why)));
    };
    const timer = setTimeout(() => giveUp(`it took over ${limits.timeoutMs} ms`), limits.timeoutMs);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      settle();
    };
    child.stdout.on('data', (piece: Buffer) => {
      size += piece.length;
      pieces.push(piece);
      if (size > limits.outputBytesMax) giveUp(`it printed over ${limits.outputBytesMax} bytes`);
    });
    child.stdout.on('error', () => {});
    child.once('error', (error: NodeJS.ErrnoException) => {
      end(() => reject(error.code === 'ENOENT' ? missing(program) : failed(program, error.code)));
    });
    child.once('close', (status) => end(() => resolve({ status, output: Buffer.concat(pieces) })));
    // It may end without having read.
    child.stdin.on('error', () => {});
    child.stdin.end(server);
  });
}

function readCredentials(program: string, output: Buffer): Credentials | undefined {
  const { Username: username, Secret: secret } = parse(program, output);
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw failed(program, 'it printed no credentials');
  }
  if (secret === '') return undefined;
  return username === tokenUser ? { identityToken: secret } : { username, password: secret };
}

function parse(program: string, output: Buffer) {
  try {
    const answer = parseJson(output, 'the answer of a credential helper');
    if (isJsonObject(answer)) return answer;
  } catch {
    // The parser's message may quote a secret.
  }
  throw failed(program, 'it printed no JSON object');
}

function missing(program: string) {
  return new VitteError('PKG_E_CONFIG', `there is no program ${program} on PATH`, {
    help: 'install it, or put user name and password under "auths" in a file of its own, and name it in VITTE_REGISTRY_STORAGE_AUTH_FILE',
  });
}

function failed(program: string, why = 'it can not be run') {
  return new VitteError('PKG_E_STORAGE_UNAVAILABLE', `${program} gave no credentials: ${why}`, {
    help: `try it by hand: echo HOST | ${program} get`,
  });
}

function quoted(name: string) {
  return JSON.stringify(name.slice(0, 80));
}
