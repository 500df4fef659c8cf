import { tourSuite } from '../support/tour.ts';
import { bareParts } from './bare-parts.ts';
import { partsMissing, partsSuite } from './parts-suite.ts';

const name = 'the tour of the README on docker-registry and Redis';
if ((await partsMissing()) === undefined) tourSuite(name, bareParts);
else {
  const test = await partsSuite(name);
  test('needs its parts', () => {});
  test.run();
}
