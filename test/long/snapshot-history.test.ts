// Hundreds of random histories, with snapshots written at any time.
import { shareOf } from '../support/long-share.ts';
import { snapshotHistorySuite } from '../sync/snapshot-history-suite.ts';

snapshotHistorySuite(shareOf(400), 15 * 60_000);
