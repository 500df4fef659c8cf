/** Things to do together at the end of this turn of the event loop. */
export type TurnQueue<T> = {
  add(item: T): void;
  /** Does now what waits. */
  flush(): void;
};

/**
 * A queue whose items are handed to `handle` one after the other once all input of this turn was read. Answers that
 * are written between the reads wake their clients one by one, each time at the cost of a change between processes.
 */
export function createTurnQueue<T>(handle: (item: T) => void): TurnQueue<T> {
  let waiting: T[] = [];
  return {
    add(item) {
      if (waiting.push(item) === 1) setImmediate(flush);
    },
    flush,
  };

  function flush() {
    const items = waiting;
    waiting = [];
    for (const item of items) handle(item);
  }
}
