import { VitteError } from '../../core/errors.ts';

/** What Redis answers when it cannot serve, by the word that its error begins with. */
const replies: Record<string, string> = {
  OOM: 'is out of memory',
  READONLY: 'is a replica that takes no writes',
  LOADING: 'is loading its data',
  MASTERDOWN: 'has lost its master',
  CLUSTERDOWN: 'does not serve this part of the Cluster',
  TRYAGAIN: 'is moving this part of the Cluster',
  MISCONF: 'refuses writes because it cannot save to disk',
  NOREPLICAS: 'refuses writes because it has too few replicas',
  BUSY: 'is busy with a script',
  WRONGTYPE: 'holds a key of another type',
  NOAUTH: 'asks for a password',
  WRONGPASS: 'refuses the user name or password',
  NOPERM: 'refuses a command or key to this user (spec/redis.md lists what is needed)',
};

/** Answers that a server gives until somebody changes how it is set up, or what the URL says. */
const setUpReplies = ['NOAUTH', 'WRONGPASS', 'NOPERM'];

/**
 * PKG_E_INDEX_UNAVAILABLE with what is wrong, for everybody to read. Where that is, is the cause's, for the log; its own
 * cause is kept, without the arguments of the command.
 */
export function unavailable(place: string, cause: unknown, what?: string): VitteError {
  const wrong = what ?? whatIsWrong(cause);
  return new VitteError('PKG_E_INDEX_UNAVAILABLE', `the index ${wrong}`, {
    cause: new Error(`${place} ${wrong}`, { cause: withoutCommand(cause) }),
    help: 'try again in some seconds',
  });
}

function whatIsWrong(cause: unknown): string {
  if (isNoCluster(cause)) return 'is no Cluster: its URL begins with redis://';
  // Within a script Redis has other words for what a user may not do.
  const word = told(cause).includes('executing the script can') ? 'NOPERM' : replyWord(cause);
  return replies[word] ?? (isConnectionLost(cause) ? 'is away' : 'answers with an error');
}

/** True for an answer that only another setting can change: of the server's, or of the URL. */
export function isRefusal(error: unknown): boolean {
  return setUpReplies.includes(replyWord(error)) || isNoCluster(error);
}

/** True for an answer to which another connection may find a server that can serve. */
export function isOtherServerNeeded(error: unknown): boolean {
  return ['READONLY', 'MASTERDOWN'].includes(replyWord(error));
}

/** True where the server does not know the script by its hash. */
export function isUnknownScript(error: unknown): boolean {
  return replyWord(error) === 'NOSCRIPT';
}

/** True where the connection broke or was not there: the command may be sent again on the next one. */
export function isConnectionLost(error: unknown): boolean {
  return !(error instanceof Error && error.name === 'ReplyError');
}

/** True where a key holds a value of another type than the command is for. */
export function isWrongType(error: unknown): boolean {
  return told(error).includes('WRONGTYPE');
}

/**
 * ioredis hangs the command with its arguments on an error, and that of the handshake holds the password. Errors
 * are logged with their causes.
 */
export function withoutCommand(error: unknown): unknown {
  if (error instanceof Error) {
    Reflect.deleteProperty(error, 'command');
    if ('lastNodeError' in error) withoutCommand(error.lastNodeError);
    if (error.cause !== undefined) withoutCommand(error.cause);
  }
  return error;
}

function isNoCluster(error: unknown): boolean {
  return told(error).includes('cluster support disabled');
}

function replyWord(error: unknown): string {
  return /^([A-Z]+)\b/.exec(told(error))?.[1] ?? '';
}

/** What the server said; a Cluster's error holds that of the node asked last. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return 'lastNodeError' in error ? told(error.lastNodeError) : error.message;
}
