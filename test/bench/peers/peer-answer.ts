// What a peer answers with: the head and body of an answer of ours, as a file says them.
import { readFileSync } from 'node:fs';

export type PeerAnswer = { path: string; headers: Record<string, string>; body: string };

export function peerAnswer(): PeerAnswer {
  return JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as PeerAnswer;
}

/** Says where it listens, and ends when it is asked to, so that a profile is written. */
export function listening(address: unknown): void {
  const { port } = address as { port: number };
  console.log(`http://127.0.0.1:${port}`);
  process.once('SIGTERM', () => process.exit());
}
