/** Lines on their way to the log, in the order they were added. */
export type LogLines = {
  add(line: string): void;
  /** Writes now what waits. */
  flush(): void;
};

/** Text that waits is written at the end of the turn, and before that where there is so much of it. */
const waitingCharactersMax = 64 * 1024;

/** Lines that are written as they come, or, where they are gathered, those of one turn of the event loop together. */
export function createLogLines(
  write: (text: string) => void,
  { gathered = false }: { gathered?: boolean } = {},
): LogLines {
  let waiting = '';
  return {
    add(line) {
      if (!gathered) return write(line);
      if (waiting === '') setImmediate(flush);
      waiting += line;
      if (waiting.length > waitingCharactersMax) flush();
    },
    flush,
  };

  function flush() {
    if (waiting === '') return;
    const text = waiting;
    waiting = '';
    write(text);
  }
}
