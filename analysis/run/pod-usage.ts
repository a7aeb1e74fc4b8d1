import { sum } from 'simple-statistics'
import type { UsageSample } from '../formats/recording.ts'
import type { Run } from '../formats/run.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import { groupedBy } from '../numbers/group.ts'

type Cluster = NonNullable<Run['target']['cluster']>

/** What is counted: CPU in seconds, periods of the CPU limit, bytes; `memory` is a level, all else only grows. */
export type Counted = 'cpu' | 'periods' | 'throttled' | 'memory' | 'received' | 'sent'

/** A value of one container, of a pod as a whole (container ''), or of a node (pod ''); `at` in ms of Unix time. */
export type Series = {
  readonly what: Counted
  /** Of a node, its name. */
  readonly owner: string
  readonly container: string
  /** Ascending in time; a restarted container begins another series. */
  readonly points: readonly { readonly at: number; readonly value: number }[]
}

/** What the API server said of a pod when it was looked at. */
export type PodLook = {
  readonly name: string
  readonly node: string
  readonly containers: readonly {
    readonly name: string
    readonly cpuLimit: number | null
    readonly memoryLimitMiB: number | null
    readonly restarts: number
    /** When it was last killed at its memory limit; null: never, as far as is known. */
    readonly killedAt: number | null
  }[]
}

/** What was seen of pods before, during and after a load. */
export type Watched = {
  readonly source: NonNullable<Cluster['usage']>['source']
  readonly note: string | null
  /** Of pods. */
  readonly pods: readonly Series[]
  /** CPU of nodes. */
  readonly nodes: readonly Series[]
  readonly cores: ReadonlyMap<string, number>
  /** The user's own queries, by name. */
  readonly observed: readonly { readonly name: string; readonly points: Series['points'] }[]
  readonly looks: readonly { readonly at: number; readonly pods: readonly PodLook[] }[]
}

const MiB = 2 ** 20
const rounded = (value: number, digits = 3) => Number(value.toFixed(digits))

/** The value at a moment, on a line between two readings; null before the first and after the last. */
function valueAt({ points }: Pick<Series, 'points'>, at: number): number | null {
  const next = points.findIndex((point) => point.at >= at)
  const [before, after] = [points[Math.max(0, next - 1)], points[next]]
  if (!before || !after || before.at > at) return null
  if (after.at === before.at) return after.value
  return before.value + ((after.value - before.value) * (at - before.at)) / (after.at - before.at)
}

const edges = ({ points }: Series): [number, number] => [points[0]?.at ?? 0, points.at(-1)?.at ?? 0]

/** What counters grew by in that time, as far as they are known; null where that is less than half of it. */
function grown(series: readonly Series[], from: number, to: number): { by: number; overMs: number } | null {
  const known = series.map(edges).filter(([start, end]) => Math.min(to, end) > Math.max(from, start))
  if (known.length === 0) return null
  const first = Math.max(from, smallest(known.map(([start]) => start)))
  const last = Math.min(to, largest(known.map(([, end]) => end)))
  return last - first < (to - from) / 2 ? null : { by: between(series, from, to), overMs: last - first }
}

/** Of containers, or of the pod where its containers are not known one by one. */
function inside(series: readonly Series[], what: Counted, owner: string): Series[] {
  const all = series.filter((each) => each.what === what && each.owner === owner)
  const named = all.filter(({ container }) => container !== '')
  return named.length > 0 && what !== 'received' && what !== 'sent' ? named : all
}

/** Periods of the container that was throttled in most of them: a sidecar that rests would hide another. */
function throttling(series: readonly Series[], owner: string, from: number, to: number) {
  const periods = inside(series, 'periods', owner)
  const names = [...new Set(periods.map(({ container }) => container))]
  const each = names.flatMap((name) => {
    const of = (what: Counted) =>
      grown(
        inside(series, what, owner).filter(({ container }) => container === name),
        from,
        to,
      )
    const [ran, stopped] = [of('periods'), of('throttled')]
    return ran && stopped ? [{ container: name, periods: ran.by, throttled: stopped.by }] : []
  })
  return each.sort((a, b) => b.throttled - a.throttled)[0] ?? null
}

const sumOf = (values: readonly (number | null)[]): number | null =>
  values.length > 0 && values.every((value) => value !== null) ? sum(values.map(Number)) : null

/** The pods' part of run.json, of a load between two moments in ms of Unix time; null is unknown. */
export function podsUsed(watched: Watched, from: number, to: number) {
  const looked = new Map(watched.looks.flatMap(({ pods }) => pods.map((pod) => [pod.name, pod] as const)))
  const nodes = new Set([...looked.values()].map(({ node }) => node))
  return {
    usage: { source: watched.source, note: watched.note },
    usedNodes: [...watched.cores].flatMap(([name, cores]) => {
      const used = grown(inside(watched.nodes, 'cpu', name), from, to)
      return nodes.has(name)
        ? [{ name, cores, busyCores: used && rounded((used.by * 1000) / used.overMs) }]
        : []
    }),
    pods: new Map(
      [...looked].map(([name, pod]) => {
        const of = (what: Counted) => grown(inside(watched.pods, what, name), from, to)
        const [cpu, received, sent] = [of('cpu'), of('received'), of('sent')]
        const throttled = throttling(watched.pods, name, from, to)
        const memory = memorySeen(watched.pods, pod, from)
        const seen = restartsOf(watched.looks, name, from)
        return [
          name,
          {
            node: pod.node,
            cpuCores: cpu && rounded((cpu.by * 1000) / cpu.overMs),
            cpuLimitCores: sumOf(pod.containers.map(({ cpuLimit }) => cpuLimit)),
            periods: throttled && Math.round(throttled.periods),
            throttledPeriods: throttled && Math.round(throttled.throttled),
            maxMemoryMiB: memory.mostMiB,
            maxMemoryShare: memory.share,
            memoryLimitMiB: sumOf(pod.containers.map(({ memoryLimitMiB }) => memoryLimitMiB)),
            ...seen,
            receivedMiB: received && rounded(received.by / MiB),
            sentMiB: sent && rounded(sent.by / MiB),
          },
        ] as const
      }),
    ),
  }
}

/** Since `from`: readings after the load count too, because the next one comes up to 20 s after it. */
function memorySeen(series: readonly Series[], pod: PodLook, from: number) {
  const most = new Map<string, number>()
  for (const { container, points } of inside(series, 'memory', pod.name))
    for (const { at, value } of points)
      if (at >= from) most.set(container, Math.max(value / MiB, most.get(container) ?? 0))
  const shares = [...most].flatMap(([container, used]) => {
    const limit = limitOf(pod, container)
    return limit ? [used / limit] : []
  })
  return {
    mostMiB: most.size > 0 ? rounded(sum([...most.values()]), 1) : null,
    share: shares.length > 0 ? rounded(largest(shares)) : null,
  }
}

function restartsOf(looks: Watched['looks'], name: string, from: number) {
  const seen = looks.flatMap(({ pods }) => pods.find((pod) => pod.name === name) ?? [])
  const [first, last] = [seen[0], seen.at(-1)]
  if (!first || !last) return { restarts: null, killedForMemory: null }
  // The API server counts in whole seconds.
  const kills = new Set(
    seen.flatMap(({ containers }) =>
      containers.flatMap(({ name, killedAt }) =>
        killedAt !== null && killedAt >= from - 1000 ? [`${name} ${killedAt}`] : [],
      ),
    ),
  )
  return { restarts: restarts(last) - restarts(first), killedForMemory: kills.size }
}

const stepMs = 500

/**
 * The same as the target's samples of a timeline, every half a second: what lies between two readings, which are 10 to 20 s
 * apart, is spread evenly. They begin when something is known of each pod that was there at first.
 */
export function podSamples(watched: Watched): UsageSample[] {
  const { pods, nodes, cores, looks, observed } = watched
  // The kubelet speaks of all pods of the namespace.
  const ours = new Set(looks.flatMap((look) => look.pods.map(({ name }) => name)))
  const owners = [...ours].filter((name) => pods.some(({ what, owner }) => what === 'cpu' && owner === name))
  const cpu = new Map(owners.map((owner) => [owner, inside(pods, 'cpu', owner)]))
  const namesIn = (look: Watched['looks'][number] | undefined) =>
    (look?.pods ?? []).flatMap(({ name }) => cpu.get(name) ?? [])
  const [first, last] = [namesIn(looks[0]), namesIn(looks.at(-1))].map((series) =>
    groupedBy(series, ({ owner }) => owner),
  )
  if (!first?.size || !last?.size) return []
  const start = largest([...first.values()].map((of) => smallest(of.map((each) => edges(each)[0]))))
  const end = smallest([...last.values()].map((of) => largest(of.map((each) => edges(each)[1]))))
  const worst = owners.map((owner) => {
    const name = throttling(pods, owner, start, end)?.container
    const of = (what: Counted) => inside(pods, what, owner).filter(({ container }) => container === name)
    return { known: name !== undefined, periods: of('periods'), throttled: of('throttled') }
  })
  const limited = worst.some(({ known }) => known)
  const memory = pods.filter(({ what }) => what === 'memory')
  const ofMemory = owners.flatMap((owner) => inside(memory, 'memory', owner))
  const perNode = [...cores].map(([name, all]) => ({ all, series: inside(nodes, 'cpu', name) }))
  const since = (series: readonly Series[], at: number) => between(series, start, at)
  return Array.from({ length: Math.max(0, Math.floor((end - start) / stepMs) + 1) }, (_, index) => {
    const at = start + index * stepMs
    const levels = ofMemory.flatMap((each) => valueAt(each, at) ?? [])
    const busy = perNode.flatMap(({ all, series }) => {
      const used = grown(series, at - stepMs, at + stepMs)
      return used ? [(used.by * 1000) / used.overMs / all] : []
    })
    return {
      at,
      cpuSeconds: [...cpu.values()].reduce((sum, of) => sum + since(of, at), 0),
      memoryMiB: levels.length === 0 ? null : rounded(sum(levels) / MiB, 1),
      pods: {
        periods: limited ? sum(worst.map((each) => since(each.periods, at))) : null,
        throttledPeriods: limited ? sum(worst.map((each) => since(each.throttled, at))) : null,
        memoryShare: shareAt(ofMemory, looks, at),
        restarts: restartsAt(looks, at),
        nodeBusy: busy.length === 0 ? null : rounded(largest(busy)),
        ...(observed.length > 0 && {
          observed: Object.fromEntries(observed.map(({ name, points }) => [name, valueAt({ points }, at)])),
        }),
      },
    }
  })
}

function between(series: readonly Series[], from: number, to: number): number {
  return sum(
    series.map((each) => {
      const [start, end] = edges(each)
      const [a, b] = [Math.max(from, start), Math.min(to, end)]
      return b <= a ? 0 : (valueAt(each, b) ?? 0) - (valueAt(each, a) ?? 0)
    }),
  )
}

function shareAt(memory: readonly Series[], looks: Watched['looks'], at: number): number | null {
  const now = looks.findLast((look) => look.at <= at) ?? looks[0]
  const shares = memory.flatMap((each) => {
    const pod = now?.pods.find(({ name }) => name === each.owner)
    const limit = limitOf(pod, each.container)
    const used = valueAt(each, at)
    return limit && used !== null ? [used / MiB / limit] : []
  })
  return shares.length === 0 ? null : rounded(largest(shares))
}

/** The memory limit of a container; of a pod whose containers are not known one by one that of its only one. */
const limitOf = (pod: PodLook | undefined, container: string): number | null =>
  (container === '' && pod?.containers.length === 1
    ? pod.containers[0]
    : pod?.containers.find(({ name }) => name === container)
  )?.memoryLimitMiB ?? null

function restartsAt(looks: Watched['looks'], at: number): number | null {
  const [first] = looks
  const now = looks.findLast((look) => look.at <= at)
  if (!first || !now) return null
  return sum(
    now.pods.map((pod) => {
      const before = first.pods.find(({ name }) => name === pod.name)
      return restarts(pod) - (before ? restarts(before) : 0)
    }),
  )
}

const restarts = ({ containers }: PodLook): number => sum(containers.map((each) => each.restarts))
