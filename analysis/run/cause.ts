import { z } from 'zod'
import { isOpen } from '../formats/load.ts'
import type { Run } from '../formats/run.ts'
import { number, percent, quantity } from '../formats/words.ts'
import { largest } from '../numbers/extremes.ts'
import { leastQueueGrowth } from './queue-growth.ts'
import type { RunStatistics } from './statistics.ts'
import { processReasons } from './verdict.ts'

type Cluster = NonNullable<Run['target']['cluster']>
type Pod = Cluster['pods'][number]

export const Cause = z.object({
  kind: z
    .enum(['killed', 'CPU limit', 'memory limit', 'node', 'CPU', 'none of them'])
    .describe('what limited the run; the last: neither CPU nor memory of the pods or their nodes'),
  text: z.string(),
})
export type Cause = z.infer<typeof Cause>

/**
 * The share of scheduler periods from which a CPU limit counts: above it the alert CPUThrottlingHigh fires, which most
 * clusters have (https://runbooks.prometheus-operator.dev/runbooks/kubernetes/cputhrottlinghigh/). Idle periods do not
 * count, so it does not depend on the load. A closed load is always limited by something, so it takes half of them.
 */
const throttledFrom = { limited: 0.25, always: 0.5 }
/** A second of them (a period is 100 ms): of fewer the share is chance, such as while a sidecar starts. */
const fewestPeriods = 10
/** Where periods are unknown: a limit holds the mean just below itself. */
const nearLimit = 0.9
/** Beyond it a kernel that reclaims pages or a garbage collector works for each request; a heap may stay below it by design. */
const memoryFrom = 0.95
/** With two cores this busy a request waits 4 times as long as it computes: ρ² ÷ (1 − ρ²), Erlang C for two servers. */
const nodeFrom = 0.9
/** The part of its CPU, by limit or node, that a pod uses even where a full node holds it back: each gets its share. */
const leastPart = 0.03
/** From here on a process that uses one thread computes nearly always: it waits for nothing else. */
const computesFrom = 0.8

/**
 * What limited a run on a cluster; null where nothing did, where the generator did, or where it is unknown. A run was
 * limited where it missed its SLOs, its queue grew, requests were dropped, or more VUs made no more throughput. Without
 * these a closed load without pauses still shows its limit, if it is plain.
 */
export function causeOf(
  run: Run | null,
  figures: Pick<RunStatistics, 'verdict' | 'queueGrowth' | 'knee' | 'stages'>,
): Cause | null {
  const cluster = run?.target.cluster
  if (!run || !cluster?.usage || processReasons(run).length > 0) return null
  const { pods, usedNodes = [] } = cluster
  const killed = sumOf(pods, ({ killedForMemory }) => killedForMemory)
  // An event, whatever else the run shows.
  if (killed > 0) return { kind: 'killed', text: killedWords(killed, pods) }
  const limited = isLimited(figures)
  if (!limited && (isOpen(run.load.stages) || run.load.thinkMs !== undefined)) return null
  const from = limited ? throttledFrom.limited : throttledFrom.always
  const worst = pods.reduce<Pod | null>(
    (a, b) => (throttledShare(b) > (a ? throttledShare(a) : 0) ? b : a),
    null,
  )
  if (worst && throttledShare(worst) >= from)
    return {
      kind: 'CPU limit',
      text: `${ofPods(pods)}throttled in ${percent(throttledShare(worst))} of periods: CPU limit${limitWords(worst.cpuLimitCores, 'core')}.`,
    }
  const hot = pods.find(
    ({ cpuCores, cpuLimitCores, periods }) =>
      periods == null && cpuCores !== null && cpuLimitCores != null && cpuCores >= nearLimit * cpuLimitCores,
  )
  if (hot)
    return {
      kind: 'CPU limit',
      text: `CPU at ${percent((hot.cpuCores ?? 0) / (hot.cpuLimitCores ?? 1))} of its limit${limitWords(hot.cpuLimitCores, 'core')}.`,
    }
  const memory = largest(pods.map(({ maxMemoryShare }) => maxMemoryShare ?? 0))
  if (limited && memory >= memoryFrom)
    return { kind: 'memory limit', text: `Memory at ${percent(memory)} of its limit.` }
  const full = fullNode(cluster)
  // Pods that hardly compute wait for something else, however busy the node is with others.
  const computes = pods.some(
    ({ cpuCores, cpuLimitCores }) =>
      cpuCores === null ||
      cpuCores >= leastPart * Math.min(cpuLimitCores ?? Infinity, full?.cores ?? Infinity),
  )
  if (full && computes)
    return {
      kind: 'node',
      text: `The node’s ${quantity(full.cores, 'core')} ${full.cores === 1 ? 'was' : 'were'} busy: not the service’s scaling law.`,
    }
  // Nothing is excluded that was not seen.
  const known =
    pods.length > 0 && pods.every(({ cpuCores, maxMemoryMiB }) => cpuCores !== null && maxMemoryMiB != null)
  if (!limited || !known) return null
  const cores = largest(pods.map(({ cpuCores }) => cpuCores ?? 0))
  if (cores >= computesFrom)
    return {
      kind: 'CPU',
      text: `A pod computed on ${number(cores)} cores without being throttled: it may have no more threads.`,
    }
  const seen = usedNodes.length > 0 && usedNodes.every(({ busyCores }) => busyCores !== null)
  const limits = seen && !full ? 'CPU limit, memory limit nor the node’s CPU' : 'CPU limit nor memory limit'
  const look = seen ? 'look at what' : 'how busy the node was is unknown; if it was not, look at what'
  return {
    kind: 'none of them',
    text: `Neither ${limits} was reached (${number(cores)} cores used): ${look} it waits for.`,
  }
}

/** Whether a node was full and no CPU limit held the pods below that: their rate is then the node's, not theirs. */
export const limitedByNode = (run: Run | null): boolean => {
  const cluster = run?.target.cluster
  if (!cluster || !fullNode(cluster)) return false
  return !cluster.pods.some((pod) => throttledShare(pod) >= throttledFrom.always)
}

/** A node that had no CPU left, where it is known. */
const fullNode = ({ usedNodes = [] }: Cluster): NonNullable<Cluster['usedNodes']>[number] | null =>
  usedNodes.find(({ cores, busyCores }) => busyCores !== null && busyCores >= nodeFrom * cores) ?? null

function isLimited({ verdict, queueGrowth, knee, stages }: Parameters<typeof causeOf>[1]): boolean {
  const last = stages.at(-1)?.vus ?? null
  return (
    verdict.kind === 'fail' ||
    // Not interrupted and not the generator's fault: the target dropped or failed what was asked.
    verdict.kind === 'invalid' ||
    (queueGrowth ?? 0) >= leastQueueGrowth ||
    (knee !== null && last !== null && knee < last)
  )
}

const throttledShare = ({ periods, throttledPeriods }: Pod): number =>
  periods == null || throttledPeriods == null || periods < fewestPeriods ? 0 : throttledPeriods / periods

function killedWords(killed: number, pods: readonly Pod[]): string {
  const limit = pods.find(({ killedForMemory }) => killedForMemory)?.memoryLimitMiB
  return `${killed === 1 ? 'A pod was' : `Pods were ${number(killed)} times`} killed for ${killed === 1 ? 'its' : 'their'} memory${limit == null ? '' : ` (limit ${number(limit)} MiB)`}.`
}

const limitWords = (limit: number | null | undefined, unit: string): string =>
  limit == null ? '' : ` (${quantity(limit, unit)})`

const ofPods = (pods: readonly Pod[]): string => (pods.length > 1 ? 'A pod was ' : 'The pod was ')

const sumOf = (pods: readonly Pod[], of: (pod: Pod) => number | null | undefined): number =>
  pods.reduce((sum, pod) => sum + (of(pod) ?? 0), 0)
