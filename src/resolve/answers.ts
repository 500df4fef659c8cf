// What a resolution is told as: a document, or an error.
import { VitteError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Explanation, LockedGraph } from './port.ts';
import { explanationText, type Language } from './sentences.ts';

/** The document of a locked graph (resolution.json): `vitte.registry.resolution.v1`. */
export function resolutionDocument(graph: LockedGraph) {
  return { schema: 'vitte.registry.resolution.v1' as const, ...graph };
}

/**
 * The error of a request that has no solution, with the code of its explanation. The message is the explanation, in
 * several lines; `data.explanation` holds it as a structure (explanation.json).
 */
export function unsolvableError(explanation: Explanation, language: Language = 'en'): VitteError {
  return new VitteError(explanation.code, explanationText(explanation, language), {
    data: { explanation: explanation as unknown as JsonObject },
  });
}
