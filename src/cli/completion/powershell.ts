import { type Level, programs } from './levels.ts';

/** For PowerShell 5 and newer. */
export function powershellScript(levels: readonly Level[]): string {
  const names = Object.keys(programs);
  return `# vitte completion powershell
Register-ArgumentCompleter -Native -CommandName ${names.join(', ')} -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $programs = @{ ${Object.entries(programs)
      .map(([name, group]) => `${quoted(name)} = ${quoted(group)}`)
      .join('; ')} }
    $levels = @(
${levels.map(rowOf).join(',\n')}
    )
    $before = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.ToString() })
    $program = [System.IO.Path]::GetFileNameWithoutExtension($before[0])
    $words = @($programs[$program]) + @($before | Select-Object -Skip 1 | Where-Object { $_ -notlike '-*' })
    $line = (@($words | Where-Object { $_ }) -join ' ') + ' '
    $level = $levels | Where-Object { $_.Path -eq '' -or $line.StartsWith($_.Path + ' ') } | Select-Object -First 1
    if ($level.Paths -contains $before[-1]) { return }
    $level.Words.GetEnumerator() | Where-Object { $_.Key -like "$wordToComplete*" } | Sort-Object Key | ForEach-Object {
        $tip = if ($_.Value) { $_.Value } else { $_.Key }
        [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterValue', $tip)
    }
}
`;
}

function rowOf({ path, words, pathOptions }: Level): string {
  const table = words.map(({ word, summary }) => `${quoted(word)} = ${quoted(summary)}`).join('; ');
  const paths = pathOptions.map(quoted).join(', ');
  return `        @{ Path = ${quoted(path)}; Words = @{ ${table} }; Paths = @(${paths}) }`;
}

function quoted(text: string): string {
  // PowerShell takes typographic quotation marks for plain ones, and a doubled one for itself.
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}
