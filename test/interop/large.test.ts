import { largeSuite } from '../support/large-suite.ts';

largeSuite('a package of 300 MB', async () => ({ env: {}, layout: true, end: async () => {} }));
