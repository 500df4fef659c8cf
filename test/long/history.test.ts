// Hundreds of random histories: indexes in memory and in Redis, two replicas, rebuilt ones.
import { shareOf } from '../support/long-share.ts';
import { historySuite } from '../sync/history-suite.ts';

historySuite(shareOf(400), 15 * 60_000);
