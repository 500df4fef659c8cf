import { historySuite } from './history-suite.ts';

// A glance; test/long looks closely.
historySuite(6, 60_000);
