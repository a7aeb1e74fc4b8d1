import { ruleX } from '@observablehq/plot'
import { median } from 'simple-statistics'
import { change, number, orDash, quantity } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import type { StageStatistics } from '../../run/stages.ts'
import type { RunStatistics } from '../../run/statistics.ts'
import type { Plot } from '../blocks.ts'
import { keyOf, type RunGroup } from '../groups.ts'
import { colour } from './colours.ts'
import { limitsOf } from './limits.ts'
import { type Curve, curvePanels, ink } from './lines.ts'
import { plotOf } from './svg.ts'

/** Throughput and latency against VUs, medians of repeats; null where no run has two closed stages. */
export function saturationPlot(runs: readonly RunStatistics[], groups: readonly RunGroup[]): Plot | null {
  const climbing = runs.filter(({ stages }) => stages.filter(isClosed).length > 1)
  if (climbing.length === 0) return null
  const single = runs.length === 1
  // One run has room for three percentiles, several for one.
  const throughput = perGroup(groups, (stage) => stage.rate)
  const latency = single
    ? (['p50', 'p95', 'p99'] as const).flatMap((p, index) =>
        perGroup(groups, (stage) => stage[`${p}Ms`]).map((curve) => ({
          ...curve,
          label: p,
          colour: colour(index + 1),
        })),
      )
    : perGroup(groups, (stage) => stage.p95Ms)
  const description = climbing
    .map(({ name, stages }) => `${name}: ${stages.map(words).join('; ')}.`)
    .join(' ')
  const knee = single ? (climbing[0]?.knee ?? null) : null
  const of = (label: string, curves: readonly Curve[], figures: RegExp) => ({
    ...panel(label, curves, knee),
    limits: limitsOf(runs, figures),
    reading: { curves, x: (vus: number) => quantity(vus, 'VU'), y: label },
  })
  return plotOf(
    {
      name: 'saturation',
      title: 'Throughput and latency against concurrency',
      ...finding(climbing),
      key: keyOf(groups),
      description,
    },
    (width) =>
      curvePanels(width, [
        of(
          'throughput (requests/s)',
          single ? throughput.map((curve) => ({ ...curve, label: '' })) : throughput,
          /^rate$/,
        ),
        of(single ? 'latency (ms)' : 'p95 latency (ms)', latency, single ? /^p(50|95|99)$/ : /^p95$/),
      ]),
  )
}

/** What more VUs did beyond the knee; of several runs where their knees were. */
function finding(runs: readonly RunStatistics[]): { finding?: string } {
  const [only] = runs
  if (only?.verdict.kind === 'invalid' && runs.length === 1)
    return { finding: 'Nothing can be concluded: the run is invalid' }
  const knees = runs.flatMap(({ knee }) => knee ?? [])
  if (!only || runs.length > 1) {
    const [least, most] = [smallest(knees), largest(knees)]
    const where = least === most ? quantity(least, 'VU') : `${number(least)} to ${quantity(most, 'VU')}`
    return {
      finding:
        knees.length > 0
          ? `Most throughput for its latency at ${where}`
          : 'Too few stages to say where throughput stops growing',
    }
  }
  const closed = only.stages.filter(isClosed)
  const last = closed.at(-1)
  const from = closed.find(({ vus }) => vus === only.knee) ?? closed[0]
  if (!from || !last || from.vus === last.vus || !from.rate || last.rate === null)
    return only.knee === null ? {} : { finding: `Throughput still grows at ${quantity(only.knee, 'VU')}` }
  const longer = from.p95Ms && last.p95Ms !== null ? `, p95 ${change(last.p95Ms / from.p95Ms - 1)}` : ''
  return {
    finding: `From ${number(from.vus ?? 0)} to ${quantity(last.vus ?? 0, 'VU')}: throughput ${change(last.rate / from.rate - 1)}${longer}`,
  }
}

const words = ({ vus, rate, p95Ms }: StageStatistics) =>
  `${quantity(vus ?? 0, 'VU')} ${orDash(rate)} requests per second, p95 ${orDash(p95Ms)} ms`

// The concurrency of an open load follows from its latency.
const isClosed = ({ vus, offered }: StageStatistics) => vus !== null && offered === null

function perGroup(groups: readonly RunGroup[], figure: (stage: StageStatistics) => number | null): Curve[] {
  return groups.map(({ label, colour, runs }) => {
    const bySize = new Map<number, number[]>()
    for (const stage of runs.flatMap(({ stages }) => stages)) {
      const y = figure(stage)
      if (stage.vus !== null && isClosed(stage) && y !== null)
        bySize.set(stage.vus, [...(bySize.get(stage.vus) ?? []), y])
    }
    const points = [...bySize].map(([x, ys]) => ({ x, y: median(ys) }))
    return { label, colour, dots: true, points: points.sort((a, b) => a.x - b.x) }
  })
}

function panel(label: string, curves: readonly Curve[], knee: number | null) {
  const points = curves.flatMap((curve) => curve.points)
  const sizes = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b)
  const [least, most] = [sizes[0] ?? 1, sizes.at(-1) ?? 1]
  // A logarithmic axis spaces doublings evenly; other steps stay linear.
  const type = most / least >= 8 ? ('log' as const) : ('linear' as const)
  const answers = knee === null ? [] : [knee]
  return {
    height: 230,
    x: {
      label: 'virtual users (VUs)',
      type,
      domain: [least, most] as const,
      ticks: sizes,
      words: (vus: number) => (vus === knee ? `knee: ${number(vus)}` : number(vus)),
      answers,
    },
    y: { label },
    under: [ruleX(answers, ink(0.5))],
    curves,
  }
}
