import type { Descriptor } from '../core/descriptor.ts';
import { VitteError } from '../core/errors.ts';
import type { CallOptions, Repository } from './port.ts';
import { type ManifestReader, successors } from './successors.ts';

type Awaitable<T> = T | Promise<T>;

/** What a copy does beside copying. The names are those of oras-go v2. */
export type CopyGraphOptions = CallOptions & {
  /** Questions and transfers under way at once: 3 where it is not said. */
  concurrency?: number;
  /** How far below the root content may lie, subjects and referrers included: 64. */
  depthMax?: number;
  /** Manifests and blobs of the whole graph: 100,000. */
  nodesMax?: number;
  /** What content is made of, where it is not `successors` that tells. Reads go through `manifests`, which remembers. */
  findSuccessors?: (
    manifests: ManifestReader,
    descriptor: Descriptor,
    options: CallOptions,
  ) => Promise<readonly Descriptor[]>;
  /**
   * Repositories of the target's registry that may have a blob already, by the names that the target's `mount` takes;
   * they are tried in turn before the blob is sent. The source itself where it is of the same registry and nothing
   * else is said.
   */
  mountFrom?: (descriptor: Descriptor) => Awaitable<readonly string[]>;
  /** Before content is sent. `'skip'`: it is not sent, and whoever says so has seen to it. */
  preCopy?: (descriptor: Descriptor) => Awaitable<'skip' | undefined>;
  /** After content was stored. */
  postCopy?: (descriptor: Descriptor) => Awaitable<void>;
  /** For content that stood there already; of a manifest, with everything below it. */
  onCopySkipped?: (descriptor: Descriptor) => Awaitable<void>;
  /** For a blob that was mounted instead of sent. */
  onMounted?: (descriptor: Descriptor) => Awaitable<void>;
};

export type CopyOptions = CopyGraphOptions & {
  /** Another root than the one that was resolved, such as one platform of an index. */
  mapRoot?: (source: Repository, root: Descriptor, options: CallOptions) => Promise<Descriptor>;
};

/** With everything that refers to what is copied. */
export type ExtendedCopyGraphOptions = CopyGraphOptions & {
  /** How many times referrers of referrers are asked for: as long as there are any where it is not said. */
  depth?: number;
  /** Which referrers come along, where it is not all. */
  findPredecessors?: (
    source: Repository,
    descriptor: Descriptor,
    options: CallOptions,
  ) => AsyncIterable<Descriptor> | Iterable<Descriptor>;
};

export type ExtendedCopyOptions = ExtendedCopyGraphOptions & Pick<CopyOptions, 'mapRoot'>;

/** The options with every default filled in. */
export type CopyPlan = CopyGraphOptions &
  Required<Pick<CopyGraphOptions, 'concurrency' | 'depthMax' | 'nodesMax' | 'findSuccessors'>>;

const standard = { concurrency: 3, depthMax: 64, nodesMax: 100_000 } as const;

/** The part of the options that the port takes. */
export function signalOf({ signal }: CallOptions): CallOptions {
  return signal ? { signal } : {};
}

/** Fills in what was not said. PKG_E_CONFIG for a number that bounds nothing. */
export function planOf(options: CopyGraphOptions): CopyPlan {
  const plan = { ...standard, findSuccessors: successors, ...options };
  for (const name of ['concurrency', 'depthMax', 'nodesMax'] as const) {
    if (!Number.isSafeInteger(plan[name]) || plan[name] < 1) {
      throw new VitteError('PKG_E_CONFIG', `${name} of a copy is no whole number from 1`);
    }
  }
  return plan;
}
