import { type Level, programs, type Word } from './levels.ts';

/** For fish 3. */
export function fishScript(levels: readonly Level[]): string {
  return `# vitte completion fish
function __vitte_line
    set -l line (commandline -opc)
    switch (basename $line[1])
${Object.entries(programs)
  .filter(([, group]) => group !== '')
  .map(([name, group]) => `        case ${name}\n            set line[1] ${group}`)
  .join('\n')}
        case '*'
            set -e line[1]
    end
    string match -v -- '-*' $line
    return 0
end

# The words of the first level that the line fits, one a line with its summary.
function __vitte_words
    set -l line (string join ' ' (__vitte_line))" "
    switch $line
${levels.map(caseOf).join('\n')}
    end
end

function __vitte_wants_path
    set -l line (string join ' ' (__vitte_line))" "
    set -l before (commandline -opc)[-1]
    switch $line
${levels.map(pathCaseOf).join('\n')}
    end
    return 1
end

${Object.keys(programs)
  .map(
    (name) => `complete -c ${name} -f -n 'not __vitte_wants_path' -a '(__vitte_words)'
complete -c ${name} -F -n '__vitte_wants_path'`,
  )
  .join('\n')}
`;
}

function caseOf({ path, words }: Level): string {
  return `        case ${patternOf(path)}\n            printf '%s\\n' ${words.map(rowOf).join(' ')}`;
}

function pathCaseOf({ path, pathOptions, files }: Level): string {
  const after =
    pathOptions.length === 0 ? '' : `contains -- $before ${pathOptions.join(' ')}; and return 0`;
  const also = files ? 'not string match -q -- "-*" (commandline -ct); and return 0' : '';
  const lines = [after, also].filter((line) => line !== '').map((line) => `            ${line}`);
  return [`        case ${patternOf(path)}`, ...lines, '            return 1'].join('\n');
}

function patternOf(path: string): string {
  return path === '' ? "'*'" : quoted(`${path} *`);
}

/** A word and its summary with a tab between, which fish shows beside it. */
function rowOf({ word, summary }: Word): string {
  return summary === '' ? quoted(word) : `${quoted(word)}\\t${quoted(summary)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
