/**
 * The first `count` items of an order, without sorting all: a heap whose root is the last of those kept so far.
 * `compare` is negative where its first argument comes first.
 */
export function bestOf<T>(items: Iterable<T>, count: number, compare: (a: T, b: T) => number): T[] {
  const heap: T[] = [];
  for (const item of items) {
    if (heap.length < count) {
      heap.push(item);
      rise(heap.length - 1);
    } else if (count > 0 && compare(item, heap[0]!) < 0) {
      heap[0] = item;
      sink(0);
    }
  }
  return heap.sort(compare);

  function rise(index: number) {
    for (let at = index; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (compare(heap[at]!, heap[parent]!) <= 0) return;
      swap(at, parent);
      at = parent;
    }
  }

  function sink(index: number) {
    for (let at = index; ; ) {
      let last = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && compare(heap[child]!, heap[last]!) > 0) last = child;
      }
      if (last === at) return;
      swap(at, last);
      at = last;
    }
  }

  function swap(a: number, b: number) {
    const item = heap[a]!;
    heap[a] = heap[b]!;
    heap[b] = item;
  }
}
