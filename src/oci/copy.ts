import type { Descriptor } from '../core/descriptor.ts';
import { algorithmOf, isOciDigest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { type CopyEnds, type CopyNode, findGraph, inOrder } from './copy-graph.ts';
import {
  type CopyGraphOptions,
  type CopyOptions,
  type CopyPlan,
  type ExtendedCopyGraphOptions,
  type ExtendedCopyOptions,
  planOf,
  signalOf,
} from './copy-options.ts';
import { rememberingReader } from './manifest-memory.ts';
import { checkReference } from './names.ts';
import type { Reference, Repository } from './port.ts';
import { verifyBytes } from './verify.ts';

/**
 * Copies what a tag or digest of one repository names, with everything that it is made of, into another repository,
 * and points `targetReference` at it (the same reference where none is given). Gives the root's descriptor. What is
 * there already is not sent again; whatever happens, the target never names content that it lacks.
 *
 * Errors, beside those of the port: PKG_E_NOT_FOUND (the source lacks something), PKG_E_COPY_LIMIT (before anything
 * is written), PKG_E_INTEGRITY, PKG_E_DIGEST (`targetReference` is the digest of something else, or the target
 * keeps no manifests under sha512).
 */
export async function copy(
  source: Repository,
  sourceReference: Reference,
  target: Repository,
  targetReference: Reference = sourceReference,
  options: CopyOptions = {},
): Promise<Descriptor> {
  const root = await resolveRoot(source, sourceReference, targetReference, options);
  const tag = tagFor(root, targetReference);
  const ends = { source, target, manifests: rememberingReader(source.manifests) };
  const plan = planOf(options);
  const graph = await findGraph(ends, root, plan);
  await transfer(ends, graph.nodes, plan, { node: graph.root, tag });
  return root;
}

/** Copies content and everything that it is made of, under no tag. Errors as `copy`. */
export async function copyGraph(
  source: Repository,
  target: Repository,
  root: Descriptor,
  options: CopyGraphOptions = {},
): Promise<void> {
  const ends = { source, target, manifests: rememberingReader(source.manifests) };
  const plan = planOf(options);
  const graph = await findGraph(ends, root, plan);
  await transfer(ends, graph.nodes, plan);
}

/**
 * As `copy`, together with all that refers to what is copied: signatures, SBOMs, and what is said of those in turn;
 * of an index also what refers to its members. The tag is set last, when everything is there. `oras cp -r` does this.
 */
export async function extendedCopy(
  source: Repository,
  sourceReference: Reference,
  target: Repository,
  targetReference: Reference = sourceReference,
  options: ExtendedCopyOptions = {},
): Promise<Descriptor> {
  const root = await resolveRoot(source, sourceReference, targetReference, options);
  const tag = tagFor(root, targetReference);
  await extendedCopyGraph(source, target, root, options);
  if (tag !== undefined) await target.manifests.tag(root.digest, tag, signalOf(options));
  return root;
}

/** As `copyGraph`, together with all that refers to what is copied. */
export async function extendedCopyGraph(
  source: Repository,
  target: Repository,
  root: Descriptor,
  options: ExtendedCopyGraphOptions = {},
): Promise<void> {
  const ends = { source, target, manifests: rememberingReader(source.manifests) };
  const plan = planOf(options);
  const graph = await findGraph(ends, root, plan, options);
  await transfer(ends, graph.nodes, plan);
}

async function resolveRoot(
  source: Repository,
  sourceReference: Reference,
  targetReference: Reference,
  options: CopyOptions,
): Promise<Descriptor> {
  checkReference(targetReference);
  const found = await source.manifests.resolve(sourceReference, signalOf(options));
  if (!found) {
    throw new VitteError('PKG_E_NOT_FOUND', `${source.name} has no manifest ${sourceReference}`);
  }
  return options.mapRoot ? options.mapRoot(source, found, signalOf(options)) : found;
}

function tagFor(root: Descriptor, reference: Reference): string | undefined {
  if (!isOciDigest(reference)) return reference;
  if (reference === root.digest) return undefined;
  throw new VitteError('PKG_E_DIGEST', `a copy of ${root.digest} can not be ${reference}`);
}

/** Stores what the target lacks. A tag for the root goes with the request that stores it. */
async function transfer(
  ends: CopyEnds,
  nodes: readonly CopyNode[],
  plan: CopyPlan,
  tagged?: { node: CopyNode; tag: string | undefined },
): Promise<void> {
  const { blobs, manifests } = ends.target;
  let tagLeft = tagged?.tag;
  await inOrder({ nodes }, plan, async (node, signal) => {
    const { descriptor, isManifest, present } = node;
    if (isManifest ? present : await blobs.stat(descriptor.digest, { signal })) {
      await plan.onCopySkipped?.(descriptor);
    } else if (!isManifest && (await mount(ends, descriptor, plan, signal))) {
      await plan.onMounted?.(descriptor);
    } else if ((await plan.preCopy?.(descriptor)) === 'skip') {
      // Whoever left the root out need not have stored it, so there may be nothing to tag.
      if (node === tagged?.node) tagLeft = undefined;
    } else {
      if (!isManifest) await sendBlob(ends, descriptor, signal);
      else if (node !== tagged?.node) await sendManifest(ends, descriptor, undefined, signal);
      else {
        await sendManifest(ends, descriptor, tagged.tag, signal);
        tagLeft = undefined;
      }
      await plan.postCopy?.(descriptor);
    }
  });
  if (tagged && tagLeft !== undefined) {
    await manifests.tag(tagged.node.descriptor.digest, tagLeft, signalOf(plan));
  }
}

/** Repositories of one registry need not send blobs to each other. */
async function mount(
  { source, target }: CopyEnds,
  descriptor: Descriptor,
  { mountFrom }: CopyPlan,
  signal: AbortSignal,
): Promise<boolean> {
  const neighbours = source.registry !== undefined && source.registry === target.registry;
  const names = mountFrom ? await mountFrom(descriptor) : neighbours ? [source.name] : [];
  for (const name of names) {
    if (await target.blobs.mount(descriptor.digest, name, { signal })) return true;
  }
  return false;
}

async function sendBlob({ source, target }: CopyEnds, descriptor: Descriptor, signal: AbortSignal) {
  await target.blobs.push(descriptor, read, { signal });

  // Opened anew at each try.
  async function* read() {
    const blob = await source.blobs.fetch(descriptor.digest, { signal });
    if (!blob) {
      throw new VitteError('PKG_E_NOT_FOUND', `${source.name} has no blob ${descriptor.digest}`);
    }
    yield* blob.body;
  }
}

async function sendManifest(
  { source, target, manifests }: CopyEnds,
  descriptor: Descriptor,
  tag: string | undefined,
  signal: AbortSignal,
) {
  const { digest, mediaType } = descriptor;
  const stored = await manifests.fetch(digest, { signal });
  if (!stored) throw new VitteError('PKG_E_NOT_FOUND', `${source.name} has no manifest ${digest}`);
  const { bytes } = stored;
  verifyBytes(bytes, descriptor);
  const other = algorithmOf(digest) !== 'sha256';
  if (other && !target.manifests.sha512) {
    throw new VitteError('PKG_E_DIGEST', `${target.name} keeps no manifest under ${digest}`);
  }
  await target.manifests.push(
    { mediaType, bytes },
    { signal, ...(tag === undefined ? {} : { tag }), ...(other ? { digest } : {}) },
  );
}
