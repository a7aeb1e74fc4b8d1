import { figureName, type Latency, type TaggedFigure } from '../formats/figure.ts'
import { quantity } from '../formats/words.ts'
import type { Figures } from '../run/figures.ts'
import type { RunStatistics } from '../run/statistics.ts'

/** A figure by which runs are compared; `of` gives null where a run lacks it. */
export type FigureCompared = {
  readonly metric: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
  readonly of: (run: RunStatistics) => number | null
}

/** The figures of the whole run, which are always compared. */
export const figuresOfRun: readonly FigureCompared[] = [
  { metric: 'rate', unit: 'requests/s', better: 'higher', of: (run) => run.total.rate },
  { metric: 'errors', unit: 'share', better: 'lower', of: (run) => run.total.errors },
  { metric: 'mean', unit: 'ms', better: 'lower', of: (run) => run.total.meanMs },
  { metric: 'p50', unit: 'ms', better: 'lower', of: (run) => run.total.p50Ms },
  { metric: 'p95', unit: 'ms', better: 'lower', of: (run) => run.total.p95Ms },
  { metric: 'p99', unit: 'ms', better: 'lower', of: (run) => run.total.p99Ms },
]

/** Whether a figure is of a part of the run, such as a request name. */
export const isTagged = ({ metric }: { readonly metric: string }): boolean => metric.includes('{')

type Runs = readonly RunStatistics[]
/** Null for the default: the p95 of each request name. One name alone has the figures of the whole run. */
export type Declared = readonly TaggedFigure[] | null

function candidates(runs: Runs, declared: Declared): readonly TaggedFigure[] {
  if (declared) return declared
  const names = [...new Set(runs.flatMap(namesOf))]
  return names.length < 2
    ? []
    : names.map((value) => ({ figure: 'p95', tag: 'name', value, better: null }) as const)
}

/** The figures of parts of the runs, which some of the runs may lack. */
export const figuresOf = (runs: Runs, declared: Declared): FigureCompared[] =>
  candidates(runs, declared).map((each) => compared(each, runs))

/** Those that every run has. */
export const taggedFigures = (runs: Runs, declared: Declared): FigureCompared[] =>
  figuresOf(runs, declared).filter(({ of }) => runs.length > 0 && runs.every((run) => of(run) !== null))

/** A sentence on declared figures that none of the runs has, with what there is; null where there are none. */
export function unknownFigures(runs: Runs, declared: readonly TaggedFigure[]): string | null {
  const valid = runs.filter(({ verdict }) => verdict.kind !== 'invalid')
  if (valid.length === 0) return null
  const unknown = declared.filter((each) => !valid.some((run) => sourceOf(run, each) !== null))
  if (unknown.length === 0) return null
  const there = Object.entries(valuesOf)
    .map(([tag, of]) => ({ tag, values: [...new Set(valid.flatMap(of))].sort() }))
    .filter(({ values }) => values.length > 0)
    .map(({ tag, values }) => `${tag} ${values.join(', ')}`)
  return `no run has ${unknown.map(figureName).join(' or ')}; there ${there.length > 0 ? `are ${there.join('; ')}` : 'is no figure by name, group, k6 scenario, check or custom metric'}`
}

/** A sentence on figures that only some of the runs have, which would describe only a selection of them. */
export function missingFigures(runs: Runs, declared: Declared): string | null {
  const missing = candidates(runs, declared).filter((each) => {
    const found = runs.map((run) => sourceOf(run, each))
    return found.some((one) => one !== null) && found.some((one) => (one?.value ?? null) === null)
  })
  if (missing.length === 0) return null
  const without = runs.filter((run) => missing.some((each) => (sourceOf(run, each)?.value ?? null) === null))
  return `${missing.map(figureName).join(', ')}: not compared, since ${quantity(without.length, 'run')} had none or too few requests of it.`
}

const rowsBy = (run: RunStatistics, tag: string) =>
  run.measures.tagged.find(({ by }) => by.length === 1 && by[0] === tag)?.rows ?? []

const namesOf = (run: RunStatistics): string[] => rowsBy(run, 'name').flatMap(({ tags }) => tags.name ?? [])

const customOf = ({ measures }: RunStatistics) =>
  measures.metrics.filter(({ family, tags }) => family === 'custom' && Object.keys(tags).length === 0)

const durationsOf = ({ measures }: RunStatistics) =>
  measures.metrics.filter(({ name, tags }) => name === 'group_duration' && tags.group !== undefined)

/** What there is of each tag. */
const valuesOf: Readonly<Record<TaggedFigure['tag'], (run: RunStatistics) => string[]>> = {
  name: namesOf,
  scenario: (run) =>
    run.run?.script
      ? run.stages.map(({ stage }) => stage)
      : rowsBy(run, 'scenario').flatMap(({ tags }) => tags.scenario ?? []),
  group: (run) => durationsOf(run).flatMap(({ tags }) => tags.group ?? []),
  check: ({ measures }) => measures.checks.map(({ name }) => name),
  metric: (run) => customOf(run).map(({ name }) => name),
}

/** A value with its unit, and what of it is better where that is clear. */
type Found = Pick<FigureCompared, 'unit' | 'better'> & { readonly value: number | null }

/** Null where the run has nothing of that tag and value, or not such a figure of it. */
function sourceOf(run: RunStatistics, { figure, tag, value }: TaggedFigure): Found | null {
  const latency = (figures: Readonly<Record<Latency, number | null>>, unit: string | null): Found | null =>
    figure in figures ? { value: figures[figure as Latency], unit: unit ?? '', better: 'lower' } : null
  switch (tag) {
    case 'name': {
      const row = rowsBy(run, 'name').find(({ tags }) => tags.name === value)
      return row ? ofRequests(row, figure) : null
    }
    case 'scenario': {
      const row = run.run?.script
        ? run.stages.find(({ stage }) => stage === value)
        : rowsBy(run, 'scenario').find(({ tags }) => tags.scenario === value)
      return row ? ofRequests(row, figure) : null
    }
    case 'group': {
      const found = durationsOf(run).find(({ tags }) => [value, `::${value}`].includes(tags.group ?? ''))
      return found?.type === 'trend' ? latency(found, found.unit) : null
    }
    case 'check': {
      const these = run.measures.checks.filter(({ name }) => name === value)
      const [passes, fails] = [sum(these.map((each) => each.passes)), sum(these.map((each) => each.fails))]
      if (these.length === 0) return null
      return { value: passes + fails > 0 ? passes / (passes + fails) : null, unit: 'share', better: 'higher' }
    }
    case 'metric': {
      const found = customOf(run).find(({ name }) => name === value)
      if (found?.type === 'trend') return latency(found, found.unit)
      if (figure !== 'rate') return null
      if (found?.type === 'rate') return { value: found.share, unit: 'share', better: 'higher' }
      return found?.type === 'counter' ? { value: found.rate, unit: 'per s', better: 'higher' } : null
    }
  }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

function ofRequests(row: Figures, figure: TaggedFigure['figure']): Found {
  switch (figure) {
    case 'rate':
      return { value: row.rate, unit: 'requests/s', better: 'higher' }
    case 'errors':
      return { value: row.errors, unit: 'share', better: 'lower' }
    default:
      return { value: row[`${figure}Ms`], unit: 'ms', better: 'lower' }
  }
}

function compared(declared: TaggedFigure, runs: readonly RunStatistics[]): FigureCompared {
  const usual = runs.map((run) => sourceOf(run, declared)).find((found) => found !== null)
  return {
    metric: figureName(declared),
    unit: usual?.unit ?? '',
    better: declared.better ?? usual?.better ?? 'lower',
    of: (run) => sourceOf(run, declared)?.value ?? null,
  }
}
