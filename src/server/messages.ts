// What the service says to people when it starts and stops. The line with the URL is for machines and is never
// translated.
import type { Environment } from './config.ts';

export type Messages = {
  data(folder: string): string;
  firstStart(file: string): string;
  tryThese: string;
  elsewhere(url: string): string;
  withoutTls(address: string): string;
  draining(drainMs: number): string;
  stopped: string;
};

const english: Messages = {
  data: (folder) => `Packages and journal lie in ${folder}`,
  firstStart: (file) => `A new registry: its administrator's token was left for you in ${file}`,
  tryThese: 'Try:',
  elsewhere: (url) => `The commands find this registry with VITTE_REGISTRY=${url}`,
  withoutTls: (address) =>
    `warning: ${address} can be reached from other machines, and there is no TLS: tokens travel in the clear`,
  draining: (drainMs) => `Stopping: requests under way have ${drainMs} ms. Once more ends at once.`,
  stopped: 'Stopped.',
};

const french: Messages = {
  data: (folder) => `Les paquets et le journal se trouvent dans ${folder}`,
  firstStart: (file) =>
    `Nouveau registre : le jeton de son administrateur a été déposé pour vous dans ${file}`,
  tryThese: 'Essayez :',
  elsewhere: (url) => `Les commandes trouvent ce registre avec VITTE_REGISTRY=${url}`,
  withoutTls: (address) =>
    `attention : ${address} est accessible depuis d’autres machines, et sans TLS les jetons circulent en clair`,
  draining: (drainMs) =>
    `Arrêt : les requêtes en cours ont ${drainMs} ms. Encore une fois arrête tout de suite.`,
  stopped: 'Arrêté.',
};

/** The first commands to try, which are the same in every language. */
export const firstCommands: readonly string[] = [
  'vitte package init demo-lib',
  'vitte key generate --algo ed25519 --output dev.json',
  'vitte registry publish demo-lib --key dev.json',
];

/** The messages in the language of the locale: LC_ALL, else LC_MESSAGES, else LANG (POSIX). */
export function messagesFor(env: Environment): Messages {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || '';
  return /^fr(?:[_.@-]|$)/i.test(locale) ? french : english;
}
