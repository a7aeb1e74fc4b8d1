import { quantileSorted } from 'simple-statistics'
import { sizeWords } from '../formats/load.ts'
import type { Run } from '../formats/run.ts'
import type { Timeline } from '../formats/timeline.ts'
import { number, percent, quantity } from '../formats/words.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import type { ErrorBurst } from '../run/error-burst.ts'
import type { Felt } from '../run/felt.ts'
import { fewestPeriods, type Growth } from '../run/growth.ts'
import { answered, segments } from '../run/periods.ts'
import type { Recovery } from '../run/recovery.ts'
import type { StageStatistics } from '../run/stages.ts'
import type { Stall } from '../run/stalls.ts'
import type { RunStatistics } from '../run/statistics.ts'
import type { Time } from '../run/time.ts'
import type { Statistics } from '../runs/statistics.ts'
import { type Block, list } from './blocks.ts'
import { heatMap } from './plots/heat-map.ts'
import { overTimePlot } from './plots/over-time.ts'
import { timelinePlot } from './plots/timeline.ts'

/** What changed during a run: plots, and a sentence for each finding. Without a timeline the stages by their times. */
export function timeBlocks({ runs, time, timeline }: Statistics): (Block | null)[] {
  const [run] = runs as [RunStatistics]
  if (!run.run || !time || !timeline) return [timelinePlot(run)]
  const sentences = timeSentences(time, timeline, run)
  const [first] = sentences
  return [
    overTimePlot(timeline, run.run, first),
    heatMap(timeline, run.run),
    { ...list(sentences), name: 'During the run', terminal: true },
  ]
}

/** The most remarkable first. */
function timeSentences(time: Time, timeline: Timeline, { run, stages }: RunStatistics): string[] {
  const { stalls, errorBurst, recovery, growth, felt } = time
  const remarkable = [
    ...(recovery ? [recoveryWords(recovery)] : []),
    ...(growth ? growthWords(growth) : []),
    ...felt.map(feltWords),
    ...(stalls.length > 0 ? [stallsWords(stalls)] : []),
    ...(errorBurst ? [burstWords(errorBurst)] : []),
  ]
  const level = !run || run.script ? null : stages.length > 1 ? climbWords(stages) : levelWords(timeline, run)
  return remarkable.length > 0 || level === null ? remarkable : [level]
}

const seconds = (ms: number): string => `${number(Math.round(ms / 100) / 10)} s`

/** `17 s` or `12 min 30 s` after the start. */
function moment(ms: number): string {
  const whole = Math.round(ms / 1000)
  return whole < 180 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** Later ones are counted only. */
const mostNamed = 3

function stallsWords(stalls: readonly Stall[]): string {
  const [first] = stalls
  if (first && stalls.length === 1) return stallWords(first)
  const named = stalls.slice(0, mostNamed).map(({ fromMs }) => moment(fromMs))
  const rest = stalls.length - named.length
  const last = rest > 0 ? `${rest} more times` : named.pop()
  const what = stalls.some(({ collapsed }) => collapsed) ? 'Stalled' : 'p99 jumped'
  const longest = largest(stalls.map(({ maxMs }) => maxMs ?? 0))
  return `${what} ${stalls.length} times, at ${named.join(', ')} and ${last}; the longest request took ${number(longest)} ms.`
}

function stallWords({ fromMs, toMs, collapsed, rate, usualRate, p99Ms, usualP99Ms, maxMs }: Stall): string {
  const usually = usualP99Ms === null ? '' : ` (usually ${number(usualP99Ms)} ms)`
  if (!collapsed) return `p99 jumped to ${number(p99Ms ?? 0)} ms at ${moment(fromMs)}${usually}.`
  const lastedMs = toMs - fromMs
  // The longest request waited for as long as the stall lasted.
  const length = maxMs !== null && maxMs >= 200 ? ` for ${seconds(Math.min(maxMs, lastedMs))}` : ''
  const fell =
    rate === 0
      ? 'no answers'
      : `throughput fell to ${number(rate ?? 0)} from ${number(usualRate ?? 0)} requests/s`
  const then = p99Ms === null ? '' : `, then p99 of ${number(p99Ms)} ms${usually}`
  const when =
    length === '' && lastedMs > 2000 ? `from ${moment(fromMs)} to ${moment(toMs)}` : `at ${moment(fromMs)}`
  return `Stalled${length} ${when}: ${fell}${then}.`
}

function burstWords({ fromMs, toMs, failed, share }: ErrorBurst): string {
  const how = share === 1 ? 'All' : `${number(Math.floor(100 * share))} % of the`
  return `${how} failed requests (${number(failed)}) ended between ${moment(fromMs)} and ${moment(toMs)}.`
}

function recoveryWords({
  recoveredMs,
  felt,
  observedMs,
  beforeP95Ms,
  limitP95Ms,
  spikeP95Ms,
}: Recovery): string {
  const inIt = spikeP95Ms === null ? '' : `, up to ${number(spikeP95Ms)} ms in it`
  const p95s = `p95 ${number(beforeP95Ms)} ms before it${inIt}`
  if (recoveredMs === null)
    return `Not recovered by the end of the run, ${moment(observedMs)} after the spike: ${p95s}.`
  if (recoveredMs > 0) return `Recovered ${moment(recoveredMs)} after the spike: ${p95s}.`
  return felt
    ? `Recovered as soon as the spike ended: ${p95s}.`
    : `The spike was not felt: p95 stayed below ${number(limitP95Ms)} ms (${p95s}).`
}

const names: Record<Growth['figures'][number]['figure'], string> = {
  p50: 'p50',
  p95: 'p95',
  errors: 'errors',
  targetMemory: 'memory of the target',
  targetCpu: 'CPU of the target',
  generatorCpu: 'CPU of the generator',
}

const units: Partial<typeof names> = {
  p50: ' ms',
  p95: ' ms',
  targetMemory: ' MiB',
  targetCpu: ' cores',
  generatorCpu: ' cores',
}

function growthWords({ figures, periods, windows }: Growth): string[] {
  if (windows === 0)
    return [
      `Too short to say whether anything grew: it takes ${fewestPeriods} periods, and there were ${periods}.`,
    ]
  const grown = figures.filter(({ grew }) => grew)
  if (grown.length > 0)
    return grown.map(({ figure, by, low, high, from, to }) => {
      const name = names[figure].replace(/^[a-oq-z]/, (letter) => letter.toUpperCase())
      return figure === 'errors'
        ? `${name} grew from ${percent(Math.max(0, from))} to ${percent(to)} over the run.`
        : `${name} grew by ${rounded(by)} % (${rounded(low)} to ${rounded(high)} %) over the run, from ${number(from)} to ${number(to)}${units[figure]}.`
    })
  const known = figures.map(({ figure }) => names[figure])
  const p95 = figures.find(({ figure }) => figure === 'p95')
  const bound = p95 && Number.isFinite(p95.high) ? `; p95 by ${rounded(Math.max(0, p95.high))} % at most` : ''
  return known.length > 0 ? [`Nothing is seen to grow (${known.join(', ')})${bound}.`] : []
}

const rounded = (share: number): string => (100 * share).toFixed(0).replace('-', '−')

const feltWords = ({ vus, replicas, readyMs, untilP95Ms, afterP95Ms }: Felt): string =>
  `Until ${quantity(replicas, 'replica')} ${replicas === 1 ? 'was' : 'were'} ready, ${moment(readyMs)} after the change to ${quantity(vus, 'VU')}, p95 went up to ${number(untilP95Ms)} ms${afterP95Ms === null ? '' : `; then at most ${number(afterP95Ms)} ms`}.`

/** How p95 differs between the lowest load and the highest. */
function climbWords(stages: readonly StageStatistics[]): string | null {
  const sized = stages.filter(({ p95Ms, vus, offered }) => p95Ms !== null && (offered ?? vus) !== null)
  const size = ({ offered, vus }: StageStatistics) => offered ?? vus ?? 0
  const [low, high] = [smallest(sized.map(size)), largest(sized.map(size))].map((wanted) =>
    sized.find((stage) => size(stage) === wanted),
  )
  if (!low || !high || low === high) return null
  return `p95 went from ${number(low.p95Ms ?? 0)} ms at ${sizeWords(low)} to ${number(high.p95Ms ?? 0)} ms at ${sizeWords(high)}.`
}

/** Whether p95 kept its level, of a run of one load. */
function levelWords({ periods }: Timeline, { load }: Run): string | null {
  const p95s = segments(periods, load.stages).flatMap(({ periods: these }) =>
    these.flatMap((period) => answered(period)?.p95 ?? []),
  )
  if (p95s.length < 5) return null
  const sorted = [...p95s].sort((a, b) => a - b)
  const [low, high] = [quantileSorted(sorted, 0.05), quantileSorted(sorted, 0.95)]
  const range = `p95 between ${number(low)} and ${number(high)} ms in 90 % of the periods.`
  return high <= 1.5 * low ? `Steady: ${range}` : `Uneven: ${range}`
}
