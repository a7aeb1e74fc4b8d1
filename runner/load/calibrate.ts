import { rmSync } from 'node:fs'
import path from 'node:path'
import { readSummary } from '../../analysis/formats/read.ts'
import { parseResources } from '../../analysis/formats/resources.ts'
import { findMetric } from '../../analysis/formats/summary.ts'
import { number, quantity } from '../../analysis/formats/words.ts'
import { largest } from '../../analysis/numbers/extremes.ts'
import type { Stage } from '../k6/inspect.ts'
import { Failure } from '../shell/exit.ts'
import type { Shell } from '../shell/shell.ts'
import { temporaryFolder } from '../shell/temporary.ts'
import type { Loading } from './alone.ts'
import { loadShared, type Place } from './generators.ts'
import { loadingOf, type Order, type Prepared, podsOf } from './order.ts'
import { usualCpu } from './pods.ts'

/** Share of its cores that a generator may use; beyond it the requests of a burst wait for each other. */
const usable = 0.7

const calibrationMs = 5000
// Some 100 µs of CPU an iteration: a fifth of a core.
const mostForACore = 2000

/** Iterations a second of all k6 scenarios together, where they are most; null where VUs wait for their answers. */
export function highestRate(stages: readonly Stage[]): number | null {
  if (stages.length === 0 || stages.some(({ offered }) => offered === null)) return null
  const at = ({ startMs }: Stage) =>
    stages
      .filter((each) => each.startMs <= startMs && startMs < each.startMs + each.durationMs)
      .reduce((sum, { offered, peak = offered }) => sum + (peak ?? 0), 0)
  return largest(stages.map(at))
}

/**
 * Of a load of `rate`, the rates at which its cost is measured: up to a quarter of it, as far as a generator of so many
 * cores makes them with ease.
 */
export function calibrationRates(rate: number, cores: number): readonly [low: number, high: number] {
  const high = Math.ceil(Math.min(rate, Math.max(20, Math.min(rate / 4, mostForACore * cores))))
  return [Math.max(1, Math.floor(high / 4)), high]
}

/** What one generator used for so many iterations. */
type Used = { readonly iterations: number; readonly cpuSeconds: number }

/** The CPU of an iteration. What k6 needs whatever the rate – to start, to record, to sum up – is in both and cancels. */
export const costOf = (low: Used, high: Used): number =>
  Math.max(0, (high.cpuSeconds - low.cpuSeconds) / Math.max(1, high.iterations - low.iterations))

/** How many generators of so many cores keep below the share that they may use. */
export const generatorsFor = (rate: number, cpuSecondsEach: number, cores: number): number =>
  Math.max(1, Math.ceil((rate * cpuSecondsEach) / (usable * cores)))

/** How many generators the rate needs; a Failure where that cannot be told. */
export async function neededGenerators(
  shell: Shell,
  order: Order,
  { stages }: Prepared,
  prepare: (order: Order) => Promise<Prepared>,
): Promise<number> {
  const { options, target } = order
  const { inside } = target ?? {}
  if (!inside)
    throw new Failure('usage', '--generators auto is for generators in a cluster; here give a number')
  const rate = highestRate(stages)
  if (rate === null)
    throw new Failure(
      'usage',
      '--generators auto needs a load whose rate is known: arrival, or a script with arrival rates; else give a number',
    )
  const { generatorCpu: cpu = usualCpu } = options
  const cores = parseResources(cpu) ?? 1
  const rates = calibrationRates(rate, cores)
  shell.say(
    `calibration: ${rates.map(number).join('/s and ')}/s for ${calibrationMs / 1000} s each, to see what one generator needs …`,
  )
  const used: Used[] = []
  for (const each of rates) {
    const small = {
      ...order,
      options: { ...options, rate: each, duration: calibrationMs, generators: 1 },
      search: each,
      warmUpMs: 0,
    }
    const prepared = await prepare(small)
    try {
      used.push(await usedBy(shell, loadingOf(small, prepared, null), podsOf(shell, inside, small, prepared)))
    } finally {
      await prepared.release()
    }
  }
  const cost = costOf(...(used as [Used, Used]))
  const found = generatorsFor(rate, cost, cores)
  const needs =
    cost > 0
      ? `${number(cost * 1e6)} µs of CPU an iteration, so ${number(rate)}/s need ${number(rate * cost)} cores`
      : `an iteration needs too little CPU to be seen`
  shell.say(`calibration: ${needs}: ${quantity(found, 'generator')} of ${cpu}, of which 70 % may be used`)
  return found
}

/** Runs a load in one generator. */
async function usedBy(shell: Shell, load: Omit<Loading, 'folder'>, place: Place): Promise<Used> {
  const folder = temporaryFolder()
  try {
    const loaded = await loadShared(shell, 1, { ...load, folder }, place)
    await loaded.results([])
    if (shell.signal.aborted) throw new Failure('interrupted', 'interrupted before the load started')
    const summary = await readSummary(path.join(folder, 'summary.json'))
    const iterations =
      summary.kind === 'summary' ? findMetric(summary.summary, 'iterations')?.values.count : undefined
    const { cpuSeconds } = loaded.process
    if (cpuSeconds === null || !iterations)
      throw new Failure(
        'environment',
        `how many generators are needed cannot be told: ${place.losses()[0] ?? 'the calibration made no requests'}; give --generators a number`,
      )
    return { iterations, cpuSeconds }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
