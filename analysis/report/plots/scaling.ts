import { ruleX } from '@observablehq/plot'
import { number, orDash, quantity } from '../../formats/words.ts'
import { largest } from '../../numbers/extremes.ts'
import type { Following } from '../../run/autoscale.ts'
import type { RunStatistics } from '../../run/statistics.ts'
import type { Plot } from '../blocks.ts'
import { followingSentence } from '../run-finding.ts'
import { ticksBetween } from './axes.ts'
import { colour } from './colours.ts'
import { type Curve, curvePanels, ink } from './lines.ts'
import { plotOf } from './svg.ts'

/** Load and replicas over time; null where the replicas were not watched. */
export function scalingPlot({ name, run, following }: RunStatistics): Plot | null {
  const changes = run?.target.cluster?.scaling ?? []
  const { stages = [] } = run?.load ?? {}
  if (following.length === 0 || changes.length === 0) return null
  const endMs = largest(stages.map(({ startMs, durationMs }) => startMs + durationMs))
  const inside = changes.filter(({ atMs }) => atMs <= endMs)
  const steps = (figure: 'wanted' | 'ready') =>
    stepped(
      inside.map((change) => ({ x: Math.max(change.atMs, 0) / 1000, y: change[figure] })),
      endMs / 1000,
    )
  const load = stepped(
    stages.map(({ startMs, vus }) => ({ x: startMs / 1000, y: vus })),
    endMs / 1000,
  )
  const description = `${name}: ${following.map(words).join(' ')}`
  return plotOf(
    {
      name: 'scaling',
      title: 'Load and replicas over time',
      finding: followingSentence(following) ?? '',
      description,
    },
    (width) =>
      curvePanels(width, [
        panel('virtual users (VUs)', [{ label: 'VUs', colour: colour(0), points: load }], stages, endMs),
        panel(
          'replicas',
          [
            { label: 'wanted', colour: colour(1), points: steps('wanted') },
            { label: 'ready', colour: colour(2), points: steps('ready') },
          ],
          stages,
          endMs,
        ),
      ]),
  )
}

/** Each value holds until the next. */
function stepped(points: Curve['points'], end: number): Curve['points'] {
  return points.flatMap(({ x, y }, index) => [
    { x, y },
    { x: points[index + 1]?.x ?? end, y },
  ])
}

function panel(
  label: string,
  curves: readonly Curve[],
  stages: readonly { startMs: number }[],
  endMs: number,
) {
  const domain = [0, endMs / 1000] as const
  return {
    height: 190,
    x: {
      label: 'time (s)',
      type: 'linear' as const,
      domain,
      ticks: ticksBetween(...domain, 10),
      words: number,
    },
    y: { label, linear: 'whole' as const },
    under: [ruleX(stages.slice(1), { x: ({ startMs }) => startMs / 1000, ...ink(0.2) })],
    curves,
  }
}

const seconds = (ms: number | null) => orDash(ms === null ? null : ms / 1000)

const words = ({ vus, from, to, firstMs, readyMs, overshoot }: Following): string =>
  `At ${quantity(vus, 'VU')} from ${from} to ${quantity(to, 'replica')}, first change after ${seconds(firstMs)} s, all ready after ${seconds(readyMs)} s, overshoot ${overshoot}.`
