import type { Node } from 'kubernetes-types/core/v1.js'
import type { Run } from '../../analysis/formats/run.ts'
import { quantity } from '../../analysis/formats/words.ts'
import { serviceUrl } from '../cluster/address.ts'
import { type Autoscaler, autoscalersOf, suspend, toSuspend, unsuspend } from '../cluster/autoscaler.ts'
import { type Deployed, findDeployed, type Named } from '../cluster/deployed.ts'
import { change, type Desired, desired } from '../cluster/deployment.ts'
import type { Kubectl } from '../cluster/kubectl.ts'
import { readPods } from '../cluster/pods.ts'
import { watchReplicas } from '../cluster/watch.ts'
import { shownUrl } from '../shell/credentials.ts'
import { Failure } from '../shell/exit.ts'
import { parseInsight, readInsight, workloadOf } from './insight.ts'
import { addressesOf, nearbyOnly, type Reach } from './reach.ts'
import type { Target } from './target.ts'
import { checkUrl } from './url.ts'

type Cluster = NonNullable<Run['target']['cluster']>

type Options = {
  /** null: the bundled workload. */
  readonly named: Named | null
  /** For a series: waits for an API server that does not answer for a while. */
  readonly patient?: boolean
  /** Whether the user allows an address of `named` that is neither loopback nor private. */
  readonly allowPublic?: boolean | undefined
  /** What to restore; default: as it is now. */
  readonly before?: Before | undefined
}

/** What a deployment ran before it was varied, and the autoscalers that are suspended meanwhile. */
type Before = Desired & { readonly autoscalers?: Autoscaler[] | undefined }

// An upgrade of the control plane takes about a minute.
const seriesPatienceMs = 120_000

/** A deployment or StatefulSet on a cluster, behind its service; a Failure where there is none. */
export async function deploymentTarget(
  shell: Kubectl['shell'],
  { named, patient = false, allowPublic = false, before }: Options,
): Promise<Target> {
  const deployed = await findDeployed(shell, named, { patienceMs: patient ? seriesPatienceMs : 0 })
  const { bundled, resource } = deployed
  const { address } = deployed.named
  const given = address === undefined ? null : await checkUrl(address, { allowPublic, flag: '--address' })
  shell.say(deployed.words)
  const addressNow = async () => given ?? new URL(await serviceUrl(deployed))
  // A deployment that does not answer yet may do so with other replicas or another image.
  let url: URL | Error = await addressNow().catch((error: Error) => error)
  // Whoever may change the cluster has agreed to its service, also where that has a public address.
  const reachOf = async (): Promise<Reach> =>
    given ? (allowPublic ? 'anywhere' : nearbyOnly) : url instanceof Error ? nearbyOnly : addressesOf(url)
  let reach = await reachOf()
  let found: Before | null = before ?? null
  let varied = false
  const target: Target = {
    get url() {
      if (url instanceof Error) throw url
      return url
    },
    isOurs: async () => bundled,
    get reach() {
      return reach
    },
    async vary(levels, signal) {
      if (levels.image !== undefined || levels.replicas !== undefined) {
        found ??= await variable(deployed)
        const suspended = found.autoscalers ?? []
        for (const each of await toSuspend(deployed, varied ? suspended : [])) await suspend(deployed, each)
        varied = true
        await change(deployed, levels, signal)
      }
      url = await addressNow()
      reach = await reachOf()
    },
    async observe({ scaling }) {
      const observed = target.url
      const [{ replicas, ...facts }, before, insight] = await Promise.all([
        clusterFacts(deployed),
        countPods(deployed),
        bundled ? readInsight(observed.href, { reach }) : null,
      ])
      const watch = scaling ? watchReplicas(deployed) : null
      return {
        replicas,
        async finish({ startedAt, endedAt }) {
          const changes = watch?.stop() ?? []
          // What was measured is kept, even if the cluster no longer answers.
          const after = await countPods(deployed).catch(() => new Map<string, PodCount>())
          return {
            url: shownUrl(observed),
            embedded: false,
            replicas,
            workload: workloadOf(insight),
            cluster: {
              ...facts,
              scaling: changes.map(({ at, ...change }) => ({ atMs: at - startedAt.getTime(), ...change })),
              pods: podUse(before, after, endedAt.getTime() - startedAt.getTime()),
            },
            // Each pod counts only its share; they are in `cluster.pods`.
            workServed: null,
          }
        },
      }
    },
    async restore() {
      if (!found) return
      const first = found
      found = null
      const words = `${quantity(first.replicas, 'replica')} of ${first.image}`
      shell.say(`back to ${words} …`)
      try {
        await change(deployed, first, shell.urgent)
        for (const each of first.autoscalers ?? []) await unsuspend(deployed, each)
      } catch (error) {
        shell.say(
          shell.urgent.aborted
            ? `did not wait for ${resource} in the namespace ${deployed.kubectl.namespace}, which goes back to ${words}`
            : `could not restore ${resource} in the namespace ${deployed.kubectl.namespace} to ${words}: ${(error as Error).message}`,
        )
      }
    },
  }
  return target
}

/** What a deployment that is to be varied runs now; a Failure where there is none, or where something else scales it. */
export const variableNow = async (shell: Kubectl['shell'], named: Named | null): Promise<Before> =>
  variable(await findDeployed(shell, named))

async function variable(deployed: Deployed): Promise<Before> {
  const autoscalers = await toSuspend(deployed)
  const now = desired(await deployed.read(), deployed.container())
  return { ...now, ...(autoscalers.length > 0 && { autoscalers }) }
}

/** @throws a Failure with advice where nothing would scale the deployment */
export async function needAutoscaler(shell: Kubectl['shell'], named: Named | null): Promise<void> {
  const deployed = await findDeployed(shell, named)
  if ((await autoscalersOf(deployed)).length === 0)
    throw new Failure(
      'environment',
      deployed.bundled
        ? 'nothing scales the workload; "npm run cluster:deploy -- --with autoscaling" adds an autoscaler'
        : `nothing scales ${deployed.resource}: the namespace ${deployed.kubectl.namespace} has no autoscaler of it that may be read`,
    )
}

async function clusterFacts(
  deployed: Deployed,
): Promise<{ readonly replicas: number } & Omit<Cluster, 'pods' | 'scaling'>> {
  const { kubectl, context, resource } = deployed
  const [controller, nodes] = await Promise.all([
    deployed.read(),
    // Whoever has rights in one namespace only may not see them.
    kubectl.list<Node>('nodes').catch(() => null),
  ])
  const container = deployed.container()
  const found = controller.spec?.template.spec?.containers.find(({ name }) => name === container)
  const limits = found?.resources?.limits
  return {
    ...desired(controller, container),
    context,
    namespace: kubectl.namespace,
    deployment: resource,
    nodes: nodes?.length ?? null,
    cpuLimit: limits?.cpu ?? null,
    memoryLimit: limits?.memory ?? null,
  }
}

export type PodCount = {
  readonly node: string
  /** Of the bundled workload; null for any other, which is not asked. */
  readonly counted: {
    /** Differs for every start of the workload. */
    readonly instance: string
    readonly served: number
    readonly cpuSeconds: number
  } | null
}

/** What each pod counted so far, read through the API server: a service would choose the pod itself. */
async function countPods(deployed: Deployed): Promise<Map<string, PodCount>> {
  const { kubectl, bundled } = deployed
  const counts = new Map<string, PodCount>()
  for (const { name, node, terminating } of await readPods(deployed)) {
    if (terminating) continue
    if (!bundled) {
      counts.set(name, { node, counted: null })
      continue
    }
    const path = `/api/v1/namespaces/${kubectl.namespace}/pods/${name}:8080/proxy/insight`
    const insight = await parseInsight(await kubectl.run('get', '--raw', path).catch(() => ''))
    if (!insight) continue
    const { instance, work, used } = insight
    counts.set(name, { node, counted: { instance, served: work.served, cpuSeconds: used.cpuSeconds } })
  }
  return counts
}

/** What each pod did between two counts; null figures for a pod that started or stopped in between. */
export function podUse(
  before: ReadonlyMap<string, PodCount>,
  after: ReadonlyMap<string, PodCount>,
  durationMs: number,
): Cluster['pods'] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().map((name) => {
    const [first, last] = [before.get(name)?.counted, after.get(name)?.counted]
    // A pod that has restarted keeps its name, but counts from zero.
    const same = first && last && first.instance === last.instance
    return {
      name,
      node: (after.get(name) ?? before.get(name))?.node ?? '',
      served: same ? last.served - first.served : null,
      cpuCores: same ? ((last.cpuSeconds - first.cpuSeconds) * 1000) / durationMs : null,
    }
  })
}
