import { packageVersion } from './package-version.ts';

/**
 * The `vitte` command. Sets the exit code of this process; never rejects. `--version` is answered here, before
 * anything else is loaded.
 */
export async function main(args: string[]): Promise<void> {
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`vitte ${packageVersion()}\n`);
    return;
  }
  const { run } = await import('./run.ts');
  await run(args);
}
