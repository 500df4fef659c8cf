import { snapshotHistorySuite } from './snapshot-history-suite.ts';

snapshotHistorySuite(12, 60_000);
