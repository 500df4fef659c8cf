import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { bruteForce } from './brute-force.ts';
import { explanationFault } from './check-explanation.ts';
import { publishedCases } from './published-cases.ts';
import { chosen, outcome, registry, request, solve } from './registry.ts';

const test = suite('graphs from the literature');

for (const { what, packages, requires, gives } of publishedCases) {
  test(what, async () => {
    assert.equal(await outcome(packages, requires), gives);
    const graph = { request: request(requires), packages: registry(packages) };
    const best = bruteForce(graph.request, graph.packages);
    const result = await solve(packages, requires);
    if (result.status === 'resolved') {
      assert.equal(
        chosen(result.graph),
        [...best!].map((row) => row.join(' ')),
      );
    } else {
      assert.is(best, undefined);
      assert.is(explanationFault(graph, result.explanation), undefined);
    }
  });
}

test.run();
