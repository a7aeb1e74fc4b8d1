import { number, orDash, percent, quantity } from '../formats/words.ts'
import { largest } from '../numbers/extremes.ts'
import type { Effect } from '../runs/factor-effects.ts'
import type { FactorCell, Factors } from '../runs/factors.ts'
import type { Statistics } from '../runs/statistics.ts'
import { type Block, type Column, list, present, tableOf } from './blocks.ts'
import { between, scalingWords } from './capacity.ts'
import { levelsWords, withShortImages } from './factor-levels.ts'
import { dependenceWords, findingOf } from './factor-words.ts'
import { eachAlone, groupOf, type RunGroup } from './groups.ts'
import type { OfRuns } from './model.ts'
import { partsTable } from './parts.ts'
import { factorsPlot } from './plots/factors.ts'
import { everyRun } from './runs.ts'

/** Of runs that vary several factors. */
export function factorsReport(statistics: Statistics): OfRuns {
  const { runs } = statistics
  const full = statistics.factors as Factors
  const study = withShortImages(full)
  const { text, reasons, shown } = findingOf(study)
  const [plots, table, details] = everyRun(runs, groupsOf(statistics, full, study))
  return {
    title: `${quantity(runs.length, 'run')} of ${quantity(study.cells.length, 'combination')} of ${study.factors.map(({ name }) => name).join(', ')}`,
    blocks: present([
      { kind: 'finding', text, tone: shown ? 'neutral' : 'doubt', reasons, terminal: true },
      { ...effectTable(study), terminal: true },
      { ...cellTable(study), terminal: true },
      { ...list(remarks(study)), terminal: true },
      partsTable(statistics.parts),
      factorsPlot(study, shown ? text.replace(/\.$/, '') : undefined),
      ...plots,
      ...table,
      ...details,
    ]),
  }
}

// More colours are not told apart.
const mostGroups = 8

const groupsOf = ({ runs }: Statistics, { cells }: Factors, named: Factors): RunGroup[] =>
  runs.length > cells.length && cells.length <= mostGroups
    ? cells.map(({ levels }, index) =>
        groupOf(
          levelsWords(named.cells[index]?.levels ?? {}),
          index,
          runs.filter(({ run }) => levelsWords(run?.factors ?? {}) === levelsWords(levels)),
        ),
      )
    : eachAlone(runs)

function effectTable({ rate, p95 }: Factors): Block {
  const rows = (rate.effects ?? []).map((effect) => ({
    effect,
    latency: p95.effects?.find(({ factor, to }) => factor === effect.factor && to === effect.to),
  }))
  const range = (effect: Effect | undefined) =>
    effect?.interval ? `${number(effect.interval.low)} to ${number(effect.interval.high)}` : '–'
  return tableOf('What each factor changes', rows, [
    ['factor', ({ effect: { factor } }) => factor],
    ['change', ({ effect: { from, to } }) => `${from} → ${to}`],
    ['requests/s ×', ({ effect }) => number(effect.ratio)],
    ['between', ({ effect }) => range(effect)],
    ['p95 ×', ({ latency }) => (latency ? number(latency.ratio) : '–')],
    ['p95 between', ({ latency }) => range(latency)],
  ])
}

const perCore = ({ rate, cores }: FactorCell): number | null => (rate && cores ? rate.median / cores : null)

function cellTable({ factors, cells }: Factors): Block {
  const names = factors.map(({ name }) => name)
  const columns: Column<FactorCell>[] = [
    ...names.map((name): Column<FactorCell> => [name, ({ levels }) => levels[name] ?? '–']),
    ['runs', ({ runs, invalid }) => (invalid > 0 ? `${runs} + ${invalid} invalid` : String(runs))],
    ['requests/s', ({ rate }) => orDash(rate?.median ?? null)],
    ['between', ({ rate }) => (rate ? between(rate) : '–')],
    ['p95 ms', ({ p95Ms }) => orDash(p95Ms?.median ?? null)],
    ['errors', ({ errors }) => orDash(errors, percent)],
    ['SLOs held', ({ held, missed, runs }) => (held + missed > 0 ? `${held} of ${runs}` : '–')],
    ['per core', (cell) => orDash(perCore(cell))],
  ]
  return {
    ...tableOf('Cells', cells, columns),
    narrow: [...names, 'runs', 'requests/s', 'p95 ms', 'SLOs held', 'per core'],
  }
}

/** How to read the tables, and what else they show, in sentences. */
function remarks(study: Factors): string[] {
  const { method, rate, cells, laws } = study
  const differences = largest((rate.effects ?? []).map(({ differences }) => differences))
  return [
    ...(differences === 0
      ? []
      : [
          method === 'paired'
            ? `An effect is the median ratio between runs of one repeat that are equal in all else (up to ${quantity(differences, 'difference')}${rate.effects?.some(({ interval }) => interval) ? '; 95 % intervals by the signed-rank test, each by itself' : ''}).`
            : `An effect is fitted to the logarithms of all ${quantity(differences, 'run')} by least squares, less what each repeat has in common, with Student’s 95 % intervals.`,
        ]),
    ...dependenceWords(study),
    ...bestWords(cells),
    ...laws.flatMap(({ levels, scaling }) =>
      scalingWords(scaling).map((words, index) => (index === 0 ? `${levelsWords(levels)}: ${words}` : words)),
    ),
  ]
}

function bestWords(cells: readonly FactorCell[]): string[] {
  const judged = cells.some(({ held, missed }) => held + missed > 0)
  const fit = cells.filter(
    (cell) => perCore(cell) !== null && (!judged || (cell.held > 0 && cell.held === cell.runs)),
  )
  const [best] = [...fit].sort((a, b) => (perCore(b) ?? 0) - (perCore(a) ?? 0))
  if (!best) return judged && cells.some(({ cores }) => cores) ? ['No cell held its SLOs in every run.'] : []
  if (fit.length < 2) return []
  return [
    `Most requests/s per core${judged ? ' of the cells that held their SLOs in every run' : ''}: ${levelsWords(best.levels)}, ${number(perCore(best) ?? 0)} (“per core” is requests/s ÷ (replicas × CPU limit)).`,
  ]
}
