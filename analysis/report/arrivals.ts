import { sloWords } from '../formats/slo.ts'
import { number, orDash, percent, quantity } from '../formats/words.ts'
import { capacityOf } from '../numbers/capacity-law.ts'
import {
  type ArrivalCell,
  type Arrivals,
  arrivalSlos,
  type CapacityFunction,
  coresOf,
} from '../runs/arrivals.ts'
import type { Statistics } from '../runs/statistics.ts'
import { type Block, type Column, list, present, type Table, type Tone, tableOf } from './blocks.ts'
import { between } from './capacity.ts'
import { levelsWords } from './factor-levels.ts'
import { eachAlone } from './groups.ts'
import type { OfRuns } from './model.ts'
import { arrivalsPlot } from './plots/arrivals.ts'
import { everyRun } from './runs.ts'
import { scalingManifests, targetUtilisation } from './scaling-manifest.ts'

/** The highest arrival rate of each cell, what it follows, and what to use. */
export function arrivalsReport(statistics: Statistics): OfRuns {
  const { runs } = statistics
  const arrivals = statistics.arrivals as Arrivals
  const within = arrivalSlos(runs).map(sloWords).join(' and ')
  const unit = runs.some(({ run }) => run?.script) ? 'iterations/s' : 'requests/s'
  const { text, tone, reasons } = findingOf(arrivals, within, unit)
  const target = runs[0]?.run?.target.cluster
  const [, table, details] = everyRun(runs, eachAlone(runs))
  const files = manifestsOf(arrivals, target ?? {})
  return {
    title: `The highest arrival rate of ${quantity(arrivals.cells.length, 'cell')}`,
    blocks: present([
      { kind: 'finding', text, tone, reasons, terminal: true },
      { ...cellTable(arrivals), terminal: true },
      { ...list(remarks(arrivals, within)), terminal: true },
      arrivalsPlot(arrivals, text.replace(/\.$/, ''), unit),
      applyTable(files),
      ...table.map((each) => ({ ...each, folded: true })),
      ...details,
    ]),
    files,
    cases: [
      ...arrivals.cells.map((cell) => ({
        suite: 'capacity',
        name: nameOf(cell),
        failure: cell.held === null ? 'No arrival rate is known to hold.' : null,
      })),
      ...(arrivals.check
        ? [
            {
              suite: 'capacity',
              name: `check at ${number(arrivals.check.rate)}/s`,
              failure: arrivals.check.held ? null : (arrivals.check.why ?? 'It did not hold.'),
            },
          ]
        : []),
    ],
  }
}

const nameOf = ({ levels, replicas }: ArrivalCell): string =>
  levelsWords(levels) || (replicas === null ? 'as it is' : quantity(replicas, 'replica'))

function findingOf(
  arrivals: Arrivals,
  within: string,
  unit: string,
): { text: string; tone: Tone; reasons: string[] } {
  const { cells, wanted, recommended, check } = arrivals
  const known = cells.filter(({ held }) => held !== null)
  const [first, last] = [known[0], known.at(-1)]
  if (!first || !last)
    return {
      text: 'No cell is known to hold any arrival rate.',
      tone: 'bad',
      reasons: cells.flatMap((cell) => limitWords(cell)),
    }
  const range =
    first === last
      ? `${nameOf(first)} holds ${number(first.held?.median ?? 0)} ${unit} within ${within}.`
      : `${nameOf(first)} holds ${number(first.held?.median ?? 0)} ${unit} within ${within}, ${nameOf(last)} ${number(last.held?.median ?? 0)}.`
  const reasons = cells.flatMap((cell) => limitWords(cell))
  if (wanted === null) return { text: range, tone: 'good', reasons }
  const cell = recommended === null ? undefined : cells[recommended]
  if (!cell?.held) {
    const best = known.reduce((a, b) => ((b.held?.least ?? 0) > (a.held?.least ?? 0) ? b : a))
    const { expected } = arrivals
    return {
      text: `No measured cell holds ${number(wanted)} ${unit} within ${within}; the best, ${nameOf(best)}, holds ${number(best.held?.least ?? 0)}.`,
      tone: 'bad',
      reasons: [
        expected === null
          ? 'What would hold it cannot be told from these cells.'
          : `By the capacity function ${quantity(expected.replicas, 'replica')}${arrivals.functions[0]?.ofCores ? ` of ${number(expected.cores)} cores` : ''} would (at least ${number(expected.low)} in 95 % of searches); that has not been measured.`,
        ...reasons,
      ],
    }
  }
  const n = cell.searches.length
  const cost = coresOf(cell)
  const checked = check
    ? check.held
      ? [`Checked: ${number(check.rate)} ${unit} held.`]
      : [`Checked: ${number(check.rate)} ${unit} did not hold: ${check.why ?? 'unknown why'}.`]
    : []
  return {
    text: `For ${number(wanted)} ${unit}: ${nameOf(cell)}${cost === null ? '' : `, ${number(cost)} cores`}${check ? (check.held ? '; checked, it held' : '; checked, it did NOT hold') : ''}.`,
    tone: check?.held === false ? 'bad' : 'good',
    reasons: [
      ...checked,
      `It holds ${number(cell.held.least)} ${unit} within ${within}: ${n > 1 ? `the least of ${number(n)} searches` : 'one search showed it'}, so a next one holds it in about ${Math.round((100 * n) / (n + 1))} % of cases, and in fewer on another day or machine.`,
      ...utilisationWords(cell),
      ...reasons,
    ],
  }
}

function utilisationWords({ usedShare }: ArrivalCell): string[] {
  const target = usedShare === null ? null : targetUtilisation(usedShare)
  return target === null || usedShare === null
    ? [
        'Which target utilisation an autoscaler needs is unknown: the CPU that its pods used could not be read.',
      ]
    : [
        `At its highest rate the pods used ${percent(usedShare)} of the CPU that they request. An autoscaler acts 10 % beyond its target, so the target is at most ${target} %; lower it by as much as the load grows while a pod starts.`,
      ]
}

/** Why a cell's capacity is not the target's. */
function limitWords(cell: ArrivalCell): string[] {
  const limits = cell.searches.map(({ limit }) => limit)
  if (limits.includes('generator'))
    return [`${nameOf(cell)}: k6 was the bottleneck, so what it holds is not known.`]
  if (cell.searches.some(({ held }) => held === null))
    return [`${nameOf(cell)}: in some search no rate held.`]
  return limits.includes('machine')
    ? [`${nameOf(cell)}: the CPU of k6’s machine was used up: on a machine of its own it may hold more.`]
    : []
}

const rates = ({ searches }: ArrivalCell, end: 'held' | 'broke'): string =>
  searches.map((each) => orDash(each[end])).join(', ')

function cellTable({ cells, recommended }: Arrivals): Table {
  const columns: Column<ArrivalCell>[] = [
    ['cell', (cell) => nameOf(cell)],
    ['searches', ({ searches }) => String(searches.length)],
    ['held/s', (cell) => rates(cell, 'held')],
    ['broke at', (cell) => rates(cell, 'broke')],
    ['typical', ({ held }) => orDash(held?.median ?? null)],
    ['between', ({ held }) => (held ? between(held) : '–')],
    ['cores', (cell) => orDash(coresOf(cell))],
    [
      'per core',
      (cell) => orDash(cell.held && coresOf(cell) ? cell.held.median / (coresOf(cell) ?? 1) : null),
    ],
    ['CPU used ÷ requested', ({ usedShare }) => orDash(usedShare, percent)],
  ]
  return {
    ...tableOf('Arrival rates that hold', cells, columns),
    narrow: ['cell', 'searches', 'held/s', 'broke at', 'cores'],
    ...(recommended !== null && { emphasised: recommended }),
  }
}

/** How to read it, and the capacity function, in sentences. */
const remarks = ({ functions, precision, cells }: Arrivals, within: string): string[] => [
  `Open model: each search raises the rate of arrivals until ${within || 'the SLOs'} or the queue breaks, and halves the interval until both ends are ${percent(precision)} apart. “between” is ${cells.some(({ held }) => held?.interval) ? 'the interval of the typical search, or the range of fewer than five' : 'the range of the searches'}.`,
  ...functions.flatMap((each) => functionWords(each)),
  ...(functions.length === 0
    ? [
        'No capacity function is fitted: that takes four cells of replicas and CPU limits, and more searches than cells.',
      ]
    : []),
]

const growths = {
  linear: 'in proportion to replicas',
  amdahl: 'by Amdahl’s law',
  usl: 'by the Universal Scalability Law',
} as const

/** `Capacity grows in proportion to replicas, and with the power 1.02 of their cores: 146/s for one of a core.` */
function functionWords({ levels, ofCores, laws: { laws, alike } }: CapacityFunction): string[] {
  const [best] = laws
  if (!best) return []
  const where = levelsWords(levels)
  const contention = best.alpha > 0 ? `, contention α ${number(best.alpha)}` : ''
  const coherency = best.beta > 0 ? `, coherency β ${number(best.beta)}` : ''
  const power = best.exponentFree
    ? `, and with the power ${number(best.exponent)} of their cores`
    : ofCores
      ? ', and in proportion to their cores'
      : ''
  const one = capacityOf(best, { replicas: 1, cores: 1 })
  return [
    `Capacity${where ? ` with ${where}` : ''} grows ${growths[best.growth]}${contention}${coherency}${power}: ${number(one)}/s for one replica${ofCores ? ' of one core' : ''} (Akaike weight ${percent(best.weight)}${alike > 1 ? `; ${number(alike - 1)} of ${number(laws.length - 1)} other laws cannot be ruled out` : ''}).`,
  ]
}

type Target = {
  readonly deployment?: string | undefined
  readonly namespace?: string | null | undefined
  readonly container?: string | undefined
}

/** Files for the recommended cell; none where it is unknown what it belongs to. */
function manifestsOf(
  { cells, recommended }: Arrivals,
  { deployment: resource, namespace = null, container }: Target,
): readonly (readonly [name: string, content: string])[] {
  const cell = recommended === null ? undefined : cells[recommended]
  if (!cell?.replicas || resource === undefined) return []
  return scalingManifests({
    resource,
    namespace,
    container: container ?? null,
    replicas: cell.replicas,
    cpu: cell.levels.cpu ?? null,
    utilisation: cell.usedShare === null ? null : targetUtilisation(cell.usedShare),
  })
}

const purposes: Readonly<Record<string, string>> = {
  'size.yaml': 'the size, as a patch',
  'autoscaler.yaml': 'a HorizontalPodAutoscaler with this target utilisation',
}

const applyTable = (files: readonly (readonly [name: string, content: string])[]): Block => ({
  kind: 'table',
  name: 'To apply',
  note: 'The first line of each says how.',
  heads: ['', ''],
  rows: files.map(([name]) => [name, { text: purposes[name] ?? '', link: name }]),
  terminal: true,
})
