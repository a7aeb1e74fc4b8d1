import { Command, CommanderError, Option } from 'commander'
import { Failure } from './exit.ts'
import { secretsIn } from './secrets.ts'
import type { Shell } from './shell.ts'

export type Flag<Value = unknown> = {
  readonly help: string
  /** The environment variable that sets the same; the command line wins. */
  readonly env: string
  /** What stands for the value in the help; a switch has none. */
  readonly value?: string
  /** Heading in the help, under which it stands with its like. */
  readonly group?: string
  /** It may be repeated, and one text with these between holds all values, as a variable does. */
  readonly joiner?: string
  /** Its text can hold a secret, which is not printed and not kept. */
  readonly secret?: true
  /** What of its text is not printed; default: whatever looks like a value. */
  readonly secretsOf?: (text: string) => readonly string[]
  /** From the text to the value; throws an `Error` with the sentence that says what is wrong. */
  readonly parse: (text: string) => Value
}

/** By name, in camel case: `maxVus` is `--max-vus`. */
export type Flags = Readonly<Record<string, Flag>>

export type OptionsOf<Table extends Flags> = {
  readonly [Name in keyof Table]: Table[Name] extends Flag<infer Value>
    ? Value extends boolean
      ? boolean
      : Value | undefined
    : never
}

const names = (flags: Flags): string[] => Object.keys(flags).map(flagName)

/** `max-vus` of `maxVus`. */
export const flagName = (name: string): string =>
  name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)

/** The value of a flag that takes any text. */
export const text = (value: string): string => value

/** A flag that takes a value; with a joiner it may be repeated. */
export const option = <Value>(
  env: string,
  value: string,
  help: string,
  parse: (text: string) => Value,
  joiner?: string,
): Flag<Value> => ({ env, value, help, parse, ...(joiner !== undefined && { joiner }) })

/** The same flag, of which nothing is printed or kept that may be secret. */
export const secret = <Value>(flag: Flag<Value>): Flag<Value> & { readonly secret: true } => ({
  ...flag,
  secret: true,
})

/** A flag that is there or not. */
export const toggle = (env: string, help: string): Flag<boolean> => ({
  env,
  help,
  parse(text) {
    if (text === 'true' || text === 'false') return text === 'true'
    throw new Error(`"${text}" is neither true nor false`)
  },
})

/** The same flags under a heading of the help. */
export const grouped = <Table extends Flags>(group: string, flags: Table): Table =>
  Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, group }])) as Table

/** Values by flag name as they were written: what a plan keeps, and what `optionsFrom` reads. */
export type Written = Readonly<Record<string, string>>

/** The typed options of written values; a `Failure` names the first wrong one by `source`. */
export function optionsFrom<Table extends Flags>(
  flags: Table,
  written: Written,
  source: (name: string) => string = (name) => `--${name}`,
): OptionsOf<Table> {
  const unknown = Object.keys(written).find((name) => !names(flags).includes(name))
  if (unknown) throw new Failure('usage', `unknown flag ${source(unknown)}`)
  return Object.fromEntries(
    Object.entries(flags).map(([key, { parse, value }]) => {
      const name = flagName(key)
      const text = written[name]
      if (text === undefined) return [key, value === undefined ? false : undefined]
      // No program can be given one; only a file of flags can hold it.
      if (text.includes('\0')) throw new Failure('usage', `${source(name)}: has a zero byte`)
      try {
        return [key, parse(text)]
      } catch (error) {
        throw new Failure('usage', `${source(name)}: ${(error as Error).message}`)
      }
    }),
  ) as OptionsOf<Table>
}

export type Usage<Table extends Flags = Flags> = {
  /** `compare BASELINE CANDIDATE` */
  readonly command: string
  readonly purpose: string
  readonly flags: Table
  /** Least and most arguments beside the flags; none where it is not given. */
  readonly arguments?: readonly [least: number, most: number]
  /** Flags that exist and do not fit here, each with the sentence that says why; the help leaves them out. */
  readonly refused?: Readonly<Record<string, string>>
  /** After the flags: what a reader needs, then examples. */
  readonly notes: string
}

export type Parsed<Table extends Flags> = {
  readonly options: OptionsOf<Table>
  readonly positionals: readonly string[]
  readonly written: Written
}

/**
 * Reads a command line and the environment by a table of flags, or prints the help and gives null. Whatever is wrong is a
 * `Failure` of one sentence.
 */
export function parseFlags<Table extends Flags>(
  usage: Usage<Table>,
  args: readonly string[],
  shell: Pick<Shell, 'env' | 'print' | 'say' | 'secrets'>,
): Parsed<Table> | null {
  const { flags, arguments: [least, most] = [0, 0], refused = {} } = usage
  const command = commandOf(usage, shell)
  try {
    command.parse(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed') return null
    throw new Failure('usage', sentence(error.message))
  }
  const given = positive(command.opts())
  const written: Record<string, string> = {}
  const sources = new Map<string, string>()
  for (const [key, { env, secret, secretsOf = secretsIn }] of Object.entries(flags)) {
    const name = flagName(key)
    const text = given[key] === undefined ? shell.env[env] || undefined : String(given[key])
    if (text === undefined) continue
    if (secret) for (const each of secretsOf(text)) shell.secrets.add(each)
    sources.set(name, given[key] === undefined ? env : `--${name}`)
    if (refused[key]) throw new Failure('usage', `${sources.get(name)} ${refused[key]}`)
    written[name] = text
  }
  swallowedByNpm(usage, shell.env)
  renamed(flags, shell)
  const positionals = command.args
  const unexpected = positionals[most]
  if (unexpected !== undefined)
    throw new Failure('usage', `"${unexpected}" is not expected here; flags begin with --`)
  if (positionals.length < least)
    throw new Failure(
      'usage',
      `${usage.command}: ${least} argument${least === 1 ? ' is' : 's are'} needed, ${positionals.length} given`,
    )
  const options = optionsFrom(flags, written, (name) => sources.get(name) ?? `--${name}`)
  return { options, positionals, written }
}

/** commander calls a switch --no-x an x that is false. */
const positive = (given: Readonly<Record<string, unknown>>): Record<string, string | true> =>
  Object.fromEntries(
    Object.entries(given).flatMap(([key, value]): [string, string | true][] =>
      value === false
        ? [[`no${key[0]?.toUpperCase()}${key.slice(1)}`, true]]
        : value === undefined
          ? []
          : [[key, value as string | true]],
    ),
  )

function commandOf(
  { command, purpose, flags, refused = {}, notes }: Usage,
  shell: Pick<Shell, 'print'>,
): Command {
  const built = new Command('load-and-stress')
    .usage(`${command} [flags]`)
    .description(purpose)
    .argument('[arguments...]')
    .exitOverride()
    .configureOutput({ writeOut: shell.print, writeErr: () => {}, getOutHelpWidth: () => 100 })
    .configureHelp({ visibleArguments: () => [] })
    .addHelpText('after', `\n${notes}`)
  for (const [key, { value, help, env, group, joiner }] of Object.entries(flags)) {
    const option = new Option(`--${flagName(key)}${value ? ` <${value}>` : ''}`, `${help} [${env}]`)
    if (value)
      option.argParser((text: string, before?: string) => {
        if (before === undefined) return text
        if (joiner === undefined) throw new Failure('usage', `--${flagName(key)} is given twice`)
        return before + joiner + text
      })
    if (group) option.helpGroup(`${group}:`)
    built.addOption(option.hideHelp(key in refused))
  }
  return built
}

// "error: unknown option '--vsu'\n(Did you mean --vus?)"
const sentence = (message: string): string =>
  message
    .replace(/^error: /, '')
    // What follows may be a secret that was meant for another flag.
    .replace(/^(unknown option '[^'=]*)=.*?'(?=\n|$)/s, "$1'")
    .replace(/\n\(Did you mean (.*)\?\)$/, '; did you mean $1?')
    .replace(/^(unknown option '[^']*')$/, '$1; --help lists the flags')
    .replace(/^option '(--\S+) (<[^>]*>)' argument missing$/, '$1 needs a value: $1 $2')

/** `npm run x --url=…` without `--` gives the flag to npm, and the default target would be loaded instead. */
function swallowedByNpm({ flags }: Usage, env: Shell['env']): void {
  // npm 11 calls it run.
  if (!/^run(-script)?$/.test(env.npm_command ?? '') || !env.npm_lifecycle_event) return
  const name = names(flags).find((each) => env[`npm_config_${each.replaceAll('-', '_')}`] !== undefined)
  if (name === undefined) return
  const secret = Object.entries(flags).some(([key, flag]) => flag.secret && flagName(key) === name)
  const value = secret ? '…' : env[`npm_config_${name.replaceAll('-', '_')}`]
  throw new Failure(
    'usage',
    `npm took --${name} for itself; put -- before it: npm run ${env.npm_lifecycle_event} -- --${name}${value === 'true' ? '' : `=${value}`}`,
  )
}

/** Variables that had no prefix once are too common to be ours: they are not read, and that is said. */
function renamed(flags: Flags, { env, say }: Pick<Shell, 'env' | 'say'>): void {
  for (const { env: name } of Object.values(flags)) {
    const old = name.replace(/^LAS_/, '')
    if (old !== name && env[old] && env[name] === undefined)
      say(`${old} is not read: the variable is called ${name}`)
  }
}
