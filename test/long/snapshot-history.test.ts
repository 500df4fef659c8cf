// Hundreds of random histories, with snapshots written at any time.
import { snapshotHistorySuite } from '../sync/snapshot-history-suite.ts';

snapshotHistorySuite(400, 15 * 60_000);
