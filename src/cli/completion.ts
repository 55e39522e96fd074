/** `mizzen completion bash|zsh|fish`: a script by which the shell completes verbs. */
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { SUMMARIES } from './summaries.ts'

export const USAGE = `Usage: mizzen completion bash|zsh|fish

Prints a script that completes commands: source <(mizzen completion bash), or mizzen completion fish | source
`

const SHELLS = ['bash', 'zsh', 'fish'] as const
/** Words that may follow a verb. */
const AFTER: Readonly<Record<string, readonly string[]>> = {
  'proxy-config': ['clusters', 'listeners', 'routes', 'endpoints', 'secret', 'bootstrap', 'all'],
  describe: ['pod', 'service'],
  dashboard: ['controlplane', 'proxy'],
  manifest: ['generate'],
  tag: ['set', 'list', 'remove', 'generate'],
  completion: SHELLS,
  proxy: ['sidecar', 'router'],
}

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('completion', args, {}, 1)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const [word] = positionals
  if (word === undefined) throw new UsageError(`Cannot complete for an unknown shell: expected ${SHELLS.join(', ')}`)
  const shell = oneOf('shell', word, SHELLS)
  io.stdout.write({ bash, zsh, fish }[shell]())
  return EXIT.ok
}

const verbs = Object.keys(SUMMARIES)

function bash(): string {
  const cases = Object.entries(AFTER).map(([verb, words]) => `    ${verb}) words="${words.join(' ')}" ;;`)
  return `# bash completion of mizzen
_mizzen() {
  local words=""
  if [ "$COMP_CWORD" -eq 1 ]; then words="${verbs.join(' ')}"
  elif [ "$COMP_CWORD" -eq 2 ]; then case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [ "\${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o filenames -F _mizzen mizzen
`
}

function zsh(): string {
  const entries = Object.entries(SUMMARIES).map(
    ([verb, summary]) => `    '${verb}:${summary.replaceAll("'", "'\\''").replaceAll(':', ',')}'`,
  )
  const cases = Object.entries(AFTER).map(([verb, words]) => `    ${verb}) compadd -- ${words.join(' ')} ;;`)
  return `#compdef mizzen
_mizzen() {
  local -a verbs
  verbs=(
${entries.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command verbs
  elif (( CURRENT == 3 )); then case $words[2] in
${cases.join('\n')}
    *) _files ;;
  esac
  else _files; fi
}
compdef _mizzen mizzen
`
}

function fish(): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = Object.entries(SUMMARIES).map(
    ([verb, summary]) => `complete -c mizzen -n __fish_use_subcommand -f -a ${verb} -d ${quoted(summary)}`,
  )
  const after = Object.entries(AFTER).map(
    ([verb, words]) => `complete -c mizzen -n '__fish_seen_subcommand_from ${verb}' -f -a ${quoted(words.join(' '))}`,
  )
  return `# fish completion of mizzen\n${[...lines, ...after].join('\n')}\n`
}
