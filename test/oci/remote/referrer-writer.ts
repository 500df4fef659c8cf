// Run as a thread of its own: attaches manifests to one subject, says that it is done, and stays until it is ended.
import { parentPort, workerData } from 'node:worker_threads';
import type { Descriptor } from '../../../src/core/descriptor.ts';
import { openRemoteRegistry } from '../../../src/oci/remote/registry.ts';
import { pushedManifest } from '../../contract/oci-support.ts';

export type ReferrerWork = {
  url: string;
  subject: Descriptor;
  marks: string[];
  /** When it looks at the list again. */
  checkMs: number;
};

const { url, subject, marks, checkMs } = workerData as ReferrerWork;
const registry = openRemoteRegistry({ url, limits: { referrersCheckMs: checkMs } });
const demo = registry.repository('demo');
await Promise.all(marks.map((mark) => pushedManifest(demo, { mark, subject })));
parentPort?.postMessage('done');
setInterval(() => {}, 1_000);
