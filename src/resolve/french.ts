import type { Phrases } from './sentences.ts';

const reasons = {
  yanked: 'retiré',
  later: 'publié après la date demandée',
  young: 'plus récent que l’âge minimal',
  target: 'sans binaire pour la cible',
  feature: 'sans cette fonctionnalité',
} as const;

export const french: Phrases = {
  every: (name) => `chaque version de ${name}`,
  some: (count, name) => `l’une quelconque de ${count} versions de ${name}`,
  dependsOn: (dependent, what) => {
    return dependent === '' ? `vous demandez ${what}` : `${dependent} dépend de ${what}`;
  },
  dependsOnBoth: (dependent, left, right) => {
    return dependent === ''
      ? `vous demandez à la fois ${left} et ${right}`
      : `${dependent} dépend à la fois de ${left} et de ${right}`;
  },
  whichDependsOn: (what) => `qui dépend de ${what}`,
  noneSatisfies: 'qu’aucune version ne satisfait',
  unknown: 'qui n’existe pas',
  overridden: '(imposé)',
  unavailable: (versions, reason) => `${versions} est ${reasons[reason]}`,
  whichUnavailable: (reason) => `qui est ${reasons[reason]}`,
  series: (choice, series, versions) => `${choice} pris dans ${series} veut dire ${versions}`,
  same: (feature, name) => `${feature} va avec ${name} de la même version`,
  forbidden: (versions) => `${versions} est exclu`,
  noneCanBeUsed: (name) => `aucune version de ${name} ne convient`,
  incompatible: (left, right) => `${left} est incompatible avec ${right}`,
  exclusive: (versions) => `${list(versions, 'et')} s’excluent`,
  requires: (selected, required) => {
    const subject = list(selected, 'et');
    const verb = selected.length > 1 ? 'exigent ensemble' : 'exige';
    return `${subject} ${verb} ${list(required, 'ou')}`;
  },
  required: (required) => `${list(required, 'ou')} est exigé`,
  noneInBoth: ({ name, requirements: [left, right] }) => {
    return `aucune version de ${name} ne satisfait à la fois ${left} et ${right}`;
  },
  noOther: ({ name, requirements: [only, needed] }) => {
    return `aucune version de ${name} ne satisfait ${needed} sauf ${only}`;
  },
  sentence: ({ first, reasons }, conclusion) => {
    const because = reasons
      .map((reason, index) => (index === 0 ? reason : that(reason)))
      .join(' et ');
    if (conclusion === undefined) {
      if (reasons.length === 0) return 'Donc il n’y a pas de solution.';
      return `${first ? 'Puisque' : 'Donc, puisque'} ${because}, il n’y a pas de solution.`;
    }
    if (reasons.length === 0) return `Donc ${conclusion}.`;
    return `${first ? 'Puisque' : 'Et puisque'} ${because}, ${conclusion}.`;
  },
  elided: (count) => `… ${count} lignes de plus …`,
  suggestionsTitle: 'Ce qui aiderait (chaque changement a été essayé) :',
  suggestion: (suggestion) => {
    switch (suggestion.kind) {
      case 'requirement':
        return `demander ${suggestion.name} ${suggestion.to} au lieu de ${suggestion.from || '*'}`;
      case 'remove':
        return `ne pas demander ${suggestion.name}`;
      case 'prereleases':
        return `admettre les préversions de ${suggestion.name} : ${suggestion.version} serait choisi`;
      case 'yanked':
        return `${suggestion.name} ${suggestion.version} est retiré, et conviendrait si un fichier de verrouillage le contenait`;
      case 'override':
        return `imposer ${suggestion.name} ${suggestion.requirement}, contre l’avis de ceux qui en dépendent`;
      case 'no-override':
        return `ne pas imposer de version de ${suggestion.name}`;
      case 'minimum-age':
        return `${suggestion.name} ${suggestion.version} est plus récent que l’âge minimal : admettre ${suggestion.minimumAgeSeconds} secondes`;
      case 'as-of':
        return `${suggestion.name} ${suggestion.version} a été publié plus tard : demander la date ${suggestion.asOf}`;
      case 'features':
        return `demander ${suggestion.name} sans ${list(suggestion.features, 'et')}`;
      case 'target':
        return `${suggestion.name} ${suggestion.version} n’a de binaires que pour ${list(suggestion.targets, 'et') || 'aucune cible'} : demander une autre cible`;
      case 'mode':
        return 'admettre plusieurs versions d’un même nom (multi)';
    }
  },
};

/** `que`, as it stands before the second and later reasons. */
function that(reason: string): string {
  return reason.startsWith('aucune ') ? `qu’${reason}` : `que ${reason}`;
}

function list(items: readonly string[], word: string): string {
  if (items.length < 3) return items.join(` ${word} `);
  return `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`;
}
