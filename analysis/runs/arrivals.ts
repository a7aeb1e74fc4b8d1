import { z } from 'zod'
import { parseResources } from '../formats/resources.ts'
import type { Slo } from '../formats/slo.ts'
import { CapacityLaws, capacityLaws, type Searched } from '../numbers/capacity-law.ts'
import { smallest } from '../numbers/extremes.ts'
import { groupedBy } from '../numbers/group.ts'
import { Repeated, repeated } from '../numbers/repeated.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { Breakpoint, breakpoint, probeOf } from './breakpoint.ts'
import { sizeFor } from './capacity-function.ts'

const Levels = z.record(z.string(), z.string()).describe('of each factor the level, as written')

const Cell = z.object({
  levels: Levels,
  replicas: z.number().nullable(),
  cpu: z.number().nullable().describe('CPU limit of a replica, in cores; null where unknown'),
  searches: z.array(
    Breakpoint.pick({ held: true, broke: true, limit: true, done: true }).extend({ probes: z.number() }),
  ),
  held: Repeated.nullable().describe(
    'the highest arrival rate that held, over the searches; null where a search found none or k6 was the bottleneck',
  ),
  usedShare: z
    .number()
    .nullable()
    .describe('CPU used ÷ CPU requested by the pods at the highest rate that held; null where unknown'),
})
/** The searches of one combination of levels. */
export type ArrivalCell = z.infer<typeof Cell>

const Growth = z.object({
  levels: Levels.describe('of the factors that are neither replicas nor CPU'),
  ofCores: z.boolean().describe('whether the CPU limits are known; else a replica counts as one core'),
  laws: CapacityLaws,
})
/** How capacity grows with replicas and their CPU limit. */
export type CapacityFunction = z.infer<typeof Growth>

const Size = z.object({
  replicas: z.number(),
  cores: z.number().describe('CPU limit of a replica'),
  low: z.number().describe('lowest end of the 95 % prediction intervals of all plausible laws'),
  extrapolated: z.boolean(),
})

/** What `statistics.json` holds about the highest arrival rates that cells hold. */
export const Arrivals = z.object({
  precision: z.number().describe('how close the rates of a search come: 0.05 is 5 %'),
  cells: z.array(Cell),
  functions: z
    .array(Growth)
    .describe(
      'for each combination of the other factors; none for fewer than four cells, or too few searches',
    ),
  wanted: z.number().nullable().describe('requests per second'),
  recommended: z
    .number()
    .nullable()
    .describe('index of the cell that needs the least for the wanted rate, each of whose searches held it'),
  expected: Size.nullable().describe(
    'what the capacity function expects to hold the wanted rate, where no cell does; not measured',
  ),
  check: z
    .object({
      rate: z.number(),
      held: z.boolean(),
      why: z.string().nullable(),
      limit: Breakpoint.shape.limit,
    })
    .nullable()
    .describe('the recommended cell at the wanted rate, run once'),
})
export type Arrivals = z.infer<typeof Arrivals>

/** How the cell of a run begins that checks a recommendation. */
export const checkCell = 'check '

/** Null unless runs are probes of searches, a search for each repeat of each cell. */
export function arrivalsOf(runs: readonly RunStatistics[], wanted: number | null): Arrivals | null {
  const probes = runs.filter(({ run }) => run?.labels.search !== undefined)
  if (probes.length === 0) return null
  const precision = Number(probes[0]?.run?.labels.precision ?? 0.05)
  const searches = groupedBy(probes, ({ run }) => run?.labels.search)
  const cells = [...groupedBy([...searches.values()], ([first]) => JSON.stringify(levelsOf(first))).values()]
    .map((these) => cellOf(these, precision))
    .sort((a, b) => (a.replicas ?? 0) - (b.replicas ?? 0) || (a.cpu ?? 0) - (b.cpu ?? 0))
  const recommended = wanted === null ? null : leastFor(cells, wanted)
  // It says nothing about another cell or rate, as of an earlier recommendation.
  const [checked] = runs
    .filter(
      (each) =>
        each.run?.labels.cell?.startsWith(checkCell) &&
        recommended !== null &&
        JSON.stringify(levelsOf(each)) === JSON.stringify(recommended.levels),
    )
    .flatMap((each) => probeOf(each, { precision }))
    .filter(({ rate }) => rate === wanted)
  const functions = functionsOf(cells)
  return {
    precision,
    cells,
    functions,
    wanted,
    expected: wanted === null || recommended !== null ? null : expectedFor(cells, functions, wanted),
    recommended: recommended === null ? null : cells.indexOf(recommended),
    check: checked
      ? { rate: checked.rate, held: checked.held, why: checked.why, limit: checked.limit }
      : null,
  }
}

function levelsOf(run: RunStatistics | undefined): Record<string, string> {
  const { factors, target } = run?.run ?? {}
  return factors ?? (target?.replicas ? { replicas: String(target.replicas) } : {})
}

function cellOf(searches: readonly (readonly RunStatistics[])[], precision: number): ArrivalCell {
  const [[first] = []] = searches
  const target = first?.run?.target
  const found = searches.map((runs) => breakpoint(runs, { start: 1, precision, repeat: 1 }))
  const rates = found.flatMap(({ held, limit }) => (held === null || limit === 'generator' ? [] : held))
  return {
    levels: levelsOf(first),
    replicas: target?.replicas ?? null,
    cpu: parseResources(target?.cluster?.cpuLimit ?? ''),
    searches: found.map(({ held, broke, limit, done, probes }) => ({
      held,
      broke,
      limit,
      done,
      probes: probes.length,
    })),
    held: rates.length === found.length && rates.length > 0 ? repeated(rates) : null,
    usedShare: usedShareOf(searches, found, precision),
  }
}

/** The least of the probes at the highest rate that held in each search: an autoscaler must act before any of them. */
function usedShareOf(
  searches: readonly (readonly RunStatistics[])[],
  found: readonly Pick<Breakpoint, 'held'>[],
  precision: number,
): number | null {
  const shares = searches.flatMap((runs, index) =>
    runs
      .filter((run) =>
        probeOf(run, { precision }).some((probe) => probe.held && probe.rate === found[index]?.held),
      )
      .map(shareOf),
  )
  return shares.length === 0 || shares.includes(null) ? null : smallest(shares.map(Number))
}

function shareOf({ run }: RunStatistics): number | null {
  const { cluster, replicas } = run?.target ?? {}
  // What is recommended where limits were varied requests as much as its limit.
  const request = run?.factors?.cpu ? cluster?.cpuLimit : (cluster?.cpuRequest ?? cluster?.cpuLimit)
  const requested = parseResources(request ?? '')
  const used = cluster?.pods.map(({ cpuCores }) => cpuCores) ?? []
  if (!requested || !replicas || used.length === 0 || used.includes(null)) return null
  return used.reduce<number>((sum, each) => sum + (each ?? 0), 0) / (requested * replicas)
}

/** All cores of a cell’s replicas; null where unknown. */
export const coresOf = ({ replicas, cpu }: ArrivalCell): number | null =>
  replicas === null || cpu === null ? null : replicas * cpu

/** The cell that costs the fewest cores, or replicas where cores are unknown, and held that rate in every search. */
function leastFor(cells: readonly ArrivalCell[], wanted: number): ArrivalCell | null {
  const enough = cells.filter(({ held }) => held !== null && held.least >= wanted)
  const cost = (cell: ArrivalCell) => coresOf(cell) ?? cell.replicas ?? Infinity
  return enough.length === 0
    ? null
    : enough.reduce((a, b) =>
        cost(b) < cost(a) || (cost(b) === cost(a) && (b.replicas ?? 0) < (a.replicas ?? 0)) ? b : a,
      )
}

/** The levels of the factors that are neither replicas nor CPU. */
export const otherLevels = ({
  levels: { replicas: _, cpu: __, ...rest },
}: ArrivalCell): Record<string, string> => rest

/** The searches of cells, by replicas and CPU limit; a replica of unknown limits counts as one core. */
const searchedIn = (cells: readonly ArrivalCell[]): Searched[] =>
  cells.flatMap(({ replicas, cpu, searches, held: known }) =>
    searches.flatMap(({ held, broke }) =>
      known === null || held === null || replicas === null
        ? []
        : [{ replicas, cores: cpu ?? 1, rate: held, apart: (broke ?? held) / held }],
    ),
  )

function functionsOf(cells: readonly ArrivalCell[]): CapacityFunction[] {
  return [...groupedBy(cells, (cell) => JSON.stringify(otherLevels(cell))).values()].flatMap((these) => {
    const laws = capacityLaws(searchedIn(these))
    const [first] = these
    return laws && first
      ? [{ levels: otherLevels(first), ofCores: these.every(({ cpu }) => cpu !== null), laws }]
      : []
  })
}

/** Of one capacity function: with others it would also say which level of another factor to take. */
function expectedFor(
  cells: readonly ArrivalCell[],
  functions: readonly CapacityFunction[],
  wanted: number,
): Arrivals['expected'] {
  const [only, ...more] = functions
  return only && more.length === 0 ? sizeFor(searchedIn(cells), only.laws, wanted) : null
}

/** The SLOs of the searches. */
export const arrivalSlos = (runs: readonly RunStatistics[]): readonly Slo[] =>
  runs.find(({ run }) => run?.labels.search !== undefined)?.run?.slos ?? []
