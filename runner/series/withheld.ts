import { randomBytes, scryptSync } from 'node:crypto'
import { runFlags } from '../load/options.ts'
import { Failure } from '../shell/exit.ts'
import { flagName, type Written } from '../shell/flags.ts'

/** Flags as a plan keeps them: of those that can hold a secret only a salted hash (scrypt, RFC 7914). */
export type Kept = { readonly flags: Written; readonly withheld?: Written | undefined }

const secretive = Object.entries(runFlags).flatMap(([key, flag]) => ('secret' in flag ? [flagName(key)] : []))

const isWithheld = (name: string, value: string): boolean =>
  secretive.includes(name) && !(['path', 'url'].includes(name) && /^[^?#@]*$/.test(value))

/** Of these flags those that are not kept. */
export const withheldNames = (flags: Written): string[] =>
  Object.entries(flags).flatMap(([name, value]) => (isWithheld(name, value) ? [name] : []))

export const newSalt = (): string => randomBytes(16).toString('hex')

/** Hashes with one salt; slow on purpose, so each text only once. */
export function hasher(salt: string): (text: string) => string {
  const done = new Map<string, string>()
  return (text) => {
    const hash = done.get(text) ?? scryptSync(text, salt, 16).toString('hex')
    done.set(text, hash)
    return hash
  }
}

export function withoutSecrets(flags: Written, hash: (text: string) => string): Kept {
  const [open, withheld] = [false, true].map((wanted) =>
    Object.entries(flags).filter(([name, value]) => isWithheld(name, value) === wanted),
  ) as [[string, string][], [string, string][]]
  if (withheld.length === 0) return { flags }
  return {
    flags: Object.fromEntries(open),
    withheld: Object.fromEntries(withheld.map(([name, value]) => [name, hash(value)])),
  }
}

/** The flags that were withheld, from those that are given again; a Failure where one is missing or another. */
export function withSecrets(
  { flags, withheld = {} }: Kept,
  given: Written,
  hash: (text: string) => string,
): Written {
  const again = Object.entries(withheld).map(([name, expected]): [string, string] => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined)
      throw new Failure(
        'usage',
        `cannot resume without --${name}: it may hold a secret, so it is not kept with the plan; give it again`,
      )
    if (hash(value) !== expected)
      throw new Failure('usage', `cannot resume: --${name} is not what the series began with`)
    return [name, value]
  })
  return { ...flags, ...Object.fromEntries(again) }
}
