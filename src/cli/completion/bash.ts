import { type Level, programs } from './levels.ts';

/** For bash 3.2 and newer. */
export function bashScript(levels: readonly Level[]): string {
  const names = Object.keys(programs);
  return `# vitte completion bash
_vitte() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local line="" words="" paths="" files="" i
  case "\${COMP_WORDS[0]##*/}" in
${Object.entries(programs)
  .filter(([, group]) => group !== '')
  .map(([name, group]) => `    ${name}) line=" ${group}" ;;`)
  .join('\n')}
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in -*) ;; *) line="$line \${COMP_WORDS[i]}" ;; esac
  done
  case "$line " in
${levels.map(caseOf).join('\n')}
  esac
  COMPREPLY=()
  case " $paths " in *" $prev "*) words="" files=1 ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  # Names of files may hold spaces.
  local IFS=$'\\n'
  if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -- "$cur")); fi
}
complete -o filenames -F _vitte ${names.join(' ')}
`;
}

function caseOf({ path, words, pathOptions, files }: Level): string {
  const pattern = path === '' ? '*' : `" ${path} "*`;
  const list = words.map(({ word }) => word).join(' ');
  const sets = [`words="${list}"`, `paths="${pathOptions.join(' ')}"`, `files="${files ? 1 : ''}"`];
  return `    ${pattern}) ${sets.join(' ')} ;;`;
}
