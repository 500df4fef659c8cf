import type { englishResolve } from './en-resolve.ts';

/** Ce que dit `registry resolve`. */
export const frenchResolve: typeof englishResolve = {
  unsolvable: 'aucune version ne satisfait ce qui est demandé',
  you: 'vous',
  requiredBy: 'DEMANDÉ PAR',
  badTime: (option) =>
    `${option} prend une date comme 2026-01-31T12:00:00Z, ou un jour comme 2026-01-31`,
  badAge: (option) => `${option} prend un âge comme 7d, 36h, 90m ou 3600 (secondes)`,
  longValue: (option, most) => `${option} prend au plus ${most} caractères`,
  overrideForm: (text) => `« ${text} » n’impose rien : écrire NOM@CONTRAINTE`,
  overrideTwice: (name) => `deux contraintes sont imposées à ${name}`,
  lockedFile: (path) =>
    `${path} n’est ni ce qu’affiche « vitte registry resolve --json » ni un vitte.lock, et ne contient pas de versions`,
  lockedHelp: 'vitte registry resolve … --json > FICHIER en crée un',
  absent: (name, url) =>
    `rien n’est conservé de ${name} sur cette machine, et ${url} ne doit pas être interrogé`,
  damaged: (name, file) => `ce qui est conservé de ${name} est endommagé : ${file}`,
  offlineHelp:
    'lancez la même commande une fois en ligne, sans --offline ni VITTE_PACKAGE_OFFLINE : ce qu’elle lit est conservé',
  notKept: (why) => `tout ce qui a été lu n’a pu être conservé pour --offline : ${why}`,
  deprecated: (name, message) => `${name} est déprécié : ${message}`,
};
