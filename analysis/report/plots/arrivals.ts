import { dot, ruleX, ruleY } from '@observablehq/plot'
import { number } from '../../formats/words.ts'
import { capacityOf } from '../../numbers/capacity-law.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import { groupedBy } from '../../numbers/group.ts'
import { type ArrivalCell, type Arrivals, otherLevels } from '../../runs/arrivals.ts'
import type { Plot } from '../blocks.ts'
import { levelsWords } from '../factor-levels.ts'
import { colour } from './colours.ts'
import { curvePanels } from './lines.ts'
import { plotOf } from './svg.ts'

/** More curves are not told apart. */
const mostCurves = 8

/**
 * The highest arrival rate against replicas: of each search a bar from the rate that held to the one that broke, the
 * capacity function as a curve, and the wanted rate. A line for each combination of the other factors.
 */
export function arrivalsPlot(arrivals: Arrivals, finding: string, unit: string): Plot | null {
  const { cells, functions, wanted } = arrivals
  const known = cells.filter(({ held, replicas }) => held !== null && replicas !== null)
  const sizes = [...new Set(known.map(({ replicas }) => replicas ?? 0))]
  if (known.length < 2 || sizes.length < 2) return null
  const lines = [...groupedBy(known, (cell) => levelsWords(withoutReplicas(cell)))].slice(0, mostCurves)
  const [least, most] = [smallest(sizes), largest(sizes)]
  const lawOf = (cell: ArrivalCell) =>
    functions.find(({ levels }) => levelsWords(levels) === levelsWords(otherLevels(cell)))?.laws.laws[0]
  const curves = lines.map(([label, these], index) => {
    const [first] = these
    const law = first && lawOf(first)
    const points = law
      ? steps(least, most).map((x) => ({ x, y: capacityOf(law, { replicas: x, cores: first.cpu ?? 1 }) }))
      : these.map(({ replicas, held }) => ({ x: replicas ?? 0, y: held?.median ?? 0 }))
    return { label, colour: colour(index), points, these }
  })
  const spans = curves.flatMap(({ these, colour }) =>
    these.flatMap(({ replicas, searches }) =>
      searches.flatMap(({ held, broke }) =>
        held === null ? [] : [{ x: replicas ?? 0, held, broke: broke ?? held, colour }],
      ),
    ),
  )
  return plotOf(
    {
      name: 'arrivals',
      title:
        'Arrival rates that hold against replicas: each search from the rate that held to the one that broke',
      finding,
      description: known
        .map(({ levels, held }) => `${levelsWords(levels)}: ${number(held?.median ?? 0)} a second.`)
        .join(' '),
    },
    (width) =>
      curvePanels(width, [
        {
          height: 280,
          x: {
            label: 'replicas',
            type: 'linear' as const,
            domain: [least - 0.3, most + 0.3] as const,
            ticks: sizes,
            words: number,
          },
          y: { label: `arrivals that hold (${unit})`, linear: true },
          reach: [...spans.map(({ broke }) => broke), ...(wanted === null ? [] : [wanted])],
          under: [
            ...(wanted === null ? [] : [ruleY([wanted], { stroke: 'currentColor', strokeDasharray: '4 3' })]),
            ruleX(spans, {
              x: 'x',
              y1: 'held',
              y2: 'broke',
              stroke: 'colour',
              strokeWidth: 6,
              strokeOpacity: 0.4,
            }),
            dot(spans, { x: 'x', y: 'held', fill: 'colour', r: 4 }),
          ],
          curves: curves.map(({ these: _, ...curve }) => curve),
        },
      ]),
  )
}

const withoutReplicas = ({ levels: { replicas: _, ...rest } }: ArrivalCell): Record<string, string> => rest

const steps = (from: number, to: number): number[] =>
  Array.from({ length: 61 }, (_, step) => from + ((to - from) * step) / 60)
