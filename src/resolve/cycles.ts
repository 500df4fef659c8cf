/**
 * The groups of members that lead to themselves, through one another or directly, each in the order of the numbers, the
 * groups by their first. `edges` has for each member the numbers that it leads to. By Tarjan's algorithm, without
 * recursion: a chain may be longer than the stack of calls.
 */
export function groupsOfCycles(edges: readonly (readonly number[])[]): number[][] {
  /** By member: when it was visited, from 1; the earliest on the stack that it leads to; its edges followed so far. */
  const order = new Int32Array(edges.length);
  const low = new Int32Array(edges.length);
  const followed = new Int32Array(edges.length);
  const onStack = new Uint8Array(edges.length);
  const stack: number[] = [];
  const path: number[] = [];
  const groups: number[][] = [];
  let visited = 0;
  for (let start = 0; start < edges.length; start += 1) {
    if (order[start] === 0) visit(start);
  }
  return groups.sort(([a = 0], [b = 0]) => a - b);

  function visit(start: number) {
    enter(start);
    while (path.length > 0) {
      const at = path[path.length - 1]!;
      const to = edges[at]![followed[at]!++];
      if (to === undefined) leave(at);
      else if (order[to] === 0) enter(to);
      else if (onStack[to] === 1) low[at] = Math.min(low[at]!, order[to]!);
    }
  }

  function enter(at: number) {
    order[at] = low[at] = ++visited;
    stack.push(at);
    onStack[at] = 1;
    path.push(at);
  }

  function leave(at: number) {
    path.pop();
    const parent = path.at(-1);
    if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[at]!);
    if (low[at] !== order[at]) return;
    if (stack.at(-1) === at) {
      stack.pop();
      onStack[at] = 0;
      if (edges[at]!.includes(at)) groups.push([at]);
      return;
    }
    const group = stack.splice(stack.lastIndexOf(at));
    for (const member of group) onStack[member] = 0;
    groups.push(group.sort((a, b) => a - b));
  }
}
