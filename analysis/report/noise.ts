import { plannedMs } from '../formats/load.ts'
import { alike, number, orDash, percent, quantity } from '../formats/words.ts'
import type { Deviation } from '../numbers/deviation.ts'
import type { Noise } from '../runs/noise.ts'
import type { Statistics } from '../runs/statistics.ts'
import { type Block, list, present, tableOf } from './blocks.ts'
import { groupOf } from './groups.ts'
import type { OfRuns } from './model.ts'
import { noisePlot } from './plots/noise.ts'
import { everyRun } from './runs.ts'

export function noiseReport(statistics: Statistics): OfRuns {
  const noise = statistics.noise as Noise
  const [words, ...reasons] = noiseWords(noise)
  const of = (load: Noise['loads'][number]) =>
    statistics.runs.filter(({ run }) => run && plannedMs(run.load.stages) === load.durationMs)
  const groups = noise.loads.map((load, index) => groupOf(load.load, index, of(load), noise.loads.length))
  return {
    title: 'How small a change can be seen here?',
    blocks: present([
      { kind: 'finding', text: words, tone: noise.recommended ? 'good' : 'doubt', reasons, terminal: true },
      ...noise.loads.map((load) => ({ ...loadTable(load), terminal: true })),
      { ...list(remarks(noise)), terminal: true },
      noisePlot(noise, words),
      ...everyRun(statistics.runs, groups).flat(),
    ]),
    cases: [{ suite: 'noise', name: 'a change can be seen', failure: noise.recommended ? null : words }],
  }
}

/** How far runs of the same differ, what to run to tell twice the least change from none, and what it takes. */
function noiseWords({ effect, recommended, loads }: Noise): [string, ...string[]] {
  const what = `${percent(2 * effect)} from no change`
  const load = loads.find(({ durationMs }) => durationMs === recommended?.durationMs) ?? loads.at(-1)
  const known = load?.figures.flatMap(({ metric, runs }) => (runs ? [{ metric, ...runs }] : [])) ?? []
  const [most] = [...known].sort((a, b) => b.value - a.value)
  const differ = most
    ? `Repeats of the same run differ by up to ${deviationOf(most.value)} % (${most.metric})`
    : null
  if (!recommended)
    return [
      `${differ ? `${differ}, too much` : 'There are too few runs'} to tell ${what}.`,
      'Run longer, or calm the machine, and measure the noise again.',
    ]
  const { durationMs, repeats, without } = recommended
  const except = without.length > 0 ? `, except in ${without.join(' and ')}` : ''
  const minutes = (2 * repeats * durationMs) / 60_000
  return [
    `${differ ? `${differ}; ` : ''}${quantity(repeats, 'run')} of ${number(durationMs / 1000)} s a side tell ${what}${except}.`,
    `That is ${number(minutes)} minutes of load for a comparison.`,
  ]
}

const loadTable = ({ load, figures, runs, sessions }: Noise['loads'][number]): Block => {
  const table = tableOf(`${load}: ${quantity(runs, 'run')} in ${quantity(sessions, 'session')}`, figures, [
    ['figure', ({ metric, unit }) => `${metric} (${unit})`],
    ['typical', ({ typical }) => number(typical)],
    ['between runs', ({ runs }) => deviationWords(runs)],
    ['between sessions', ({ sessions }) => deviationWords(sessions)],
    ...[0, 1, 2].map(
      (size) =>
        [
          `${figures[0]?.found[size]?.runs ?? '–'} find`,
          ({ found }: (typeof figures)[number]) => {
            const each = found[size]
            return !each ? '–' : each.change === null ? '> 100 %' : percent(each.change)
          },
        ] as const,
    ),
    ['runs needed', ({ runsNeeded }) => orDash(runsNeeded)],
  ])
  return { ...table, narrow: table.heads.filter((head) => head !== 'typical' && head !== 'between sessions') }
}

const deviationWords = (deviation: Deviation | null): string =>
  deviation
    ? `${deviationOf(deviation.value)} % (${deviationOf(deviation.low)} to ${deviationOf(deviation.high)})`
    : '–'

/** In percent, to two digits, which is as far as a deviation is known; equal values differ by what floating point leaves. */
function deviationOf(share: number): string {
  const value = share < 1e-12 ? 0 : Number((100 * share).toPrecision(2))
  return alike([value])(value)
}

const remarks = ({ effect, loads }: Noise): string[] => [
  'Between runs and sessions: relative standard deviations, with 90 % intervals. “10 find” is the smallest change for the worse that ten runs a side, made in turns, call worse in nine of ten comparisons.',
  `“Runs needed” a side tell ${percent(2 * effect)} from no change in nine of ten comparisons.`,
  ...(loads.every(({ sessions }) => sessions < 2)
    ? [
        'The difference between sessions is unknown: all runs are of one session. It matters to whoever compares runs that were not made in turns.',
      ]
    : []),
]
