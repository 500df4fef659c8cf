// The rules of the journal protocol that a search may leave out or change, to show what each is for.

/** Opening a term (step 7): PUT the term's own tag, PUT `_term`, list the terms, look for the head. */
export type OpeningStep = 'tag' | 'term' | 'list' | 'head';
/** A batch (steps 3 and 4): PUT it, HEAD `_term`. It is answered after the last of them. */
export type BatchStep = 'write' | 'fence';

export type Rules = {
  opening: readonly OpeningStep[];
  batch: readonly BatchStep[];
  /** Which other terms end an opening when the list shows them: those with a number as high, or only higher ones. */
  rivals: 'as high' | 'higher';
  /** Whether a PUT of `_term` that got no reply is sent again. The protocol takes a new term instead. */
  repeatTermWrite: boolean;
  /** Whether a term goes on after its fence named another. */
  passFailedFence: boolean;
  /**
   * Which batches a reader takes as counting (step 8). `fenced`: one whose term `_term` names, read after the
   * batch, and one that has a successor of its own term. `succeeded`: also one with a successor of any term in
   * the chain as it looks at that moment. `none`: nobody reads.
   */
  readers: 'none' | 'fenced' | 'succeeded';
};

export const protocolRules: Rules = {
  opening: ['tag', 'term', 'list', 'head'],
  batch: ['write', 'fence'],
  rivals: 'as high',
  repeatTermWrite: false,
  passFailedFence: false,
  readers: 'fenced',
};
