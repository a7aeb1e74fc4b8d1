import { parseResources } from '../../analysis/formats/resources.ts'
import type { Run } from '../../analysis/formats/run.ts'
import { number } from '../../analysis/formats/words.ts'
import { coveringDesign } from '../../analysis/numbers/covering-design.ts'
import { Failure } from '../shell/exit.ts'
import type { Levels } from '../targets/target.ts'
import type { PlannedRun } from './plan.ts'

/** What a series varies, by name: replicas, cpu, memory, image or env.NAME, each with its levels as written. */
export type Factors = ReadonlyMap<string, readonly string[]>

const secretive = /TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|APIKEY|(^|_)(KEY|PASS|AUTH)(_|$)/i

/** The sentence that says why this is no level of a factor; null where it is one. Never with its value, if a secret. */
function problemOf(name: string, level: string): string | null {
  if (level === '' && !name.startsWith('env.')) return `${name} has an empty level`
  if (name === 'replicas')
    return /^[1-9]\d*$/.test(level) ? null : `replicas: "${level}" is not a whole number of at least 1`
  if (name === 'cpu' || name === 'memory')
    return (parseResources(level) ?? 0) > 0
      ? null
      : `${name}: "${level}" is not a limit such as ${name === 'cpu' ? '200m or 2' : '128Mi or 1Gi'}`
  if (name === 'image') return /\s/.test(level) ? `image: "${level}" is not the name of an image` : null
  const [, variable] = /^env\.([A-Za-z_][\w.-]*)$/.exec(name) ?? []
  if (variable === undefined)
    return `"${name}" cannot be varied; what can: replicas, cpu, memory, image, env.NAME`
  return secretive.test(variable) || /:\/\/[^\s/]*@/.test(level)
    ? `${name} may hold a secret, which would be kept with the plan and every run; it cannot be varied`
    : null
}

/**
 * The factors of lines such as `cpu=200m,500m`.
 * @throws an Error with the sentence that says what is wrong
 */
export function parseFactors(text: string): Factors {
  const factors = new Map<string, readonly string[]>()
  for (const line of text.split('\n')) {
    const [, name = '', list = ''] = /^([^=]*)=(.*)$/.exec(line.trim()) ?? []
    if (name === '') throw new Error('expected NAME=LEVEL,LEVEL… such as cpu=200m,500m')
    if (factors.has(name)) throw new Error(`${name} is given twice`)
    const levels = [...new Set(list.split(','))]
    for (const level of levels) {
      const problem = problemOf(name, level)
      if (problem !== null) throw new Error(problem)
    }
    factors.set(name, levels)
  }
  return factors
}

/** What a target is set to for one level of each factor; a Failure as `parseFactors` says it: a plan is only a file. */
export function levelsOf(factors: Readonly<Record<string, string>>, flag = '--vary'): Levels {
  const env: Record<string, string> = {}
  const others: Record<string, string> = {}
  for (const [name, level] of Object.entries(factors)) {
    const problem = problemOf(name, level)
    if (problem !== null) throw new Failure('usage', `${flag}: ${problem}`)
    if (name.startsWith('env.')) env[name.slice('env.'.length)] = level
    else others[name] = level
  }
  const { replicas, ...rest } = others
  return {
    ...rest,
    ...(replicas !== undefined && { replicas: Number(replicas) }),
    ...(Object.keys(env).length > 0 && { env }),
  }
}

const factorName = /^(replicas|cpu|memory|image|env\.[A-Za-z_][\w.-]*)=/

/** Whether a side of a comparison is levels of factors, such as `image=app:2` or `cpu=200m,env.POOL=4`, and no URL. */
export const isLevels = (side: string): boolean => factorName.test(side)

/** The factors of a side, each with its level. A comma that no factor follows belongs to a level. */
export const sideLevels = (side: string): Readonly<Record<string, string>> => {
  const parts = side.split(/,(?=(?:replicas|cpu|memory|image|env\.[A-Za-z_][\w.-]*)=)/)
  return Object.fromEntries(
    parts.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  )
}

/** Weeks of the shortest runs. */
const mostCells = 10_000

/**
 * One level of each factor for every cell: all combinations in the order in which they are written, or, for `pairs`, as
 * few as bring every two levels of different factors together.
 */
export function cellsOf(factors: Factors, { pairs = false } = {}): Record<string, string>[] {
  const named = [...factors]
  if (pairs && named.length > 2)
    return coveringDesign(named.map(([, levels]) => levels.length)).map((cell) =>
      Object.fromEntries(named.map(([name, levels], factor) => [name, levels[cell[factor] ?? 0] ?? ''])),
    )
  const count = named.reduce((product, [, levels]) => product * levels.length, 1)
  if (count > mostCells)
    throw new Failure(
      'usage',
      `the factors have ${number(count)} combinations, and a series has at most ${number(mostCells)}; --pairs takes fewer`,
    )
  return combinations(factors)
}

const combinations = (factors: Factors): Record<string, string>[] =>
  [...factors].reduce<Record<string, string>[]>(
    (cells, [name, levels]) => cells.flatMap((cell) => levels.map((level) => ({ ...cell, [name]: level }))),
    [{}],
  )

/** What the target of a run is set to: by its cell, and by its side. */
export const runLevels = ({ replicas, factors = {} }: PlannedRun, place: string | null): Levels => ({
  ...(replicas !== null && { replicas }),
  ...levelsOf(factors),
  ...(place !== null && isLevels(place) && levelsOf(sideLevels(place))),
})

/** What run.json says that a series varied; absent where that is replicas alone, which it says anyway. */
export function factorsOf({ replicas, factors }: PlannedRun, place: string | null): Run['factors'] {
  if (place !== null) return isLevels(place) ? sideLevels(place) : undefined
  return factors && { ...(replicas !== null && { replicas: String(replicas) }), ...factors }
}
