/** `odradek completion`: scripts by which shells complete verbs, actions and flags. They ask nothing: all stands in the script. */
import { exitDone, exitUsage } from './exit-codes.ts'

export const usage = `Usage: odradek completion bash|zsh|fish

Prints a script for the shell: verbs, their actions, and their flags are completed.

  bash   source <(odradek completion bash)
  zsh    odradek completion zsh > "\${fpath[1]}/_odradek"
  fish   odradek completion fish > ~/.config/fish/completions/odradek.fish
`

/** What can stand behind `odradek <verb>`. */
interface Completed {
  readonly verb: string
  readonly words: readonly string[]
}

/** Actions and flags, as the text of `--help` has them: in the lines of usage, and in lines that are indented. */
export function wordsOf(verb: string, help: string): readonly string[] {
  const words = new Set<string>()
  const lines = help.split('\n').filter((line) => /^(Usage:|\s)/.test(line))
  for (const line of lines) {
    const [, actions = ''] = new RegExp(`^(?:Usage:)? *odradek ${verb} ([a-z][a-z|-]*)`).exec(line) ?? []
    for (const action of actions.split('|')) if (action !== '') words.add(action)
    for (const [flag] of line.matchAll(/--[a-z][a-z.-]*[a-z]/g)) words.add(flag)
  }
  return [...words]
}

const bash = (verbs: readonly Completed[]): string => `_odradek() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${verbs.map(({ verb }) => verb).join(' ')} --help --version"
  else
    case "\${COMP_WORDS[1]}" in
${verbs.map(({ verb, words }) => `      ${verb}) words="${words.join(' ')}" ;;`).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  # What is no word of ours may be a file.
  [ "\${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -F _odradek odradek
`

const zsh = (verbs: readonly Completed[]): string => `#compdef odradek
_odradek() {
  if (( CURRENT == 2 )); then
    compadd -- ${verbs.map(({ verb }) => verb).join(' ')} --help --version
    return
  fi
  case "\${words[2]}" in
${verbs.map(({ verb, words }) => `    ${verb}) compadd -- ${words.join(' ')} ;;`).join('\n')}
  esac
  _files
}
compdef _odradek odradek
`

function fish(verbs: readonly Completed[]): string {
  const first = verbs.map(({ verb }) => `complete -c odradek -n __fish_use_subcommand -f -a ${verb}`)
  const more = verbs.flatMap(({ verb, words }) =>
    words.map((word) => {
      const seen = `-n '__fish_seen_subcommand_from ${verb}'`
      return word.startsWith('--')
        ? `complete -c odradek ${seen} -l ${word.slice(2)}`
        : `complete -c odradek ${seen} -a ${word}`
    }),
  )
  return `${[...first, ...more].join('\n')}\n`
}

const shells: Readonly<Record<string, (verbs: readonly Completed[]) => string>> = { bash, zsh, fish }

/** `help` gives the text of `--help` of a verb. */
export async function complete(
  args: readonly string[],
  verbs: readonly string[],
  help: (verb: string) => Promise<string>,
): Promise<number> {
  const [shell = '', ...more] = args
  if (shell === '--help' || shell === '-h') {
    process.stdout.write(usage)
    return exitDone
  }
  if (!Object.hasOwn(shells, shell) || more.length > 0) {
    process.stderr.write(`odradek completion: one of bash, zsh, fish is to be named, not '${args.join(' ')}'\n`)
    return exitUsage
  }
  const completed: Completed[] = []
  for (const verb of verbs) completed.push({ verb, words: wordsOf(verb, await help(verb)) })
  process.stdout.write(shells[shell]?.(completed) ?? '')
  return exitDone
}
