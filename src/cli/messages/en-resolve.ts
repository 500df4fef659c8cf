/** What `registry resolve` says. */
export const englishResolve = {
  unsolvable: 'no versions satisfy what is asked for',
  you: 'you',
  requiredBy: 'REQUIRED BY',
  badTime: (option: string) =>
    `${option} takes a time such as 2026-01-31T12:00:00Z, or a day such as 2026-01-31`,
  badAge: (option: string) => `${option} takes an age such as 7d, 36h, 90m or 3600 (seconds)`,
  longValue: (option: string, most: number) => `${option} takes at most ${most} characters`,
  overrideForm: (text: string) => `"${text}" is no override: write NAME@REQ`,
  overrideTwice: (name: string) => `two overrides of ${name} are given`,
  lockedFile: (path: string) =>
    `${path} is neither what "vitte registry resolve --json" prints nor a vitte.lock, so it holds no versions`,
  lockedHelp: 'vitte registry resolve … --json > FILE makes one',
  absent: (name: string, url: string) =>
    `nothing is kept of ${name} on this machine, and ${url} is not to be asked`,
  damaged: (name: string, file: string) => `what is kept of ${name} is damaged: ${file}`,
  offlineHelp:
    'run the same once online, without --offline and VITTE_PACKAGE_OFFLINE: what it reads is kept',
  notKept: (why: string) => `not everything that was read could be kept for --offline: ${why}`,
  deprecated: (name: string, message: string) => `${name} is deprecated: ${message}`,
};
