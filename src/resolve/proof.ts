// Proofs of learned incompatibilities, one after the other: pairs of an incompatibility and the variable on which what
// came before it is resolved with it.
import { type Engine, grown } from './engine.ts';

/** Stands behind the last step of a proof. */
export const proofEndMark = -1;

/** Adds a step to the proof that is being written. */
export function writeProof(engine: Engine, id: number, pivot: number) {
  if (engine.proofEnd + 2 > engine.proof.length) {
    engine.proof = grown(engine.proof, engine.proofEnd + 2);
  }
  engine.proof[engine.proofEnd++] = id;
  engine.proof[engine.proofEnd++] = pivot;
}
