// Why there is no solution: from a failed search to an explanation.
import { type Claims, claimsOf, type Matches } from './claims.ts';
import { minimalCore, type Refutation } from './core.ts';
import { derivationOf, factAlone, factsOf } from './derivation.ts';
import { explanationLinesMax } from './limits.ts';
import type { Explanation } from './port.ts';
import type { Problem } from './problem.ts';
import { reportLines } from './report.ts';
import { widenFacts } from './widen.ts';

/** The explanation of a failed search, without suggestions. `incompatibility` is what the search ended with. */
export function explain(problem: Problem, incompatibility: number): Explanation {
  const { engine, root } = problem;
  const facts = widenFacts(problem, factsOf(engine, incompatibility));
  const refutation =
    minimalCore(engine, root.variable, facts) ?? wholeProof(problem, incompatibility);
  const claims = claimsOf(problem, refutation);
  const graph = derivationOf(refutation.engine, refutation.incompatibility);
  const report = graph ? reportLines(graph, claims) : rootAlone(problem, refutation, claims);
  return { code: codeOf(claims.matches()), ...report, suggestions: [] };
}

/** Of a proof that is too long to be worked out again: which requirements of the root it rests on. */
function rootAlone(problem: Problem, refutation: Refutation, claims: Claims) {
  const { engine } = refutation;
  const facts = [...refutation.facts.keys()];
  const nodes = facts.map((fact) => factAlone(engine, fact));
  const root = refutation.variables.indexOf(problem.root.variable);
  const because = nodes
    .filter(({ terms }) => terms.has(root))
    .slice(0, explanationLinesMax)
    .map((node) => ({ claim: claims.of(node) }));
  const line = { line: 0, because, notes: [], conclusion: { kind: 'unsolvable' } as const };
  return { lines: [line], elided: facts.length - because.length };
}

/** What the search itself found, where that is too much to be made smaller. */
function wholeProof(problem: Problem, incompatibility: number): Refutation {
  const { engine, subjects } = problem;
  const facts = new Map(factsOf(engine, incompatibility).map((fact) => [fact, fact]));
  return { engine, incompatibility, facts, variables: subjects.map((_, variable) => variable) };
}

function codeOf(matches: ReadonlySet<Matches>): Explanation['code'] {
  if (matches.has('unknown')) return 'PKG_E_DEPENDENCY_NOT_FOUND';
  return matches.has('none') ? 'PKG_E_DEPENDENCY_VERSION' : 'PKG_E_RESOLVE_CONFLICT';
}
