// Every text that the command prints, but for the forms that programs rely on (spec/cli.md). fr.ts has the same
// keys, which its type demands. Errors of other rooms come with English messages; `errors` names their codes.
import type { ErrorCode } from '../../core/errors.ts';
import { englishErrors, englishHelps } from './en-errors.ts';

type Count = { count: number };

export const en = {
  /** The message and help of a room that speaks English alone, with what is said here of the error's code. */
  foreignMessage: (_title: string, message: string) => message,
  foreignHelp: (own: string | undefined, help: string | undefined) => help ?? own,

  tagline: 'packages for the Vitte language: make, sign, publish, find, fetch, verify',
  groups: {
    registry: 'talk to a package registry, or run one',
    package: 'the package in a folder',
    key: 'Ed25519 keys and signatures',
  },
  commands: {
    'registry serve': 'run a registry',
    'registry list': 'list the packages of a registry',
    'registry search': 'search the packages of a registry',
    'registry info': 'show what a registry knows of a package or version',
    'registry fetch': 'download an archive, verified, and say who signed it',
    'registry publish': 'pack, sign and publish a package',
    'registry rebuild': 'make the index of a registry anew from its journal',
    'registry token create': 'make a token beside the store, when the first one is lost',
    'registry whoami': 'say as whom a registry knows you',
    'package init': 'start a package: manifest, source file and test',
    'package pack': 'pack a package into its archive',
    'package publish': 'publish a package, or say what would be published',
    'package verify': 'verify an archive, or a version in a registry',
    publish: 'the same as "vitte package publish"',
    'key generate': 'make a key',
    'key export': 'print a key in the form of another tool',
    'key sign': 'sign a file, or the version that an archive makes',
    'key verify': 'verify the signature of a file',
    completion: 'print the completions for a shell',
    help: 'explain a command or an error code',
  },
  options: {
    help: 'show this help',
    json: 'print one JSON document on standard output',
    quiet: 'no notes and no progress on standard error',
    version: 'print the version',
    local: 'beside the store on this machine, without logging in',
    role: 'what the token may do: admin',
    registry: 'URL of the registry (VITTE_REGISTRY; else http://127.0.0.1:7878)',
    token: 'token for the registry (VITTE_TOKEN; else the credential file)',
    namespace: 'only packages of this namespace',
    'package-namespace': 'namespace of the new package',
    limit: 'at most so many packages',
    output: 'write to this file',
    'fetch-output': 'write to this file; "-" is standard output',
    bundle: 'write the signatures to FILE.bundle as well',
    key: 'sign with this key file (repeatable)',
    signature: 'send the signatures of this bundle file (repeatable)',
    'dry-run': 'stop before anything is sent',
    'passphrase-file': 'file with the passphrase of the key (else VITTE_KEY_PASSPHRASE)',
    path: 'folder of the package (else this folder)',
    lib: 'a library instead of a program',
    'archive-kind': 'vitmod (sources, the default) or vitpkg (binaries)',
    algo: 'algorithm of the key; ed25519 is the only one',
    'key-file': 'the key file',
    'signing-key': 'the key file to sign with',
    'public-key': 'the key file that must have signed; else the key that the signature names',
    format: 'pem (default), der, base58 or openssh',
    secret: 'the secret key, not encrypted, instead of the public one',
    'version-manifest':
      'sign the manifest of the version that this archive makes, for "publish --signature"',
    sig: 'the signature (else FILE.sig)',
    listen: 'address, such as 127.0.0.1:7878; port 0 takes a free one',
    storage:
      'where packages and journal lie: layout:DIR, oci://HOST/PREFIX or oci+http://HOST/PREFIX',
    'storage-auth-file': 'Docker credentials for the storage (else ~/.docker/config.json)',
    'storage-ca-file': 'private certificate authority of the storage (PEM)',
    'storage-realms': 'further hosts that the storage may name as its token service',
    'storage-upload-hosts': 'further hosts that the storage may send uploads to',
    index: 'where the index lies: memory: (this process) or redis://HOST',
    data: 'folder of the embedded store',
    'public-url': 'the URL that links name',
    config: 'file of settings (TOML)',
    'secret-file': 'file with the secret of the service',
    'bootstrap-token-file': 'file with the first token, role admin',
    'log-level': 'trace, debug, info, warn, error or silent',
    'upload-bytes-max': 'largest body of a publish, such as 1GiB',
    'drain-ms': 'how long requests may go on when the service stops',
    'print-config': 'print every setting, secrets masked, and stop',
  },
  help: {
    usage: 'Usage',
    commands: 'Commands',
    options: 'Options',
    examples: 'Examples',
    globalOptions: 'Every command takes',
    more: 'vitte COMMAND --help tells more of one.',
    exitCode: (code: number) =>
      `exit code ${code} (package: ${code === 5 || code === 6 ? code : 1})`,
  },
  usage: {
    noCommand: (name: string) => `there is no command "${name}"`,
    noSubcommand: (group: string) => `"vitte ${group}" needs the name of a command`,
    didYouMean: (names: string) => `did you mean ${names}?`,
    seeHelp: (command: string) => `${command} --help tells how it is used`,
    unknownOption: (option: string) => `there is no option ${option}`,
    needsValue: (option: string, value: string) => `${option} needs a value: ${option} ${value}`,
    takesNoValue: (option: string) => `${option} takes no value`,
    twice: (option: string) => `${option} was given twice`,
    missing: (argument: string) => `${argument} is missing`,
    tooMany: (argument: string) => `"${argument}" is one argument too many`,
    badNumber: (option: string, most: number) => `${option} takes a whole number from 1 to ${most}`,
    oneOf: (option: string, values: string) => `${option} takes one of: ${values}`,
    needsOption: (option: string) => `${option} is missing`,
    together: (a: string, b: string) => `${a} and ${b} exclude each other`,
    noCode: (code: string) => `there is no error code ${code}`,
    dash: 'to give a value that begins with "-", write --option=VALUE',
  },
  table: {
    name: 'NAME',
    version: 'VERSION',
    description: 'DESCRIPTION',
    published: 'PUBLISHED',
    signed: 'SIGNED BY',
    digest: 'DIGEST',
    state: 'STATE',
  },
  list: {
    empty: 'no packages',
    nothingFound: 'nothing found',
    more: ({ count }: Count) => `${count} more; --limit shows them`,
  },
  pick: {
    none: (name: string, requirement: string) => `no version of ${name} satisfies ${requirement}`,
    allYanked: (name: string) => `every version of ${name} is yanked`,
    seeVersions: (name: string) => `"vitte registry info ${name}" shows its versions`,
  },
  fetch: {
    yanked: (what: string) => `${what} is yanked: its authors advise against it`,
    targetFolder: (path: string) => `${path} is a folder`,
    noBundle: 'unsigned, so there is no bundle file to write',
    unknownKey: (kid: string) =>
      `the key of signature ${kid} is not known here, so it was not checked`,
  },
  publish: {
    already: (what: string) => `${what} stood there already, with the same content`,
    packedElsewhere:
      'the registry keeps the archive that came first; its bytes differ in compression alone',
    notAttached: (digest: string, reason: string) =>
      `signature ${digest} was not attached: ${reason}`,
    noToken: (url: string) => `publishing to ${url} needs a token`,
    noTokenHelp:
      'give --token, or set VITTE_TOKEN; a registry started here leaves one in the credential file',
    tooLarge: (bytes: number, most: number) =>
      `the archive is ${bytes} bytes, and the registry takes ${most}`,
    offline: 'VITTE_PACKAGE_OFFLINE=1 forbids publishing; --dry-run works',
    profile: (theirs: number, ours: number) =>
      `the registry makes version manifests by profile ${theirs}, this program by profile ${ours}`,
    profileHelp: 'use the release of vitte that fits the registry',
    otherDigest: (theirs: string, ours: string) =>
      `the registry says digest ${theirs}, and the archive makes ${ours}`,
    wouldPublish: ({ count }: Count, bytes: string) => `${count} files, ${bytes}; nothing was sent`,
    insecure: (url: string) => `the token goes to ${url} unencrypted`,
  },
  verify: {
    notPublished: (what: string, url: string) => `${what} is not published at ${url}`,
    bundleHelp:
      'to verify without a registry, keep the FILE.bundle that "registry fetch --bundle" writes',
  },
  init: {
    created: 'created',
    exists: (path: string) => `${path} exists already`,
    existsHelp: 'choose another folder, or go on with the package that is there',
    notName: (name: string) => `"${name}" is no name for a package`,
    notNameHelp: (suggestion: string) =>
      `for example ${suggestion}; --path DIR separates folder and name`,
    namespaceHelp: (namespace: string) => `the namespace is given apart: --namespace ${namespace}`,
    next: (folder: string) => `next: vitte registry publish ${folder}`,
    cannotWrite: (path: string, why: string) => `cannot write ${path} (${why})`,
  },
  key: {
    generated: (kid: string, file: string) => `made key ${kid} in ${file}`,
    exposed: (path: string) => `others may read the secret key in ${path}; chmod 600 closes it`,
    secretOnTerminal: 'binary output is not written to a terminal',
    useOutput: 'give --output FILE, or another --format',
    signed: (file: string) => `signed into ${file}`,
    passphraseFile: (path: string) => `the passphrase file ${path} cannot be read`,
    signedByClaim:
      'the key is the one that the signature itself names; --key says whose it must be',
    neededKey: (kid: string) =>
      `the signature names key ${kid} only by its hash; --key gives the key`,
  },
  progress: {
    pack: 'packing',
    send: 'sending',
    fetch: 'fetching',
  },
  failed: {
    internal: 'an error that nobody foresaw',
    internalHelp: 'VITTE_DEBUG=1 shows where; please report it',
    interrupted: 'interrupted',
    request: 'request',
  },
  /** What an error code means, for `vitte help CODE`, and what helps against it. */
  errors: englishErrors as Record<ErrorCode, string>,
  helps: englishHelps as Partial<Record<ErrorCode, string>>,
};

export type Messages = typeof en;
