import type { DoctorMessages } from './en-doctor.ts';

export const frenchDoctor: DoctorMessages = {
  checks: {
    reach: 'accès',
    auth: 'identifiants',
    push: 'envoi',
    chunks: 'envoi en flux',
    read: 'lecture',
    referrers: 'référents',
    overwrite: 'étiquette déplacée',
    'new-tags': 'étiquettes nouvelles',
    'overwritten-tags': 'étiquettes déplacées',
    tags: 'liste des étiquettes',
    delete: 'suppression',
  },
  statuses: {
    ok: 'ok',
    slower: 'plus lent',
    missing: 'absent',
    failed: 'ÉCHEC',
    skipped: 'non essayé',
  },
  findings: {
    reached: () => 'il répond',
    folder: () => 'un dossier de cette machine',
    denied: (_, { said }) => `il refuse ces identifiants, rien ne peut être publié : ${said}`,
    'no-credentials': () => 'il accepte les envois sans identifiants',
    credentials: () => 'par nom d’utilisateur et mot de passe',
    token: () => 'par les jetons de son service de jetons',
    pushed: () => 'un blob, un manifeste et une étiquette sont gardés',
    'known-types-only': () =>
      'il n’accepte que les types d’artefact qu’il connaît : les paquets y passent pour des images (profil 2), et les autres outils ne voient pas ce qu’ils sont',
    'no-repository': ({ repository }) =>
      `il ne crée pas de dépôt de lui-même : créez-y ${repository} pour cet essai, et plus tard un dépôt par paquet (ou mettez storage-encoding à single)`,
    'one-piece': ({ bytes }, { size }) => `${size(bytes)} en un morceau`,
    pieces: ({ bytes, pieces }, { size }) =>
      `${size(bytes)} partent en ${pieces} morceaux : publier de grands paquets demande plus de requêtes`,
    'too-large': ({ bytes, taken }, { size, said }) =>
      `il accepte ${size(taken)} et non ${size(bytes)}, les paquets plus grands ne peuvent pas être publiés (y a-t-il une limite dans un mandataire ?) : ${said}`,
    ranges: ({ redirect }) =>
      `en entier et en partie, un téléchargement interrompu reprend où il en était${from(redirect)}`,
    'no-ranges': ({ redirect }) =>
      `seulement en entier : un téléchargement interrompu recommence${from(redirect)}`,
    'referrers-api': () => 'par l’API des référents',
    'fallback-tag': () =>
      'il n’a pas d’API des référents : chaque signature demande trois requêtes de plus et sa propre étiquette',
    'referrer-lost': () =>
      'ce qui se réfère à un paquet est gardé sans être listé : ce registre retrouve les signatures, cosign et oras ne les y trouvent pas',
    overwritten: ({ requestMs }) =>
      `une étiquette déplacée désigne le nouveau manifeste ; environ ${requestMs} ms par requête, et une publication signée en demande 16`,
    'not-overwritten': () =>
      'une étiquette déplacée désigne encore l’ancien manifeste, et le journal déplace des étiquettes',
    'read-back': ({ count, apart }) =>
      `${count}, chacune relue aussitôt comme elle a été écrite${apart ? ', par une autre connexion' : ''}`,
    stale: ({ count, stale }) =>
      `${stale} sur ${count} n’ont pas été relues comme elles avaient été écrites : les répliques ne verraient pas ce que font les autres`,
    listed: ({ count, pages }) => `toutes les ${count}, en ${pages} page${pages > 1 ? 's' : ''}`,
    'not-listed': ({ count, lost }) =>
      `${lost} sur ${count} manquent dans la liste, par laquelle le journal trouve sa place`,
    deletes: () => 'les manifestes, et les étiquettes seules',
    'deletes-manifests': () =>
      'seulement les manifestes : une étiquette est ôtée par un substitut, avec quelques requêtes de plus',
    'delete-refused': (_, { said }) =>
      `rien n’est supprimé : ce qui est retiré reste dans le stockage, et des étiquettes du journal s’y accumulent : ${said}`,
    'delete-ignored': () =>
      'il dit supprimer et ne le fait pas : ce qui est retiré reste dans le stockage',
    error: (_, { said }) => said,
    late: () => 'pas terminé à temps',
    'not-tried': (_, { said }) => `non essayé, car ceci a échoué : ${said}`,
  },
  table: { check: 'ESSAI', result: 'RÉSULTAT', detail: 'DÉTAIL' },
  trying: (check) => `essai : ${check}`,
  fit: 'ce stockage a tout ce qu’il faut à un registre',
  fitWithout: (count) =>
    `ce stockage a ce qu’il faut à un registre ; ${count === 1 ? 'une chose est plus lente ou absente' : `${count} choses sont plus lentes ou absentes`}`,
  unfit: (checks) => `ce stockage ne peut pas contenir de registre : ${checks}`,
  unfitHelp:
    'le tableau dit ce qui a échoué ; voyez les réglages du stockage, ou prenez-en un autre',
  leftovers: ({ repository, tags, manifests, blobs }) =>
    `n’ont pas pu être supprimés dans ${repository} : ${tags} étiquettes, ${manifests} manifestes, ${blobs} blobs ; supprimez ce dépôt quand vous voulez`,
};

function from(host: string | undefined): string {
  return host === undefined ? '' : ` ; elles viennent de ${host}`;
}
