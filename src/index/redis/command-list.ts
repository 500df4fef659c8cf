import type { Arguments } from './connection.ts';

type Argument = string | Buffer | number;

/** Members of one command: what Lua hands over at once is limited, and so is what should stand in one call. */
const membersMax = 1_000;

/** Commands for `readScript` and `applyScript`: all in one call, each key named once. */
export type CommandList = {
  /** How many commands there are. */
  readonly size: number;
  add(command: string, key: string, ...rest: Argument[]): void;
  /** One command, or several, with these members; `width` arguments are one member. */
  addAll(command: string, key: string, members: Argument[], width: number): void;
  /** The keys of the commands behind `keys`, their arguments behind `args`. */
  behind(keys: string[], args: Argument[]): Arguments;
};

export function openCommandList(fixedKeysCount: number): CommandList {
  const numbers = new Map<string, number>();
  const list: Argument[] = [];
  let size = 0;
  return {
    get size() {
      return size;
    },
    add: (command, key, ...rest) => put(command, key, rest),
    addAll(command, key, members, width) {
      const step = width * membersMax;
      for (let from = 0; from < members.length; from += step) {
        put(command, key, members.slice(from, from + step));
      }
    },
    behind: (keys, args) => ({ keys: keys.concat([...numbers.keys()]), args: args.concat(list) }),
  };

  function put(command: string, key: string, rest: Argument[]) {
    const number = numbers.get(key) ?? numbers.size + 1;
    numbers.set(key, number);
    size += 1;
    list.push(rest.length, command, fixedKeysCount + number);
    for (const argument of rest) list.push(argument);
  }
}
