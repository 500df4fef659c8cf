import { largeSuite } from '../support/large-suite.ts';
import { bareParts } from './bare-parts.ts';
import { partsMissing, partsSuite } from './parts-suite.ts';

const name = 'a package of 300 MB on docker-registry';
if ((await partsMissing()) === undefined) largeSuite(name, bareParts);
else {
  const test = await partsSuite(name);
  test('needs its parts', () => {});
  test.run();
}
