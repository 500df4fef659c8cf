// How many answers a second a URL gives, the same small GET over and over.
import { runTool, tool } from '../../interop/tools.ts';
import { openLoad } from './load.ts';

export type Rates = {
  /** What asks, for the report. */
  by: string;
  /** Answers a second over so many connections. */
  of(url: string, connections: number, ms: number): Promise<number>;
  end(): Promise<void>;
};

/**
 * Asks with wrk (Debian's, installed where that is possible): a program in C, so that the servers bound what is
 * measured. Without it a process of ours asks, which is at its end where a server is quick.
 */
export async function openRates(say: (text: string) => void): Promise<Rates> {
  const wrk = await tool('wrk').catch((error: Error) => say(`${error.message}; asking ourselves`));
  if (wrk !== undefined) return { by: 'wrk', of: rateBy(wrk), end: async () => {} };
  const load = openLoad();
  return {
    by: 'node',
    async of(url, connections, ms) {
      const { answers, seconds } = await load.run({ kind: 'gets', url, connections, ms });
      return answers / seconds;
    },
    end: load.end,
  };
}

function rateBy(wrk: string): Rates['of'] {
  return async (url, connections, ms) => {
    const seconds = `${Math.max(1, Math.round(ms / 1000))}s`;
    const { stdout } = await runTool(wrk, ['-t1', `-c${connections}`, `-d${seconds}`, url]);
    const rate = /Requests\/sec: +([\d.]+)/.exec(stdout)?.[1];
    if (rate === undefined || /Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout);
    return Number(rate);
  };
}
