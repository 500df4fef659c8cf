import { type Level, programs } from './levels.ts';

/** For zsh 5, autoloaded from fpath, or sourced after compinit. */
export function zshScript(levels: readonly Level[]): string {
  const names = Object.keys(programs).join(' ');
  return `#compdef ${names}
# vitte completion zsh
_vitte() {
  local line="" paths="" files="" word
  local -a entries
  case "\${words[1]:t}" in
${Object.entries(programs)
  .filter(([, group]) => group !== '')
  .map(([name, group]) => `    ${name}) line=" ${group}" ;;`)
  .join('\n')}
  esac
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ "$word" == -* ]] || line="$line $word"
  done
  case "$line " in
${levels.map(caseOf).join('\n')}
  esac
  if [[ " $paths " == *" \${words[CURRENT-1]} "* ]]; then
    _files
    return
  fi
  _describe 'vitte' entries
  [[ -n "$files" ]] && _files
}
if [[ "\${funcstack[1]}" == _vitte ]]; then _vitte "$@"; else compdef _vitte ${names}; fi
`;
}

function caseOf({ path, words, pathOptions, files }: Level): string {
  const pattern = path === '' ? '*' : `" ${path} "*`;
  const entries = words.map(({ word, summary }) => {
    const text = summary === '' ? word : `${word}:${summary.replaceAll(':', '\\:')}`;
    return `'${text.replaceAll("'", "'\\''")}'`;
  });
  return `    ${pattern})
      entries=(${entries.join(' ')})
      paths="${pathOptions.join(' ')}" files="${files ? 1 : ''}" ;;`;
}
