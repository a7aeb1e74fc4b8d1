import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { mean, median, sampleCovariance } from 'simple-statistics'
import { z } from 'zod'
import { plannedMs, shapeWords } from '../formats/load.ts'
import { runsToTell } from '../numbers/detectable.ts'
import { Deviation, deviations } from '../numbers/deviation.ts'
import { largest } from '../numbers/extremes.ts'
import { groupedBy } from '../numbers/group.ts'
import { normalFrom, randomFrom } from '../numbers/random.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { figuresOfRun } from './figures-compared.ts'
import { judgements, type Measured, measuredFigure, pOf } from './judgement.ts'
import { fewestPairs } from './pairs.ts'

const NoisyFigure = z.object({
  metric: z.string(),
  unit: z.string(),
  typical: z.number().describe('median of the runs'),
  runs: Deviation.nullable().describe(
    'relative standard deviation between runs of a session; null for fewer than two',
  ),
  sessions: Deviation.nullable().describe(
    'relative standard deviation between sessions beyond that; null for a single session',
  ),
  found: z
    .array(z.object({ runs: z.number(), change: z.number().nullable() }))
    .describe(
      'the smallest change for the worse that so many runs a side find in nine of ten comparisons (0.1: 10 %); null where it is more than a doubling',
    ),
  runsNeeded: z
    .number()
    .nullable()
    .describe('runs a side that tell twice the least change from none; null for more than 1,000'),
})
type NoisyFigure = z.infer<typeof NoisyFigure>

const NoisyLoad = z.object({
  load: z.string(),
  durationMs: z.number(),
  runs: z.number().describe('valid ones'),
  sessions: z.number(),
  figures: z.array(NoisyFigure),
})
type NoisyLoad = z.infer<typeof NoisyLoad>

/** How much the same thing differs from run to run, and what a comparison would find in spite of it. */
export const Noise = z.object({
  effect: z.number().describe('the least change that matters, as a share'),
  loads: z.array(NoisyLoad).describe('shortest first'),
  recommended: z
    .object({
      durationMs: z.number(),
      repeats: z.number(),
      without: z.array(z.string()).describe('figures that need more repeats than anybody would make'),
    })
    .nullable()
    .describe('what takes the least time to tell twice the least change from none; null if nothing does'),
})
export type Noise = z.infer<typeof Noise>

/** Sides of this many runs are simulated. */
const sizes = [5, 10, 20] as const

/** Nobody makes more repeats than this for one answer. */
const mostRepeats = 40

/**
 * Runs of one thing under one load or several, a list a session. Invalid runs are left out. Simulates
 * comparisons by the rule of `compare` of sides that differ from run to run as these, all figures together.
 */
export function noise(
  sessions: readonly (readonly RunStatistics[])[],
  { effect = 0.05, rounds = 200 } = {},
): Noise {
  const valid = sessions.map((runs) => runs.filter(({ run, verdict }) => run && verdict.kind !== 'invalid'))
  const shapes = [...groupedBy(valid.flat(), ({ run }) => shapeWords(run?.load.stages ?? []))]
  const loads = shapes.map(([load, runs]): NoisyLoad => {
    const these = valid
      .map((session) => session.filter((run) => runs.includes(run)))
      .filter(({ length }) => length > 0)
    return {
      load,
      durationMs: plannedMs(runs[0]?.run?.load.stages ?? []),
      runs: runs.length,
      sessions: these.length,
      figures: noisyFigures(these, effect, rounds),
    }
  })
  loads.sort((a, b) => a.durationMs - b.durationMs)
  return { effect, loads, recommended: recommended(loads) }
}

/** A figure's logarithms by session, and without each session's mean: how its runs differ. */
type Varying = {
  readonly figure: Pick<Measured, 'metric' | 'unit' | 'better'>
  readonly values: readonly (readonly number[])[]
  readonly logs: readonly (readonly number[])[]
  readonly apart: readonly number[]
}

function noisyFigures(
  sessions: readonly (readonly RunStatistics[])[],
  effect: number,
  rounds: number,
): NoisyFigure[] {
  const varying = figuresOfRun.flatMap(({ of, ...figure }): Varying[] => {
    const values = sessions.map((runs) => runs.map((run) => of(run) ?? 0))
    if (figure.unit === 'share' || values.flat().some((value) => value <= 0)) return []
    const logs = values.map((each) => each.map(Math.log))
    return [{ figure, values, logs, apart: logs.flatMap((each) => each.map((log) => log - mean(each))) }]
  })
  const found = smallestFound(varying, sessions.length, effect, rounds)
  return varying.map(({ figure: { metric, unit }, values, logs }, index) => {
    const { within, between } = deviations(logs)
    return {
      metric,
      unit,
      typical: median(values.flat()),
      runs: within,
      sessions: between,
      found: sizes.map((runs, size) => ({ runs, change: found[size]?.[index] ?? null })),
      runsNeeded: within && runsToTell(within.value, effect),
    }
  })
}

const changes = [
  0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1,
]

/** For each size, and each figure, the smallest change that nine of ten simulated comparisons call worse. */
function smallestFound(
  varying: readonly Varying[],
  sessions: number,
  effect: number,
  rounds: number,
): (number | null)[][] {
  const runs = varying[0]?.apart.length ?? 0
  if (runs - sessions < 1) return []
  // One degree of freedom is lost for each session.
  const stretch = Math.sqrt((runs - 1) / (runs - sessions))
  const draw = drawFrom(varying.map(({ apart }) => apart.map((each) => each * stretch)))
  return sizes.map((size) => {
    const inTurns = size >= fewestPairs
    const least = varying.map((): number[] => [])
    for (let round = 0; round < rounds; round++) {
      const [a, b] = [0, 1].map(() => Array.from({ length: size }, draw)) as [number[][], number[][]]
      const equal = varying.map(({ figure }, index) => {
        const values = (side: readonly number[][]) => side.map((row) => Math.exp(row[index] ?? 0))
        return measuredFigure(figure, values(a), values(b), { effect, inTurns })
      })
      const open = new Set(varying.keys())
      for (const change of changes) {
        judgements(equal.map((each) => shifted(each, change, inTurns))).forEach(({ judgement }, index) => {
          if (judgement === 'worse' && open.delete(index)) least[index]?.push(change)
        })
        if (open.size === 0) break
      }
      for (const index of open) least[index]?.push(Infinity)
    }
    return least.map((each) => {
      const nine = each.sort((x, y) => x - y)[Math.ceil(0.9 * rounds) - 1] ?? Infinity
      return nine === Infinity ? null : nine
    })
  })
}

/** The same figure had the candidate been worse by that share. */
function shifted(each: Measured, change: number, inTurns: boolean): Measured {
  const by = Math.log1p(change) * (each.better === 'higher' ? -1 : 1)
  const { interval } = each
  return {
    ...each,
    shift: each.shift + by,
    interval: interval && { ...interval, low: interval.low + by, high: interval.high + by },
    p: pOf(
      each.x,
      each.y.map((value) => value + by),
      inTurns,
    ),
  }
}

/** Draws rows that are normally distributed with the covariance of these columns. */
function drawFrom(columns: readonly (readonly number[])[]): () => number[] {
  const covariance = columns.map((x, row) =>
    columns.map((y, column) => {
      const value = sampleCovariance([...x], [...y])
      // Figures that are the same, such as p50 and mean of a steady service, have no decomposition otherwise.
      return row === column ? value * (1 + 1e-9) + 1e-18 : value
    }),
  )
  const lower = new CholeskyDecomposition(new Matrix(covariance)).lowerTriangularMatrix
  const random = randomFrom(1)
  return () => {
    const drawn = columns.map(() => normalFrom(random))
    return columns.map((_, row) =>
      drawn.reduce((all, value, column) => all + lower.get(row, column) * value, 0),
    )
  }
}

function recommended(loads: readonly NoisyLoad[]): Noise['recommended'] {
  const candidates = loads.flatMap(({ durationMs, figures }) => {
    const few = figures.flatMap(({ runsNeeded }) =>
      runsNeeded !== null && runsNeeded <= mostRepeats ? runsNeeded : [],
    )
    if (few.length === 0) return []
    const without = figures.flatMap(({ metric, runsNeeded }) =>
      runsNeeded === null || runsNeeded > mostRepeats ? metric : [],
    )
    return [{ durationMs, repeats: largest(few), without }]
  })
  const least = (each: (typeof candidates)[number]) =>
    [each.without.length, each.repeats * each.durationMs] as const
  candidates.sort((a, b) => least(a)[0] - least(b)[0] || least(a)[1] - least(b)[1])
  return candidates[0] ?? null
}
