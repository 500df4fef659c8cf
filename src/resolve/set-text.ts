// A set of versions as a requirement that a person reads. It means what it says under npm's rule, prereleases
// included, so that every sentence of an explanation can be checked as it stands.
import type { Requirement } from '../core/requirement.ts';
import { hasBit } from './bits.ts';
import { explanationRangesMax } from './limits.ts';
import type { Versions } from './port.ts';
import type { Prepared } from './prepared.ts';

export type SetTextInput = {
  prepared: Prepared;
  /** The set, as values. */
  set: Int32Array;
  /** Values that some requirement of the explanation takes: others may be left out of the text, but not added. */
  asked: Int32Array;
  /** Requirements that the explanation states of this package, with what they take. */
  stated: readonly { requirement: Requirement; values: Int32Array }[];
  /** True where prereleases count as versions like any other. */
  prereleases: boolean;
};

/** The requirement, or where it would be too long the number of versions; neither where the set is every known version. */
export function setText({
  prepared,
  set,
  asked,
  stated,
  prereleases,
}: SetTextInput): Pick<Versions, 'requirement' | 'count'> {
  const { versions, releases } = prepared;
  if (versions.every((_, index) => isIn(index))) return {};
  const same = stated.filter(({ values }) => {
    return values.every((word, index) => (word & ~1) === (set[index]! & asked[index]! & ~1));
  });
  const shortest = same.toSorted((a, b) => a.requirement.length - b.requirement.length)[0];
  if (shortest) return { requirement: shortest.requirement };
  const isStable = (index: number) => prereleases || releases[index]!.prerelease.length === 0;
  const order = versions.map((_, index) => index);
  const named = prereleaseParts(order.filter((index) => !isStable(index)));
  const parts = [...runs(order.filter(isStable), isIn, isAsked).map(stableText), ...named];
  if (parts.length > explanationRangesMax) {
    return { count: versions.filter((_, index) => isIn(index)).length };
  }
  return { requirement: (parts.join(' || ') || '<0.0.0-0') as Requirement };

  function isIn(index: number): boolean {
    return hasBit(set, 0, index + 1);
  }

  function isAsked(index: number): boolean {
    return hasBit(asked, 0, index + 1);
  }

  function text(index: number): string {
    return versions[index]!.version.replace(/\+.*$/, '');
  }

  function stableText({ first, last, before, after }: Run): string {
    // Beside `*`, npm passes over whatever else a requirement names.
    if (before === undefined && after === undefined && named.length === 0) return '*';
    if (first === last) return text(first);
    if (after === undefined) return `>=${text(first)}`;
    return before === undefined ? `<${text(after)}` : `>=${text(first)} <${text(after)}`;
  }

  /** Prereleases count only where one of the same three numbers is named, so each such group stands apart. */
  function prereleaseParts(order: number[]): string[] {
    const groups = Map.groupBy(order, (index) => {
      const { major, minor, patch } = releases[index]!;
      return `${major}.${minor}.${patch}`;
    });
    return [...groups.values()].flatMap((group) => {
      return runs(group, isIn, isAsked).map(({ first, last }) => {
        return first === last ? text(first) : `>=${text(first)} <=${text(last)}`;
      });
    });
  }
}

/** Neighbours in an order that are all in the set; `before` and `after` are those around them that are not. */
type Run = { first: number; last: number; before: number | undefined; after: number | undefined };

/** The runs that hold something that was asked for. */
function runs(
  order: readonly number[],
  isIn: (index: number) => boolean,
  isAsked: (index: number) => boolean,
): Run[] {
  const found: Run[] = [];
  let wanted = false;
  let run: Run | undefined;
  for (const [place, index] of order.entries()) {
    if (!isIn(index)) {
      close(index);
      continue;
    }
    run ??= { first: index, last: index, before: order[place - 1], after: undefined };
    run.last = index;
    wanted ||= isAsked(index);
  }
  close(undefined);
  return found;

  function close(after: number | undefined) {
    if (run && wanted) found.push({ ...run, after });
    run = undefined;
    wanted = false;
  }
}
