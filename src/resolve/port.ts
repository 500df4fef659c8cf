// The version solver: PubGrub over what a provider knows of packages. It does no input or output of its own. In the
// service the provider reads the index, in the client cached index documents. `resolve.ts` solves here, `pool.ts` in
// worker threads; spec/resolve.md says what the answers mean.
import type { Digest } from '../core/digest.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { JsonValue } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import type { Requirement } from '../core/requirement.ts';
import type { Version } from '../core/version.ts';
import type { ResolveLimits } from './limits.ts';

/** A dependency as a manifest states it; rows of a package document have this form. */
export type DependencyRow = {
  name: PackageName;
  requirement: Requirement;
  /** Features of the dependency that are switched on. */
  features?: readonly string[];
  /** Needed only where a feature of the depender says so. */
  optional?: boolean;
  /** Where it comes from, other than from a registry: such a dependency is not resolved, and not in the graph. */
  source?: string;
};

/** What the solver needs to know of one version. */
export type Candidate = {
  version: Version;
  /** Digest of the version's manifest; it goes into the locked graph as it is. */
  digest?: Digest;
  /** RFC 3339. A version without a time is taken to be as old as one likes. */
  publishedAt?: string;
  yanked?: boolean;
  dependencies?: readonly DependencyRow[];
  /** By name of the feature: what it switches on. */
  features?: Readonly<Record<string, readonly string[]>>;
  /** Targets for which there is a binary. */
  targets?: readonly string[];
  /** False where there are no sources, so that it runs on its targets alone. */
  sources?: boolean;
};

/**
 * A package with all versions that may be shown; voided ones and those taken down are not among them. What is computed
 * from it is kept as long as the object is: a provider that gives the same object again, while nothing has changed, is
 * answered faster. An object that was given is never changed.
 */
export type PackageFacts = { name: PackageName; versions: readonly Candidate[] };

export interface PackageProvider {
  /**
   * The facts of a package that are at hand: null where it does not exist, undefined where they must be asked for. Absent
   * where that holds for all.
   */
  atHand?(name: PackageName): PackageFacts | null | undefined;
  /**
   * The facts of these packages, in the order asked, undefined for one that does not exist. At most 500 names. A
   * provider that has them at hand gives them at once; of one that gives a promise, what is likely to be needed next is
   * asked together. What it throws ends the resolution.
   */
  packages(
    names: readonly PackageName[],
    options: { signal?: AbortSignal },
  ): (PackageFacts | undefined)[] | Promise<(PackageFacts | undefined)[]>;
}

export type Named = { name: PackageName; version: Version };

export type ResolveRequest = {
  /**
   * Who asks. With a version it is a package of the graph: dependencies on its name mean this version, whatever the
   * provider knows of that name.
   */
  root?: { name: PackageName; version?: Version };
  /** One name may stand in several rows, of which all hold. */
  requirements: readonly DependencyRow[];
  /** `unify`, the default: one version of a name. `multi`: one version of a name in each compatible series. */
  mode?: 'unify' | 'multi';
  /** Which versions are tried first. `locked`: those of `locked`, then the highest. Default `highest`. */
  prefer?: 'highest' | 'minimal' | 'locked';
  /** Versions that a lockfile holds: they may be chosen though they are yanked or younger than the minimum age. */
  locked?: readonly Named[];
  /** Requirements that take the place of every requirement on that name, whoever states it. */
  overrides?: readonly { name: PackageName; requirement: Requirement }[];
  /** RFC 3339: only what was published by then. */
  asOf?: string;
  /** Only what was published at least so long before `asOf`, or before now. */
  minimumAgeSeconds?: number;
  /** A version without sources is chosen only where it has a binary for this target. */
  target?: string;
  /** Packages whose prereleases count as versions like any other. */
  prereleases?: readonly PackageName[];
};

/** A request as it came, resolve-request.json: it is read where it is resolved, for long requirements take a while. */
export type UnreadRequest = { unread: JsonValue };

export type LockedDependency = Named & { requirement: Requirement };

export type LockedPackage = Named & {
  digest?: Digest;
  /** Features that are switched on, sorted; absent where there are none. */
  features?: string[];
  /** Sorted by name, then version. */
  dependencies: LockedDependency[];
};

/** Sorted by name in code point order, then by version. The same request on the same facts gives the same graph. */
export type LockedGraph = {
  /** What the requirements of the request came to, in the order of `packages`. */
  requirements: LockedDependency[];
  packages: LockedPackage[];
  /** Packages that depend on themselves, directly or through others: each group once, sorted. */
  cycles: Named[][];
};

/** Versions of a package, or of one of its features, as an explanation speaks of them. */
export type Versions = {
  /** Absent: the root of a request that gives no name. */
  name?: PackageName;
  root?: true;
  feature?: string;
  /** In `multi`: the series, such as `1.x`; of a choice those that are meant, as `1.x || 2.x`. */
  series?: string;
  /** In `multi`: a requirement that more than one series can satisfy, which chooses one of them. */
  choice?: true;
  /** Of a choice: the features that are asked for with it. */
  features?: readonly string[];
  /**
   * The versions meant: of those that a requirement of the explanation takes, exactly these satisfy it, and it is
   * true of all that do. Absent: every known version.
   */
  requirement?: Requirement;
  /** In the place of a requirement that would be too long to read: how many versions are meant. */
  count?: number;
};

/** One statement of an explanation. */
export type Claim =
  /** A fact: these versions depend on that. */
  | {
      kind: 'dependency';
      dependent: Versions;
      dependency: Versions & { name: PackageName; requirement: Requirement };
      /** `none`: no known version satisfies it. `unknown`: there is no such package. */
      matches: 'some' | 'none' | 'unknown';
      /** True where an override of the request took the place of what the package states. */
      overridden?: true;
    }
  /** A fact: these versions may not be chosen. */
  | { kind: 'unavailable'; versions: Versions; reason: UnavailableReason }
  /** A fact, in `multi`: where a requirement is met by that series, it is by these versions. */
  | { kind: 'series'; choice: Versions & { requirement: Requirement }; versions: Versions }
  /** A fact: a feature is selected at the version of its package. */
  | { kind: 'same'; versions: Versions }
  /** A conclusion: where all of `selected` are chosen, one of `required` is. Without `required`: they cannot all be. */
  | { kind: 'derived'; selected: Versions[]; required: Versions[] }
  /** The conclusion: there is no solution. */
  | { kind: 'unsolvable' };

export type UnavailableReason =
  | 'yanked'
  /** Published after `asOf`. */
  | 'later'
  /** Younger than the minimum age. */
  | 'young'
  /** Neither sources nor a binary for the target. */
  | 'target'
  /** It has no such feature, or one that names what it has not. */
  | 'feature';

/** What the known versions add to a conclusion: none is in both, or all of the one are in the other. */
export type Note = {
  kind: 'none-in-both' | 'no-other';
  name: PackageName;
  requirements: [Requirement, Requirement];
};

export type Reason = {
  claim: Claim;
  /** Line that concludes it, by its place; absent for a fact. */
  line?: number;
  /** True where it is the line just before, which the text does not say again. */
  implied?: true;
};

export type ExplanationLine = {
  /** Place in the whole explanation, from 0. */
  line: number;
  /** Printed before the line, from 1, where another refers to it. */
  label?: number;
  /** True where the text begins a new train of thought here. */
  apart?: true;
  because: Reason[];
  notes: Note[];
  conclusion: Claim;
};

/** A change of the request with which it was resolved on trial, and is solvable. */
export type Suggestion =
  | { kind: 'requirement'; name: PackageName; from: Requirement; to: Requirement }
  | { kind: 'remove'; name: PackageName }
  | { kind: 'prereleases'; name: PackageName; version: Version }
  | { kind: 'yanked'; name: PackageName; version: Version }
  | { kind: 'override'; name: PackageName; requirement: Requirement }
  | { kind: 'no-override'; name: PackageName }
  | { kind: 'minimum-age'; name: PackageName; version: Version; minimumAgeSeconds: number }
  | { kind: 'as-of'; name: PackageName; version: Version; asOf: string }
  | { kind: 'features'; name: PackageName; features: string[] }
  | { kind: 'target'; name: PackageName; version: Version; targets: string[] }
  | { kind: 'mode'; mode: 'multi' };

export type Explanation = {
  /**
   * PKG_E_DEPENDENCY_NOT_FOUND where it rests on a package that does not exist, PKG_E_DEPENDENCY_VERSION where on a
   * requirement that no version satisfies, else PKG_E_RESOLVE_CONFLICT.
   */
  code: Extract<
    ErrorCode,
    'PKG_E_DEPENDENCY_NOT_FOUND' | 'PKG_E_DEPENDENCY_VERSION' | 'PKG_E_RESOLVE_CONFLICT'
  >;
  /** In order; each concludes from facts and lines before it, the last that there is no solution. */
  lines: ExplanationLine[];
  /** Lines left out in the middle of a very long one. */
  elided: number;
  /** The most direct first; empty where none was found. */
  suggestions: Suggestion[];
};

export type ResolveResult =
  | { status: 'resolved'; graph: LockedGraph; steps: number }
  | { status: 'unsolvable'; explanation: Explanation; steps: number };

export type ResolveOptions = {
  signal?: AbortSignal;
  /** The time from which a minimum age counts, in milliseconds since 1970; the clock's without it. */
  nowMs?: number;
  limits?: Partial<ResolveLimits>;
  /** What it is called where the time ran out while the provider was waited for; else it is a limit like others. */
  slowProvider?: ErrorCode;
  /** False: of what is unsolvable no changes are tried. */
  suggestions?: boolean;
};

/** Something that resolves elsewhere, as the function `resolve` does here: a pool of threads. */
export interface Resolver {
  /** Of an unread request also what reading it throws. */
  resolve(
    request: ResolveRequest | UnreadRequest,
    provider: PackageProvider,
    options?: ResolveOptions,
  ): Promise<ResolveResult>;
  /** Ends what is under way, and every later call, with PKG_E_SHUTTING_DOWN. */
  close(): Promise<void>;
}
