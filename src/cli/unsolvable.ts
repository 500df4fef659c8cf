import type { JsonObject } from '../core/json.ts';
import type { Explanation, Suggestion } from '../resolve/port.ts';
import { explanationText, suggestionText } from '../resolve/sentences.ts';
import type { Messages } from './messages/en.ts';
import { ExplainedNo } from './spoken-error.ts';

/**
 * The failure of a request that has no solution: the explanation line by line, then each change that was tried and
 * helps. It is one of what is missing where the explanation rests on a name of the command line that does not exist.
 */
export function unsolvable(explanation: Explanation, messages: Messages): ExplainedNo {
  const { code, suggestions, lines } = explanation;
  const { language, resolve } = messages;
  const named = lines
    .flatMap(({ because }) => because)
    .some(({ claim }) => {
      return claim.kind === 'dependency' && claim.matches === 'unknown' && claim.dependent.root;
    });
  return new ExplainedNo(code, resolve.unsolvable, {
    reasons: explanationText({ ...explanation, suggestions: [] }, language).split('\n'),
    helps: suggestions.map((suggestion) => {
      const words = wordsFor(suggestion);
      return `${suggestionText(suggestion, language)}${words === '' ? '' : ` (${words})`}`;
    }),
    data: { explanation: explanation as unknown as JsonObject },
    named,
  });
}

/** What to write on the command line; nothing where something is to be left out. */
function wordsFor(suggestion: Suggestion): string {
  switch (suggestion.kind) {
    case 'requirement':
      return `${suggestion.name}@${suggestion.to}`;
    case 'prereleases':
      return `--prerelease ${suggestion.name}`;
    case 'override':
      return `--override ${suggestion.name}@${suggestion.requirement}`;
    case 'minimum-age':
      return `--minimum-age ${suggestion.minimumAgeSeconds}`;
    case 'as-of':
      return `--as-of ${suggestion.asOf}`;
    case 'target':
      return `--target ${suggestion.targets[0] ?? ''}`;
    case 'mode':
      return `--mode ${suggestion.mode}`;
    case 'no-override':
    case 'remove':
    case 'yanked':
    case 'features':
      return '';
  }
}
