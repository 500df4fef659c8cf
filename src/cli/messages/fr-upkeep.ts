import type { Finding } from '../../sync/findings.ts';
import type { UpkeepMessages } from './en-upkeep.ts';

const about = ({ detail }: Finding) => (detail === undefined ? '' : ` : ${detail}`);

export const frenchUpkeep: UpkeepMessages = {
  findings: {
    'journal-unreadable': (found) =>
      `le lot ${found.digest} du journal est illisible${about(found)}`,
    'journal-undecided': () => 'seul le prochain écrivain dira où le journal se termine',
    'entry-lost': ({ entry, detail }) =>
      `l’entrée ${entry} (${detail}) d’un lot à côté de la chaîne a pu être confirmée, et la chaîne ne l’a pas`,
    'entry-contradicts': ({ entry }) =>
      `l’entrée ${entry} d’un lot à côté de la chaîne publie un autre contenu que la chaîne : elle est nulle`,
    'batch-tag-missing': ({ tag, digest }) =>
      `l’étiquette ${tag}, qui protège le lot ${digest} du journal des ramasse-miettes, est absente`,
    'tag-missing': ({ tag }) => `l’étiquette ${tag} est absente`,
    'tag-elsewhere': ({ tag, detail, digest }) =>
      `l’étiquette ${tag} désigne ${detail}, le journal dit ${digest}`,
    'tag-foreign': ({ digest }) =>
      `${digest} se trouve sous son étiquette, et le journal ne le connaît pas`,
    'referrer-tag-missing': ({ tag }) =>
      `l’étiquette ${tag}, qui protège une signature des ramasse-miettes, est absente`,
    'content-missing': ({ detail, digest }) => `perdu : ${detail} ${digest}`,
    'content-damaged': ({ detail, digest }) => `endommagé : ${detail} ${digest}`,
    'index-behind': (found) => `l’index n’a pas atteint la fin du journal${about(found)}`,
    'index-elsewhere': ({ digest }) =>
      `l’index en est au lot ${digest}, qui n’est pas dans la chaîne`,
    'index-registry': () => 'l’index a un autre registre que l’entrée 1 du journal',
    'index-feed': ({ entry }) => `à partir de l’entrée ${entry} le flux de l’index est autre`,
    'index-token': ({ entry }) => `le jeton de l’entrée ${entry} n’est pas dans l’index`,
    'index-package': (found) => `l’index le connaît autrement${about(found)}`,
    'index-extra': () => 'il est dans l’index, et pas dans le journal',
    'index-dependents': () => 'l’index lui donne d’autres dépendants',
    'snapshot-unreadable': (found) => `l’instantané _index est illisible${about(found)}`,
    'snapshot-differs': ({ entry, digest }) =>
      entry === undefined
        ? `l’instantané _index contient le lot ${digest}, qui n’est pas dans la chaîne`
        : `l’instantané _index a une autre entrée ${entry}`,
    'state-differs': (found) => `son instantané _state n’est pas ce qu’il doit être${about(found)}`,
  },
  adoptions: { adopted: 'repris', known: 'connu', refused: 'REFUSÉ' },
  progress: { rebuild: 'entrées', verify: 'paquets', adopt: 'versions' },
  pace: ({ perSecond, left }) => `${perSecond}/s  encore ${left}`,
  paceLine: ({ label, done, total, pace }) => `${label} : ${done} sur ${total}, ${pace}`,
  mending: {
    content: 'réfection des manifestes et des documents',
    journal: 'inscription au journal de ce qui manque à la chaîne',
    tags: 'écriture des étiquettes',
    index: 'réfection de l’index',
    snapshots: 'réécriture des instantanés',
  },
  clean: (packages) => `stockage, journal et index s’accordent sur ${packages} paquets`,
  gone: (count) => `${count} versions du journal ont perdu leur contenu`,
  goneHelp:
    'vitte registry verify --fix refait les manifestes que les instantanés connaissent ; publier la même archive la range de nouveau',
  differs: (count) => (count === 1 ? '1 contradiction' : `${count} contradictions`),
  differsHelp: {
    fix: 'vitte registry verify --fix répare ce qui peut l’être',
    adopt: 'vitte registry rebuild --adopt NOM reprend ce que le journal ne connaît pas',
    content:
      'publiez de nouveau la même archive pour ce qui manque ; ce qui est abîmé se restaure d’une sauvegarde du stockage',
    backup: 'restaurez d’une sauvegarde ce que le stockage a perdu',
    again: 'lancez-la de nouveau : ce qui a changé entre-temps a pu gêner',
  },
  mended: (count) => `${count} réparées`,
  more: (count) => `et ${count} autres`,
  objects: (count) => `objets lus : ${count}`,
  resumed: (entries) => `repris après l’entrée ${entries}, là où il avait été interrompu`,
  namesNeedAdopt: 'les noms de paquets et --from vont avec --adopt',
  noneFound: 'aucune version trouvée que le journal ne connaisse pas',
  notAdopted: (count) =>
    count === 1 ? '1 version n’a pas été reprise' : `${count} versions n’ont pas été reprises`,
  ignored: (what, count) => `${what} : ${count} référents n’en sont pas des signatures valables`,
};
