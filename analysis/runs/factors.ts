import { z } from 'zod'
import { parseResources } from '../formats/resources.ts'
import { largest } from '../numbers/extremes.ts'
import { groupedBy } from '../numbers/group.ts'
import { Repeated, repeated } from '../numbers/repeated.ts'
import { Scaling, scaling } from '../numbers/scaling-model.ts'
import type { RunStatistics } from '../run/statistics.ts'
import {
  Effect,
  type Factor,
  type FactorRun,
  fittedEffects,
  Interaction,
  interactions,
  pairedEffects,
} from './factor-effects.ts'
import { observed } from './replicas.ts'

const Levels = z.record(z.string(), z.string()).describe('of each factor the level, as written')

export const FactorCell = z.object({
  levels: Levels,
  runs: z.number().describe('valid ones; each is one observation'),
  invalid: z.number(),
  held: z.number().describe('runs that met their SLOs'),
  missed: z.number().describe('runs that missed an SLO'),
  rate: Repeated.nullable().describe('requests per second'),
  p95Ms: Repeated.nullable(),
  errors: z.number().nullable().describe('the greatest share of failed requests in a run'),
  cores: z.number().nullable().describe('replicas × CPU limit of the container; null where unknown'),
})
/** The runs of one combination of levels. */
export type FactorCell = z.infer<typeof FactorCell>

export const Factors = z.object({
  factors: z.array(z.object({ name: z.string(), levels: z.array(z.string()) })),
  cells: z.array(FactorCell),
  method: z
    .enum(['paired', 'least squares'])
    .describe(
      'paired: differences between otherwise equal cells; least squares where not all combinations were run',
    ),
  rate: z.object({ effects: z.array(Effect).nullable(), interactions: z.array(Interaction) }),
  p95: z.object({ effects: z.array(Effect).nullable(), interactions: z.array(Interaction) }),
  laws: z
    .array(z.object({ levels: Levels, scaling: Scaling }))
    .describe(
      'how throughput grows with replicas, for each combination of the other factors with enough runs',
    ),
})
/** What several factors change. `effects` are null where the cells do not tell them apart. */
export type Factors = z.infer<typeof Factors>

/** Null unless all runs are of cells of the same factors, of which more varies than replicas. */
export function factorsOf(runs: readonly RunStatistics[]): Factors | null {
  const of = runs.map(({ run }) => (run?.labels.side ? undefined : run?.factors))
  const names = Object.keys(of[0] ?? {})
  if (names.length === 0 || of.some((each) => String(Object.keys(each ?? {})) !== String(names))) return null
  const all = names.map(
    (name): Factor => ({ name, levels: ascending(of.flatMap((each) => each?.[name] ?? [])) }),
  )
  const varied = all.filter(({ levels }) => levels.length > 1)
  if (varied.every(({ name }) => name === 'replicas')) return null
  const grouped = groupedBy(runs, (run) => JSON.stringify(names.map((name) => run.run?.factors?.[name])))
  const place = ({ levels }: FactorCell) =>
    all.map(({ name, levels: known }) => known.indexOf(levels[name] ?? ''))
  const cells = [...grouped.values()].map(cellOf).sort((a, b) => {
    const [left, right] = [place(a), place(b)]
    const at = left.findIndex((index, factor) => index !== right[factor])
    return (left[at] ?? 0) - (right[at] ?? 0)
  })
  const measured = cells.filter(({ rate }) => rate !== null).length
  const full = measured === varied.reduce((product, { levels }) => product * levels.length, 1)
  const effectsOn = (figure: (run: RunStatistics) => number | null) => {
    const values = factorRuns(runs, figure)
    return full
      ? { effects: pairedEffects(values, varied), interactions: interactions(values, varied) }
      : { effects: fittedEffects(values, varied), interactions: [] }
  }
  return {
    factors: all.map(({ name, levels }) => ({ name, levels: [...levels] })),
    cells,
    method: full ? 'paired' : 'least squares',
    rate: effectsOn(({ total }) => total.rate),
    p95: effectsOn(({ total }) => total.p95Ms),
    laws: lawsOf(runs, names),
  }
}

/** By what they are worth, such as 500m before 1, or else as people sort. */
function ascending(levels: readonly string[]): string[] {
  const different = [...new Set(levels)]
  const worth = (level: string) => parseResources(level) ?? Number.NaN
  return different.every((level) => !Number.isNaN(worth(level)))
    ? different.sort((a, b) => worth(a) - worth(b))
    : different.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

function factorRuns(
  runs: readonly RunStatistics[],
  figure: (run: RunStatistics) => number | null,
): FactorRun[] {
  return runs.flatMap((each) => {
    const { run, verdict } = each
    const value = figure(each)
    const [, repeat] = /\.(\d+)$/.exec(run?.labels.cell ?? '') ?? []
    if (!run?.factors || verdict.kind === 'invalid' || value === null || value <= 0) return []
    return [{ levels: run.factors, block: `${run.labels.series} ${repeat}`, value }]
  })
}

function cellOf(runs: readonly RunStatistics[]): FactorCell {
  const valid = runs.filter(({ verdict }) => verdict.kind !== 'invalid')
  const of = (figure: (run: RunStatistics) => number | null) => {
    const values = valid.flatMap((run) => figure(run) ?? [])
    return values.length > 0 ? repeated(values) : null
  }
  const errors = valid.flatMap(({ total }) => total.errors ?? [])
  const [first] = runs
  const { factors = {}, target } = first?.run ?? {}
  const limit = parseResources(factors.cpu ?? target?.cluster?.cpuLimit ?? '')
  const replicas = Number(factors.replicas ?? target?.replicas ?? Number.NaN)
  return {
    levels: factors,
    runs: valid.length,
    invalid: runs.length - valid.length,
    held: valid.filter(({ verdict }) => verdict.kind === 'pass').length,
    missed: valid.filter(({ verdict }) => verdict.kind === 'fail').length,
    rate: of(({ total }) => total.rate),
    p95Ms: of(({ total }) => total.p95Ms),
    errors: errors.length > 0 ? largest(errors) : null,
    cores: limit === null || Number.isNaN(replicas) ? null : limit * replicas,
  }
}

function lawsOf(runs: readonly RunStatistics[], names: readonly string[]): Factors['laws'] {
  if (!names.includes('replicas')) return []
  const others = ({ run }: RunStatistics) => {
    const { replicas: _, ...levels } = run?.factors ?? {}
    return levels
  }
  return [...groupedBy(runs, (run) => JSON.stringify(others(run))).values()].flatMap((these) => {
    const law = scaling(observed(these))
    const [first] = these
    return law && first ? [{ levels: others(first), scaling: law }] : []
  })
}
