import { rectY, ruleX, ruleY, text } from '@observablehq/plot'
import { number, orDash, quantity } from '../../formats/words.ts'
import { largest } from '../../numbers/extremes.ts'
import type { StageStatistics } from '../../run/stages.ts'
import type { RunStatistics } from '../../run/statistics.ts'
import type { Plot } from '../blocks.ts'
import { sharedXAxis, tickWords } from './axes.ts'
import { colour } from './colours.ts'
import { ink } from './lines.ts'
import { type Panel, plotOf } from './svg.ts'

type Plateau = StageStatistics & { vus: number; startMs: number; durationMs: number }

/** VUs or offered rate, throughput and p95 of each stage over time; null where the times are unknown. */
export function timelinePlot({ name, stages }: RunStatistics): Plot | null {
  const plateaus = stages.filter(
    (stage): stage is Plateau => stage.vus !== null && stage.startMs !== null && (stage.durationMs ?? 0) > 0,
  )
  if (plateaus.length === 0) return null
  const open = plateaus.some(({ offered }) => offered !== null)
  const description = `${name}: ${plateaus
    .map(
      ({ vus, offered, startMs, durationMs, rate }) =>
        `from ${number(startMs / 1000)} to ${number((startMs + durationMs) / 1000)} s ${offered === null ? quantity(vus, 'VU') : `${offered} offered a second`} made ${orDash(rate)} requests per second`,
    )
    .join('; ')}.`
  return plotOf({ name: 'timeline', title: 'Stages over time', description }, [
    open
      ? panel(plateaus, 'offered (requests/s)', 0, ({ offered }) => offered)
      : panel(plateaus, 'virtual users (VUs)', 0, ({ vus }) => vus),
    panel(plateaus, 'throughput (requests/s)', 2, ({ rate }) => rate),
    panel(plateaus, 'p95 latency (ms)', 1, ({ p95Ms }) => p95Ms, true),
  ])
}

function panel(
  plateaus: readonly Plateau[],
  label: string,
  hue: number,
  figure: (plateau: Plateau) => number | null,
  last = false,
): Panel {
  const bars = plateaus.flatMap((plateau) => {
    const y = figure(plateau)
    return y === null
      ? []
      : [{ from: plateau.startMs / 1000, to: (plateau.startMs + plateau.durationMs) / 1000, y }]
  })
  const most = Math.max(0, largest(bars.map(({ y }) => y)))
  const points = bars.flatMap(({ from, to, y }) => [
    { x: from, y },
    { x: (from + to) / 2, y },
    { x: to, y },
  ])
  return {
    height: last ? 158 : 130,
    marginBottom: last ? 38 : 10,
    x: sharedXAxis('time (s)', last),
    reading: {
      curves: [{ label, colour: colour(hue), points }],
      x: (at) => `${number(at)} s`,
      y: label,
      time: true,
    },
    y: { domain: [0, most * 1.25 || 1], label, ticks: 3, tickFormat: tickWords, grid: true },
    marks: [
      rectY(bars, { x1: 'from', x2: 'to', y: 'y', fill: colour(hue), fillOpacity: 0.25 }),
      ruleY(bars, { x1: 'from', x2: 'to', y: 'y', stroke: colour(hue), strokeWidth: 2.5 }),
      ruleX(bars.slice(1), { x: 'from', ...ink(0.15) }),
      // More labels would overlap.
      ...(bars.length <= 16
        ? [
            text(bars, {
              x: ({ from, to }) => (from + to) / 2,
              y: 'y',
              dy: -8,
              text: ({ y }) => number(y),
              fill: 'currentColor',
            }),
          ]
        : []),
      ruleY([0], { stroke: 'currentColor' }),
    ],
  }
}
