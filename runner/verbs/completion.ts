import { scenarioNames } from '../../scenarios/catalogue.ts'
import { exitCodes, Failure } from '../shell/exit.ts'
import { parseFlags } from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'

const usage = {
  command: 'completion bash|zsh|fish',
  purpose: 'Prints a completion script.',
  flags: {},
  arguments: [1, 1] as const,
  notes: `  load-and-stress completion bash >> ~/.bashrc
  load-and-stress completion zsh >> ~/.zshrc
  load-and-stress completion fish > ~/.config/fish/completions/load-and-stress.fish`,
}

/** `completion`: verbs, scenarios, and the flags that a verb's help lists. */
export const completion =
  (verbs: readonly string[]) =>
  async (shell: Shell, args: readonly string[]): Promise<number> => {
    const parsed = parseFlags(usage, args, shell)
    if (!parsed) return exitCodes.pass
    const [name = ''] = parsed.positionals
    const script = new Map(Object.entries({ bash, zsh, fish })).get(name)?.(verbs)
    if (!script) throw new Failure('usage', `no completion for "${name}"; there is bash, zsh and fish`)
    shell.print(script)
    return exitCodes.pass
  }

const clusterCommands = 'up deploy url scale status down'
const flagsOf = `--help 2>/dev/null | grep -oE -- '^ *--[a-z0-9-]+' | tr -d ' '`

const bash = (verbs: readonly string[]) => `_load_and_stress() {
  local current=\${COMP_WORDS[COMP_CWORD]} words=''
  case "$COMP_CWORD \${COMP_WORDS[1]}" in
    1\\ *) words='${verbs.join(' ')} help --version' ;;
    *) case "$current \${COMP_CWORD} \${COMP_WORDS[1]}" in
      -*run | -*cluster) words=$(load-and-stress "\${COMP_WORDS[1]}" "\${COMP_WORDS[2]}" ${flagsOf}) ;;
      -*) words=$(load-and-stress "\${COMP_WORDS[1]}" ${flagsOf}) ;;
      *\\ 2\\ run) words='${scenarioNames.join(' ')}' ;;
      *\\ 2\\ cluster) words='${clusterCommands}' ;;
      *\\ 2\\ help) words='${verbs.join(' ')}' ;;
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _load_and_stress load-and-stress
`

const zsh = (verbs: readonly string[]) => `autoload -U +X bashcompinit && bashcompinit
${bash(verbs)}`

const fish = (
  verbs: readonly string[],
) => `complete -c load-and-stress -n __fish_use_subcommand -f -a '${verbs.join(' ')} help'
complete -c load-and-stress -n '__fish_seen_subcommand_from run' -f -a '${scenarioNames.join(' ')}'
complete -c load-and-stress -n '__fish_seen_subcommand_from cluster' -f -a '${clusterCommands}'
complete -c load-and-stress -n 'not __fish_use_subcommand' -a "(load-and-stress (commandline -opc)[2..3] ${flagsOf})"
`
