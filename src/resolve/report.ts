// From a derivation graph to lines that a person can follow, in the manner of PubGrub's reports
// (https://github.com/dart-lang/pub/blob/master/doc/solver.md#error-reporting): one line a conclusion, as far as
// possible each from the line before it and facts; a number where a line is needed again later.
import type { Claims } from './claims.ts';
import type { Derived } from './derivation.ts';
import { explanationLinesMax } from './limits.ts';
import type { ExplanationLine } from './port.ts';

type Resolved = Extract<Derived, { pivot: number }>;

/** What is left to do, last first: a graph may be deeper than the stack of calls. */
type Task =
  | { do: 'tell'; node: Resolved }
  | { do: 'write'; node: Resolved; because: Derived[]; merged?: Resolved }
  | { do: 'label'; node: Resolved }
  | { do: 'part' };

/** A line before it is put into statements: of a very long report most are never read. */
type Draft = Pick<ExplanationLine, 'line' | 'label' | 'apart'> & {
  because: { cause: Derived; line?: number; implied?: true }[];
  /** Conclusions that the line stands for, the last its own. */
  nodes: Resolved[];
};

/** The lines of a graph; of a very long one the beginning and the end, with the number of lines left out. */
export function reportLines(
  root: Derived,
  claims: Claims,
): { lines: ExplanationLine[]; elided: number } {
  if (!isResolved(root)) {
    // One fact alone rules the root out.
    const conclusion = { kind: 'unsolvable' } as const;
    const because = [{ claim: claims.of(root) }];
    return { lines: [{ line: 0, because, notes: [], conclusion }], elided: 0 };
  }
  const drafts = draftLines(root);
  const elided = Math.max(0, drafts.length - explanationLinesMax);
  const half = explanationLinesMax / 2;
  const kept = elided > 0 ? [...drafts.slice(0, half), ...drafts.slice(-half)] : drafts;
  return { lines: kept.map((draft) => lineOf(draft, claims)), elided };
}

function lineOf({ because, nodes, ...place }: Draft, claims: Claims): ExplanationLine {
  return {
    ...place,
    because: because.map(({ cause, ...from }) => ({ claim: claims.of(cause), ...from })),
    notes: nodes.flatMap((node) => claims.notes(node)),
    conclusion: claims.of(nodes.at(-1)!),
  };
}

function draftLines(root: Resolved): Draft[] {
  const lines: Draft[] = [];
  const uses = countUses(root);
  const drafts = new Map<Derived, Draft>();
  let labels = 0;
  let apart = false;
  const tasks: Task[] = [{ do: 'tell', node: root }];
  for (let task = tasks.pop(); task; task = tasks.pop()) {
    if (task.do === 'tell') tasks.push(...tell(task.node).reverse());
    else if (task.do === 'write') write(task);
    else if (task.do === 'label') label(task.node);
    else apart = true;
  }
  return lines;

  /** The tasks that lead to the line of a node. */
  function tell(node: Resolved): Task[] {
    if (drafts.has(node)) return [];
    const [left, right] = node.causes;
    const write = (...because: Derived[]): Task => ({ do: 'write', node, because });
    if (!isResolved(left) && !isResolved(right)) return [write(left, right)];
    if (isResolved(left) && isResolved(right)) return tellBoth(node, left, right);
    const [inner, fact] = isResolved(left) ? [left, right] : [right as Resolved, left];
    if (isLabelled(inner)) return [write(fact, inner)];
    const [deeper, innerFact] = chainOf(inner);
    // Two steps of a chain are told as one: "and because A and B".
    if (deeper && innerFact && !isLabelled(deeper) && (uses.get(inner) ?? 0) < 2) {
      const because = [deeper, innerFact, fact];
      return [
        { do: 'tell', node: deeper },
        { do: 'write', node, because, merged: inner },
      ];
    }
    return [{ do: 'tell', node: inner }, write(inner, fact)];
  }

  function tellBoth(node: Resolved, left: Resolved, right: Resolved): Task[] {
    const write = (...because: Derived[]): Task => ({ do: 'write', node, because });
    if (isLabelled(left) && isLabelled(right)) return [write(left, right)];
    if (isLabelled(left)) return [{ do: 'tell', node: right }, write(right, left)];
    if (isLabelled(right)) return [{ do: 'tell', node: left }, write(left, right)];
    const simple = [right, left].find((cause) => !cause.causes.some(isResolved));
    if (simple) {
      const complex = simple === left ? right : left;
      return [{ do: 'tell', node: complex }, { do: 'tell', node: simple }, write(simple, complex)];
    }
    return [
      { do: 'tell', node: left },
      { do: 'label', node: left },
      { do: 'part' },
      { do: 'tell', node: right },
      write(right, left),
    ];
  }

  function write({ node, because, merged }: Extract<Task, { do: 'write' }>) {
    const line: Draft = {
      line: lines.length,
      ...(apart ? { apart: true } : {}),
      because: because.map(reasonFor),
      nodes: merged ? [merged, node] : [node],
    };
    apart = false;
    lines.push(line);
    drafts.set(node, line);
    if ((uses.get(node) ?? 0) > 1) label(node);
  }

  function reasonFor(cause: Derived): Draft['because'][number] {
    const line = drafts.get(cause);
    if (!line) return { cause };
    // The line before, and where two simple conclusions follow each other the one before that, need not be repeated.
    const implied = line.label === undefined && line.line >= lines.length - 2;
    return { cause, line: line.line, ...(implied ? { implied: true } : {}) };
  }

  function label(node: Resolved) {
    const line = drafts.get(node);
    if (line) line.label ??= ++labels;
  }

  function isLabelled(node: Derived): boolean {
    return drafts.get(node)?.label !== undefined;
  }
}

/** The cause that is a conclusion and that which is a fact, where there is one of each. */
function chainOf(node: Resolved): [Resolved, Derived] | [undefined, undefined] {
  const [left, right] = node.causes;
  if (isResolved(left) && !isResolved(right)) return [left, right];
  if (isResolved(right) && !isResolved(left)) return [right, left];
  return [undefined, undefined];
}

function isResolved(node: Derived): node is Resolved {
  return 'causes' in node;
}

/** By conclusion: of how many others it is a cause. */
function countUses(root: Resolved): Map<Derived, number> {
  const uses = new Map<Derived, number>();
  const seen = new Set<Derived>([root]);
  for (const node of seen) {
    if (!isResolved(node)) continue;
    for (const cause of node.causes) {
      if (isResolved(cause)) uses.set(cause, (uses.get(cause) ?? 0) + 1);
      seen.add(cause);
    }
  }
  return uses;
}
