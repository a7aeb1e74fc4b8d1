import path from 'node:path'
import { parseArgs } from 'node:util'
import { distance } from 'fastest-levenshtein'
import { Failure } from './exit.ts'

export type Flag = {
  readonly name: string
  /** The environment variable that says the same; the command line goes before it. */
  readonly env: string
  /** What stands for the value in the help; a flag without takes none. */
  readonly value?: string
  readonly help: string
  readonly repeatable?: boolean
  /** What joins repeated values: a comma, unless a value may hold one. */
  readonly joiner?: string
  /** The sentence that says what is wrong with a value. */
  readonly check?: (value: string) => string | undefined
}

export type Given = {
  readonly positionals: string[]
  readonly help: boolean
  /** The value of a flag, `true` as text for one that takes none; repeated ones joined by commas or the flag's joiner. */
  get(name: string): string | undefined
}

/** Reads command line and environment by a table of flags; whatever is wrong is a `Failure` of one sentence. */
export function parseFlags(flags: readonly Flag[], args: string[], environment: NodeJS.ProcessEnv): Given {
  const { tokens } = parseArgs({
    args,
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries([
      ...flags.map(({ name, value }) => [name, { type: value ? 'string' : 'boolean' } as const]),
      ['help', { type: 'boolean', short: 'h' } as const],
    ]),
  })
  const values = new Map<string, string>()
  const positionals: string[] = []
  let help = false
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    if (token.name === 'help') {
      help = true
      continue
    }
    const flag = flags.find(({ name }) => name === token.name)
    if (!flag) throw new Failure('usage', unknown(token.rawName, flags))
    if (flag.value && token.value === undefined)
      throw new Failure('usage', `--${flag.name} needs ${flag.value}`)
    if (!flag.value && token.value !== undefined) throw new Failure('usage', `--${flag.name} takes no value`)
    const before = values.get(flag.name)
    if (before !== undefined && !flag.repeatable) throw new Failure('usage', `--${flag.name} is given twice`)
    const value = token.value ?? 'true'
    values.set(flag.name, before === undefined ? value : `${before}${flag.joiner ?? ','}${value}`)
  }
  for (const flag of flags) {
    const inherited = environment[flag.env]
    const source = values.has(flag.name) ? `--${flag.name}` : flag.env
    const value = values.get(flag.name) ?? (inherited || undefined)
    if (value === undefined) continue
    if (!flag.value && !['true', 'false'].includes(value)) {
      throw new Failure('usage', `${source}: "${value}" is neither true nor false`)
    }
    const wrong = flag.check?.(value)
    if (wrong) throw new Failure('usage', `${source}: ${wrong}`)
    values.set(flag.name, value)
  }
  return { positionals, help, get: (name) => values.get(name) }
}

function unknown(raw: string, flags: readonly Flag[]): string {
  const names = [...flags.map(({ name }) => `--${name}`), '--help']
  const nearest = names.reduce((a, b) => (distance(raw, b) < distance(raw, a) ? b : a))
  const meant = distance(raw, nearest) <= 3 ? `; did you mean ${nearest}?` : '; --help lists what there is'
  return `unknown flag ${raw}${meant}`
}

/** One screen: usage, flags with their variables, whatever follows. */
export function helpText(usage: string, flags: readonly Flag[], after: string): string {
  const left = flags.map(({ name, value }) => `  --${name}${value ? ` ${value}` : ''}`)
  const width = Math.max(...left.map(({ length }) => length)) + 2
  const lines = flags.map(({ help, env }, index) => `${left[index]?.padEnd(width)}${help} [${env}]`)
  return `${usage}\n\n${lines.join('\n')}\n\n${after}\n`
}

// npm runs scripts in the project's folder; people name files from where they stand.
export const userPath = (named: string): string => path.resolve(process.env.INIT_CWD ?? '', named)

/** The other way round: a file as somebody who stands there names it. */
export const shownPath = (at: string): string => path.relative(userPath('.'), at)
