import { type Markish, rect, ruleX, ruleY, text } from '@observablehq/plot'
import { number, percent } from '../../formats/words.ts'
import type { PartName, Spent } from '../../run/time-spent.ts'
import type { Plot } from '../blocks.ts'
import { colour } from './colours.ts'
import { ink } from './lines.ts'
import { type Panel, plotOf } from './svg.ts'

type Bar = { readonly label: string; readonly spent: Spent }

/** In the order of time; colours that differ most are side by side in most runs. */
const looks: Record<PartName, { readonly words: string; readonly fill: string }> = {
  blocked: { words: 'blocked', fill: colour(6) },
  connecting: { words: 'connecting', fill: colour(5) },
  TLS: { words: 'TLS', fill: colour(4) },
  sending: { words: 'sending', fill: colour(3) },
  waiting: { words: 'waiting', fill: colour(0) },
  queue: { words: 'queue', fill: colour(1) },
  work: { words: 'work', fill: colour(0) },
  network: { words: 'rest of the waiting', fill: '#7d8590' },
  receiving: { words: 'receiving', fill: colour(2) },
  other: { words: 'rest of the latency', fill: '#7d8590' },
}

/** Bars of equal length, whatever the mean, so that their shares compare; the mean is beside the name. */
export const phasesPlot = (about: Omit<Parameters<typeof plotOf>[0], 'key'>, bars: readonly Bar[]): Plot =>
  plotOf({ ...about, key: keyOf(bars) }, [panelOf(bars)])

/** The parts that have a share; of one bar its size too, as narrow parts have no room for it. */
function keyOf(bars: readonly Bar[]): { label: string; colour: string }[] {
  const [only, ...more] = bars
  const names = (Object.keys(looks) as PartName[]).filter((name) =>
    bars.some(({ spent }) => spent.parts.some((part) => part.name === name && part.share > 0)),
  )
  return names.map((name) => {
    // k6's own blocked includes connecting and TLS.
    const words = name === 'blocked' && names.includes('connecting') ? 'rest of blocked' : looks[name].words
    const share = only?.spent.parts.find((part) => part.name === name)?.share ?? 0
    return { label: more.length > 0 ? words : `${words} ${percent(share)}`, colour: looks[name].fill }
  })
}

const margins = { marginLeft: 16, marginRight: 24 }

// A bar takes a unit of y, from the top: its name, the bar, the shares, and the mark of its latency.
const barHeight = 86
const at = { name: 0.88, top: 0.76, bottom: 0.52, share: 0.42, latency: 0.29 }

function panelOf(bars: readonly Bar[]): Panel {
  const count = bars.length
  const marked = bars.some(({ spent }) => spent.of === 'request')
  const base = (index: number) => count - 1 - index
  const parts = bars.flatMap(({ spent }, index) => {
    let from = 0
    return spent.parts.map(({ name, share }) => {
      const x1 = from
      from += share
      return { x1, x2: from, share, base: base(index), fill: looks[name].fill, name }
    })
  })
  return {
    height: count * (marked ? barHeight : barHeight - 26) + 44,
    ...margins,
    marginTop: 8,
    marginBottom: 36,
    x: {
      ...{ domain: [0, 1], label: 'share of the mean', labelAnchor: 'center', labelArrow: 'none' },
      ...{ ticks: 5, tickFormat: (share: number) => percent(share) },
    },
    y: { domain: [0, count], axis: null },
    marks: [
      text(bars, {
        ...{ x: 0, y: (_, index) => base(index) + at.name, text: ({ label }) => label },
        ...{ textAnchor: 'start', fill: 'currentColor' },
      }),
      rect(
        parts.filter(({ share }) => share > 0),
        {
          ...{ x1: 'x1', x2: 'x2', y1: ({ base }) => base + at.bottom, y2: ({ base }) => base + at.top },
          fill: 'fill',
        },
      ),
      text(
        parts.filter(({ share }) => share >= 0.08),
        {
          ...{ x: ({ x1, x2 }) => (x1 + x2) / 2, y: ({ base }) => base + at.share },
          ...{ text: ({ share }) => `${Math.round(100 * share)} %`, fill: 'currentColor' },
        },
      ),
      ...bars.flatMap(({ spent }, index) => latencyMark(spent, base(index))),
    ],
  }
}

/** What the latency of all other figures is of the bar. */
function latencyMark({ of, parts }: Spent, base: number): Markish[] {
  if (of !== 'request') return []
  const inside = parts.filter(({ name }) => !['blocked', 'connecting', 'TLS'].includes(name))
  const share = inside.reduce((sum, part) => sum + part.share, 0)
  const meanMs = inside.reduce((sum, part) => sum + part.meanMs, 0)
  const [y, from] = [base + at.latency, 1 - share]
  return [
    ruleY([y], { x1: from, x2: 1, ...ink(0.5) }),
    ruleX([from, 1], { y1: y - 0.04, y2: y + 0.04, ...ink(0.5) }),
    text([0], {
      ...{ x: 1, y, dy: 9, text: () => `latency ${number(meanMs)} ms`, textAnchor: 'end' },
      fill: 'currentColor',
    }),
  ]
}
