import {
  type Environment,
  type Flags,
  findSettings,
  readConfig,
  type Setting,
  type SettingName,
  settings,
} from './config.ts';

/**
 * Every setting as a line of TOML with where it came from, secrets masked: what `--print-config` prints, and what
 * `--config` reads. Throws PKG_E_CONFIG where a setting is malformed.
 */
export function configText(flags: Flags, env: Environment, cwd = process.cwd()): string {
  const config = readConfig(flags, env, cwd);
  const found = findSettings(flags, env, cwd);
  const worked: Partial<Record<SettingName, string>> = {
    data: config.data,
    storage: config.storage.kind === 'layout' ? `layout:${config.storage.dir}` : config.storage.url,
  };
  const lines = settings.map((setting: Setting & { flag: SettingName }) => {
    const { flag, standardText } = setting;
    const text = found[flag]?.text ?? worked[flag];
    if (text === undefined) return `# ${flag} = ${standardText ?? 'nothing'}`;
    const line = `${flag} = ${JSON.stringify(masked(text))} # ${found[flag]?.source ?? 'default'}`;
    // A file of settings can't name another: the line only says which one was read.
    return flag === 'config' ? `# ${line}` : line;
  });
  return `${lines.join('\n')}\n`;
}

/** Takes user and password out of anything that looks like a URL, however they were written. */
export function masked(text: string): string {
  return text.replace(/\/\/.*@/s, '//***@').replace(/(password=)[^&\s]*/gi, '$1***');
}
