import { tourSuite } from './support/tour.ts';

tourSuite('the tour of the README', async () => ({ env: {}, end: async () => {} }));
