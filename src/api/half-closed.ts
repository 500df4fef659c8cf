import type { ApiContext } from './route.ts';

const probeMs = 500;

/**
 * Finds out whether a client that has closed its side of the connection is gone. It may also have said all that it has and
 * wait for the answer, and only something written tells: whoever waits passes over an interim answer (RFC 9110, 15.2), of
 * one who is gone the connection breaks, which aborts the request's signal. Ends with the function it gives.
 */
export function probeHalfClosed({ req, res }: ApiContext): () => void {
  // HTTP/1.0 knows no interim answers.
  if (req.httpVersionMinor < 1) return () => {};
  const timer = setInterval(() => {
    if (req.socket.readableEnded && !res.headersSent && !res.destroyed) res.writeProcessing();
  }, probeMs);
  return () => clearInterval(timer);
}
