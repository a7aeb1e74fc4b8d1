import { ruleX } from '@observablehq/plot'
import { number, orDash } from '../formats/words.ts'
import type { Following } from '../run/autoscale.ts'
import { labelledLines, scaleFor } from './plots/lines.ts'
import { colour, drawnHeight, type Panel, type Picture, picture } from './plots/svg.ts'
import type { RunStatistics } from './runs.ts'

/** Load and replicas over time, one above the other; null where the replicas were not watched. */
export function scalingPicture({ name, run, following }: RunStatistics): Picture | null {
  const changes = run?.target.cluster?.scaling ?? []
  const { stages = [] } = run?.load ?? {}
  if (following.length === 0 || changes.length === 0) return null
  const endMs = Math.max(...stages.map(({ startMs, durationMs }) => startMs + durationMs))
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
  return picture(
    {
      name: 'scaling',
      title: 'Load and replicas over time',
      description: `${name}: ${following.map(words).join(' ')}`,
    },
    [
      panel('virtual users (VUs)', [{ label: 'VUs', colour: colour(0), points: load }], stages, false),
      panel(
        'replicas',
        [
          { label: 'wanted', colour: colour(1), points: steps('wanted') },
          { label: 'ready', colour: colour(2), points: steps('ready') },
        ],
        stages,
        true,
      ),
    ],
  )
}

type Point = { readonly x: number; readonly y: number }

/** A value holds until the next is given. */
function stepped(points: readonly Point[], end: number): Point[] {
  return points.flatMap(({ x, y }, index) => [
    { x, y },
    { x: points[index + 1]?.x ?? end, y },
  ])
}

function panel(
  label: string,
  curves: readonly { label: string; colour: string; points: readonly Point[] }[],
  stages: readonly { startMs: number }[],
  last: boolean,
): Panel {
  const height = last ? 230 : 140
  const scale = scaleFor(
    curves.flatMap(({ points }) => points.map(({ y }) => y)),
    drawnHeight(height),
  )
  const linear = { ...scale, type: 'linear' as const, domain: [0, scale.domain[1]] as const }
  return {
    height,
    marginBottom: last ? 38 : 12,
    x: last ? { label: 'time (s)', labelAnchor: 'center', labelArrow: 'none' } : { axis: null },
    y: { domain: linear.domain, grid: true, label, ticks: last ? 5 : 3, tickFormat: number },
    marks: [
      ruleX(stages.slice(1), {
        x: ({ startMs }) => startMs / 1000,
        stroke: 'currentColor',
        strokeOpacity: 0.2,
      }),
      ...labelledLines(curves, linear),
    ],
  }
}

const seconds = (ms: number | null) => orDash(ms === null ? null : ms / 1000)

/** The changes of load as rows of a table under these heads. */
export const followingColumns = [
  'change of load',
  'replicas',
  'first change after s',
  'all ready after s',
  'overshoot',
  'errors',
  'p95 ms',
] as const

export const followingRows = ({ following, stages }: RunStatistics): string[][] =>
  following.map(({ stage, vus, from, to, firstMs, readyMs, overshoot }) => {
    const seen = stages.find((each) => each.stage === stage)
    return [
      `to ${vus} VUs`,
      `${from} → ${to}`,
      seconds(firstMs),
      seconds(readyMs),
      String(overshoot),
      orDash(seen?.errors ?? null, (share) => `${number(share * 100)} %`),
      orDash(seen?.p95Ms ?? null),
    ]
  })

const words = ({ vus, from, to, firstMs, readyMs, overshoot }: Following): string =>
  `At ${vus} VUs from ${from} to ${to} replicas, first change after ${seconds(firstMs)} s, all ready after ${seconds(readyMs)} s, overshoot ${overshoot}.`
