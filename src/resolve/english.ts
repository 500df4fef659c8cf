import type { Phrases } from './sentences.ts';

const reasons = {
  yanked: 'yanked',
  later: 'published after the time asked for',
  young: 'younger than the minimum age',
  target: 'without a binary for the target',
  feature: 'without that feature',
} as const;

export const english: Phrases = {
  every: (name) => `every version of ${name}`,
  some: (count, name) => `any of ${count} versions of ${name}`,
  dependsOn: (dependent, what) => {
    return dependent === '' ? `you require ${what}` : `${dependent} depends on ${what}`;
  },
  dependsOnBoth: (dependent, left, right) => {
    const both = `both ${left} and ${right}`;
    return dependent === '' ? `you require ${both}` : `${dependent} depends on ${both}`;
  },
  whichDependsOn: (what) => `which depends on ${what}`,
  noneSatisfies: 'which no version satisfies',
  unknown: 'which does not exist',
  overridden: '(overridden)',
  unavailable: (versions, reason) => `${versions} is ${reasons[reason]}`,
  whichUnavailable: (reason) => `which is ${reasons[reason]}`,
  series: (choice, series, versions) => `${choice} taken from ${series} means ${versions}`,
  same: (feature, name) => `${feature} comes with ${name} of the same version`,
  forbidden: (versions) => `${versions} cannot be used`,
  noneCanBeUsed: (name) => `no version of ${name} can be used`,
  incompatible: (left, right) => `${left} is incompatible with ${right}`,
  exclusive: (versions) => `${list(versions, 'and')} exclude one another`,
  requires: (selected, required) => {
    const subject = list(selected, 'and');
    const verb = selected.length > 1 ? 'together require' : 'requires';
    return `${subject} ${verb} ${list(required, 'or')}`;
  },
  required: (required) => `${list(required, 'or')} is required`,
  noneInBoth: ({ name, requirements: [left, right] }) => {
    return `no version of ${name} satisfies both ${left} and ${right}`;
  },
  noOther: ({ name, requirements: [only, needed] }) => {
    return `no version of ${name} satisfies ${needed} but ${only}`;
  },
  sentence: ({ first, reasons }, conclusion) => {
    const because = list(reasons, 'and');
    if (conclusion === undefined) {
      if (reasons.length === 0) return 'So there is no solution.';
      return `${first ? 'Because' : 'So, because'} ${because}, there is no solution.`;
    }
    if (reasons.length === 0) return `Thus, ${conclusion}.`;
    return `${first ? 'Because' : 'And because'} ${because}, ${conclusion}.`;
  },
  elided: (count) => `… ${count} more lines …`,
  suggestionsTitle: 'What would help (each was tried):',
  suggestion: (suggestion) => {
    switch (suggestion.kind) {
      case 'requirement':
        return `require ${suggestion.name} ${suggestion.to} instead of ${suggestion.from || '*'}`;
      case 'remove':
        return `do not require ${suggestion.name}`;
      case 'prereleases':
        return `allow prereleases of ${suggestion.name}: ${suggestion.version} would be chosen`;
      case 'yanked':
        return `${suggestion.name} ${suggestion.version} is yanked, and would do where a lockfile holds it`;
      case 'override':
        return `override ${suggestion.name} with ${suggestion.requirement}, against what its dependents state`;
      case 'no-override':
        return `do not override ${suggestion.name}`;
      case 'minimum-age':
        return `${suggestion.name} ${suggestion.version} is younger than the minimum age: allow ${suggestion.minimumAgeSeconds} seconds`;
      case 'as-of':
        return `${suggestion.name} ${suggestion.version} was published later: ask for the time ${suggestion.asOf}`;
      case 'features':
        return `ask for ${suggestion.name} without ${list(suggestion.features, 'and')}`;
      case 'target':
        return `${suggestion.name} ${suggestion.version} has binaries for ${list(suggestion.targets, 'and') || 'no target'} alone: ask for another target`;
      case 'mode':
        return 'allow several versions of one name (multi)';
    }
  },
};

function list(items: readonly string[], word: string): string {
  if (items.length < 3) return items.join(` ${word} `);
  return `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`;
}
