import { parseSlos, type Slo } from '../../analysis/formats/slo.ts'
import { milliseconds } from '../k6/inspect.ts'
import { isWebAddress, shownText } from '../shell/credentials.ts'

// Each takes the text of a flag, and throws an `Error` with the sentence that says what is wrong.

export const positiveInteger = (text: string): number => {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error(`"${text}" is not a whole number from 1 to 9999999`)
  return Number(text)
}
export const positiveIntegers = (text: string): readonly number[] => text.split(',').map(positiveInteger)

/** Any text but an empty one, which is what a variable of a CI system that is not set leaves. */
export const given = (text: string): string => {
  if (text.trim() === '') throw new Error('is empty; is a variable not set?')
  return text
}

export const positive = (text: string): number => {
  if (!(Number(text) > 0 && Number(text) < Infinity)) throw new Error(`"${text}" is not a number above 0`)
  return Number(text)
}

/** Milliseconds of `30s`, `5m`, `1h`, `1m30s` as k6 writes it, or `90`, which is seconds. */
export const duration = (text: string): number => {
  const ms = /^\d+(\.\d+)?$/.test(text)
    ? 1000 * Number(text)
    : /^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)
      ? milliseconds(text)
      : 0
  if (!(ms > 0 && ms < Infinity)) throw new Error(`"${text}" is not a duration such as 30s, 5m or 1m30s`)
  return ms
}

export const slos = (list: string): readonly Slo[] => {
  const parsed = parseSlos(list)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

export const labels = (list: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    list.split(',').map((label) => {
      const [, key, value] = /^([^=\s]+)=(.+)$/s.exec(label) ?? []
      if (key === undefined || value === undefined) throw new Error(`"${label}" is not of the form key=value`)
      return [key, value]
    }),
  )

/** PromQL by name, a line each. */
export const queries = (lines: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines.split('\n').map((line) => {
      const [, name, query] = /^([\w -]{1,40})=(\S.*)$/.exec(line) ?? []
      if (name === undefined || query === undefined)
        throw new Error(`"${line}" is not of the form name=promql`)
      return [name, query]
    }),
  )

// Headers that hold one value only: a list of two would mean something else (RFC 9110, 5.3).
const singular = /^(authorization|content-type|host|origin|referer|user-agent)$/i

// Says how long the body is, which whoever sends it knows (RFC 9112, 6): the target would wait for the rest.
const framing = /^(content-length|transfer-encoding)$/i

/** A header that is repeated is a list, which k6 takes as one line: RFC 9110, 5.3; cookies: RFC 6265, 4.2.1. */
export const headers = (lines: string): Readonly<Record<string, string>> => {
  const found = new Map<string, [name: string, value: string]>()
  for (const line of lines.split('\n')) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):(.*)$/s.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error('not of the form "Name: value"')
    if (framing.test(name)) throw new Error(`${name} is set by the client itself; leave it out`)
    const before = found.get(name.toLowerCase())
    if (before && singular.test(name)) throw new Error(`${name} is given twice`)
    const separator = name.toLowerCase() === 'cookie' ? '; ' : ', '
    found.set(
      name.toLowerCase(),
      before ? [before[0], before[1] + separator + value.trim()] : [name, value.trim()],
    )
  }
  return Object.fromEntries(found.values())
}

/** Statuses from and to, both included, that count as success. */
type StatusRange = readonly [from: number, to: number]

export const statuses = (list: string): readonly StatusRange[] =>
  list.split(',').map((part) => {
    const [, from, to = from] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(part) ?? []
    if (from === undefined) throw new Error(`"${list}" is not a list such as 200-299,404`)
    return [Number(from), Number(to)]
  })

export const pattern =
  (expected: RegExp, wrong: string) =>
  (value: string): string => {
    if (!expected.test(value)) throw new Error(`"${value}" ${wrong}`)
    return value
  }

export const names = (list: string): readonly string[] => list.split(',').map(given)

/** `NAME=value` lines. A variable of k6 or of ours could change the load unseen. */
export const variables = (lines: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines.split('\n').map((line) => {
      const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(line) ?? []
      if (name === undefined || value === undefined) throw new Error('not of the form NAME=value')
      if (/^(K6|LAS)_/.test(name)) throw new Error(`${name} is not the script’s own; use the flags`)
      if (name === 'BASE_URL') throw new Error('BASE_URL is the target’s; use --url')
      return [name, value]
    }),
  )

export function webAddress(value: string): string {
  if (!isWebAddress(value)) throw new Error(`"${shownText(value)}" is not an http or https address`)
  return value
}

/** For what is kept with a run. */
export function withoutUser(address: string): string {
  const { username, password } = new URL(address)
  if (username || password) throw new Error('user and password would be kept; leave them out')
  return address
}
