// Hundreds of random histories: indexes in memory and in Redis, two replicas, rebuilt ones.
import { historySuite } from '../sync/history-suite.ts';

historySuite(400, 15 * 60_000);
