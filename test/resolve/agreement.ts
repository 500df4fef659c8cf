// One random graph, solved twice: by the solver and by brute force.
import { resolve } from '../../src/resolve/resolve.ts';
import { explanationText } from '../../src/resolve/sentences.ts';
import { bruteForce } from './brute-force.ts';
import { explanationFault } from './check-explanation.ts';
import { randomGraph } from './random-graph.ts';
import { providerOf } from './registry.ts';

/**
 * Throws where the two disagree: on whether there is a solution, on which is the best, or on a sentence of the
 * explanation. Says whether there was one.
 */
export async function checkAgreement(seed: number): Promise<'solvable' | 'unsolvable'> {
  const graph = randomGraph(seed);
  const best = bruteForce(graph.request, graph.packages);
  const result = await resolve(graph.request, providerOf(graph.packages), { suggestions: false });
  if (result.status === 'resolved') {
    const found = new Map(result.graph.packages.map(({ name, version }) => [name, version]));
    if (!best) throw new Error(`seed ${seed}: solved, and is unsolvable`);
    const [ours, theirs] = [found, best].map((map) => JSON.stringify([...map]));
    if (ours !== theirs) throw new Error(`seed ${seed}: ${ours} and not ${theirs}`);
    return 'solvable';
  }
  if (best) throw new Error(`seed ${seed}: unsolvable, and has ${JSON.stringify([...best])}`);
  const fault = explanationFault(graph, result.explanation);
  if (fault) {
    throw new Error(`seed ${seed}: ${fault}\n${explanationText(result.explanation, 'en')}`);
  }
  return 'unsolvable';
}
