import type { Descriptor } from '../core/descriptor.ts';
import type { Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { type CopyPlan, type ExtendedCopyGraphOptions, signalOf } from './copy-options.ts';
import type { CallOptions, Repository } from './port.ts';
import { isManifestType, type ManifestReader } from './successors.ts';
import { workOff } from './work-off.ts';

/** One piece of content in a copy. */
export type CopyNode = {
  readonly descriptor: Descriptor;
  readonly isManifest: boolean;
  /** What must be there before it; nothing of a node that stands in the target. */
  readonly successors: CopyNode[];
  /** It stood in the target when it was asked for, and so did everything that it names. */
  present: boolean;
};

/** All that a copy is about, each content once, found before anything is written. */
export type CopyGraph = { nodes: readonly CopyNode[]; root: CopyNode };

export type CopyEnds = { source: Repository; target: Repository; manifests: ManifestReader };

type Found = { node: CopyNode; depth: number; referrals: number };

/**
 * Finds everything below `root` that the target lacks, and with `referrers` all that refers to any manifest of it.
 * Below a manifest that the target has nothing is looked at: it could not have it otherwise. Throws PKG_E_COPY_LIMIT,
 * PKG_E_NOT_FOUND for a manifest that the source lacks, PKG_E_STORAGE_ANSWER for one that makes no sense.
 */
export async function findGraph(
  ends: CopyEnds,
  root: Descriptor,
  plan: CopyPlan,
  referrers?: Pick<ExtendedCopyGraphOptions, 'depth' | 'findPredecessors'>,
): Promise<CopyGraph> {
  const { source, target, manifests } = ends;
  const nodes = new Map<string, CopyNode>();
  const list: Found[] = [];
  const rootNode = add(root, 0, 0);
  await workOff(list, { limit: plan.concurrency, ...signalOf(plan) }, async (found, signal) => {
    const { node, depth, referrals } = found;
    const { descriptor } = node;
    if (node.isManifest) {
      node.present = (await target.manifests.resolve(descriptor.digest, { signal })) !== undefined;
    }
    if (node.present && !referrers) return;
    for (const child of await plan.findSuccessors(manifests, descriptor, { signal })) {
      // Of what stands there only the manifests matter, for their referrers.
      if (node.present && !isManifestType(child.mediaType)) continue;
      const childNode = add(child, depth + 1, referrals);
      if (!node.present) node.successors.push(childNode);
    }
    if (!referrers || !node.isManifest || referrals >= (referrers.depth ?? Infinity)) return;
    for await (const referrer of predecessors(descriptor, { signal })) {
      add(referrer, depth + 1, referrals + 1);
    }
  });
  refuseCircles([...nodes.values()]);
  return { nodes: [...nodes.values()], root: rootNode };

  function add(descriptor: Descriptor, depth: number, referrals: number): CopyNode {
    const isManifest = isManifestType(descriptor.mediaType);
    const key = `${isManifest ? 'manifest' : 'blob'} ${descriptor.digest}`;
    const known = nodes.get(key);
    if (known) return known;
    if (depth > plan.depthMax)
      throw overLimit(`lies over ${plan.depthMax} levels deep`, root.digest);
    if (nodes.size >= plan.nodesMax)
      throw overLimit(`has over ${plan.nodesMax} parts`, root.digest);
    const node: CopyNode = { descriptor, isManifest, successors: [], present: false };
    nodes.set(key, node);
    list.push({ node, depth, referrals });
    return node;
  }

  function predecessors(descriptor: Descriptor, options: CallOptions) {
    const { findPredecessors } = referrers ?? {};
    if (findPredecessors) return findPredecessors(source, descriptor, options);
    return source.referrers(descriptor.digest, options);
  }
}

/**
 * Gives every node of the graph that is to be stored to `work`, a node after all that it names. The graph has no
 * circle, so all are reached.
 */
export async function inOrder(
  { nodes }: Pick<CopyGraph, 'nodes'>,
  plan: CopyPlan,
  work: (node: CopyNode, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { ready, done } = dependencies(nodes);
  await workOff(ready, { limit: plan.concurrency, ...signalOf(plan) }, async (node, signal) => {
    await work(node, signal);
    ready.push(...done(node));
  });
}

/** Digests can't name each other in a circle; what a caller's own `findSuccessors` tells may. */
function refuseCircles(nodes: readonly CopyNode[]) {
  const { ready, done } = dependencies(nodes);
  for (let next = 0; next < ready.length; next += 1) ready.push(...done(ready[next] as CopyNode));
  if (ready.length === nodes.length) return;
  throw new VitteError('PKG_E_STORAGE_ANSWER', 'content of a copy names itself in a circle');
}

/** The nodes that wait for nothing, and those that a node was the last to be waited for by. */
function dependencies(nodes: readonly CopyNode[]) {
  const waitingFor = new Map(nodes.map((node) => [node, new Set(node.successors).size]));
  const waiting = new Map<CopyNode, CopyNode[]>();
  for (const node of nodes) {
    for (const successor of new Set(node.successors)) {
      const list = waiting.get(successor);
      if (list) list.push(node);
      else waiting.set(successor, [node]);
    }
  }
  const ready = nodes.filter((node) => waitingFor.get(node) === 0);
  return { ready, done };

  function done(node: CopyNode): CopyNode[] {
    return (waiting.get(node) ?? []).filter((one) => {
      const left = (waitingFor.get(one) ?? 0) - 1;
      waitingFor.set(one, left);
      return left === 0;
    });
  }
}

function overLimit(why: string, root: Digest) {
  return new VitteError('PKG_E_COPY_LIMIT', `what ${root} is made of ${why}`, {
    data: { digest: root },
  });
}
