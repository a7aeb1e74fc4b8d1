import type { Node } from 'kubernetes-types/core/v1.js'
import type { Run } from '../../analysis/formats/run.ts'
import { quantity } from '../../analysis/formats/words.ts'
import { podSamples, podsUsed } from '../../analysis/run/pod-usage.ts'
import { insideUrl, serviceUrl } from '../cluster/address.ts'
import { type Autoscaler, autoscalersOf, suspend, toSuspend, unsuspend } from '../cluster/autoscaler.ts'
import { type Controller, type Deployed, findDeployed, type Named } from '../cluster/deployed.ts'
import { change, type Desired, desired } from '../cluster/deployment.ts'
import type { Kubectl } from '../cluster/kubectl.ts'
import { readPods } from '../cluster/pods.ts'
import { watchPods } from '../cluster/usage.ts'
import { watchReplicas } from '../cluster/watch.ts'
import { shownUrl } from '../shell/credentials.ts'
import { Failure } from '../shell/exit.ts'
import { podsThatAnswer } from './every-pod.ts'
import { readInsight, workloadOf } from './insight.ts'
import { covers, withLevels } from './levels.ts'
import { countPods, type PodCount, podUse } from './pod-counts.ts'
import { prometheusAt } from './prometheus.ts'
import { addressesOf, nearbyOnly, type Reach } from './reach.ts'
import type { Levels, Target } from './target.ts'
import { checkUrl } from './url.ts'

type Cluster = NonNullable<Run['target']['cluster']>

type Options = {
  /** null: the bundled workload. */
  readonly named: Named | null
  /** For a series: waits for an API server that does not answer for a while. */
  readonly patient?: boolean
  /** Whether the user allows an address of `named` that is neither loopback nor private. */
  readonly allowPublic?: boolean | undefined
  /** Where the load is made: in its cluster, there only if nothing else reaches it, or here (default). */
  readonly on?: 'cluster' | 'where it is reached' | 'here'
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
  { named, patient = false, allowPublic = false, on = 'here', before }: Options,
): Promise<Target> {
  const deployed = await findDeployed(shell, named, { patienceMs: patient ? seriesPatienceMs : 0 })
  const { bundled, resource } = deployed
  const { address } = deployed.named
  const given = address === undefined ? null : await checkUrl(address, { allowPublic, flag: '--address' })
  const { observe, observeQuery = {} } = deployed.named
  if (observe === undefined && Object.keys(observeQuery).length > 0)
    throw new Failure('usage', '--observe-query asks a Prometheus: add --observe prometheus=URL')
  const elsewhere =
    observe === undefined
      ? null
      : prometheusAt(await checkUrl(observe, { allowPublic, flag: '--observe' }), {
          reach: allowPublic ? 'anywhere' : nearbyOnly,
          queries: observeQuery,
        })
  shell.say(deployed.words)
  const within = on === 'here' || given ? null : await insideUrl(deployed, on === 'cluster')
  const addressNow = async () => given ?? within?.url ?? new URL(await serviceUrl(deployed))
  // A deployment that does not answer yet may do so with other replicas or another image.
  let url: URL | Error = await addressNow().catch((error: Error) => error)
  // Whoever may change the cluster has agreed to its service, also where that has a public address.
  const reachOf = async (): Promise<Reach> =>
    within
      ? within.reach
      : given
        ? allowPublic
          ? 'anywhere'
          : nearbyOnly
        : url instanceof Error
          ? nearbyOnly
          : addressesOf(url)
  let reach = await reachOf()
  let found: Before | null = before ?? null
  let varied = false
  let noted: string | null = null
  let pods = 1
  const target: Target = {
    get url() {
      if (url instanceof Error) throw url
      return url
    },
    isOurs: async () => bundled,
    ...(within && { inside: { kubectl: deployed.kubectl, labels: deployed.labels } }),
    get reach() {
      return reach
    },
    pods: () => pods,
    async vary(levels, signal) {
      if (found || Object.keys(levels).length > 0) {
        found ??= await variable(deployed, levels)
        if (!covers(found, levels)) {
          const now = asItIs(await deployed.read(), deployed, levels)
          found = { ...now, ...found, env: { ...now.env, ...found.env } }
        }
        const suspended = found.autoscalers ?? []
        for (const each of await toSuspend(deployed, varied ? suspended : [])) await suspend(deployed, each)
        varied = true
        await change(deployed, withLevels(found, levels), signal)
      }
      url = await addressNow()
      reach = await reachOf()
      pods = (await readPods(deployed)).filter(({ ready, terminating }) => ready && !terminating).length
      if (!bundled || within || url instanceof Error || pods < 2) return
      const answered = await podsThatAnswer({ url, reach, pods, signal })
      if (answered > 0 && answered < pods && !signal.aborted)
        shell.say(
          `only ${answered} of ${pods} pods answered through ${shownUrl(url)}: the load may miss the others`,
        )
    },
    async observe({ scaling }) {
      const observed = target.url
      const [{ replicas, ...facts }, before, insight, used] = await Promise.all([
        clusterFacts(deployed),
        countPods(deployed),
        bundled && !within ? readInsight(observed.href, { reach }) : null,
        watchPods(deployed, elsewhere),
      ])
      const { note } = used.seen()
      if (note !== null && note !== noted) shell.say(note)
      noted = note
      const watch = scaling ? watchReplicas(deployed) : null
      return {
        replicas,
        watchUsage: () => ({ stop: () => podSamples(used.seen()) }),
        async finish({ startedAt, endedAt }) {
          const changes = watch?.stop() ?? []
          // What was measured is kept, even if the cluster no longer answers.
          const after = await countPods(deployed).catch(() => new Map<string, PodCount>())
          const watched = await used.finish({ startedAt, endedAt })
          const { pods, ...rest } = podsUsed(watched, startedAt.getTime(), endedAt.getTime())
          const counted = podUse(before, after, endedAt.getTime() - startedAt.getTime())
          return {
            url: shownUrl(observed),
            embedded: false,
            replicas,
            workload: workloadOf(insight),
            cluster: {
              ...facts,
              scaling: changes.map(({ at, ...change }) => ({ atMs: at - startedAt.getTime(), ...change })),
              ...rest,
              // The bundled workload counts its CPU itself, from the first moment to the last.
              pods: counted.map(({ cpuCores, ...each }) => {
                const found = pods.get(each.name)
                return { ...found, ...each, cpuCores: cpuCores ?? found?.cpuCores ?? null }
              }),
            },
            // Each pod counts only its share; they are in `cluster.pods`.
            workServed: null,
          }
        },
      }
    },
    async restore() {
      if (!found) return true
      const first = found
      found = null
      const more = first.resources || Object.keys(first.env ?? {}).length > 0
      const words = `${quantity(first.replicas, 'replica')} of ${first.image}${more ? ' with its limits and variables' : ''}`
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
        return shell.urgent.aborted
      }
      return true
    },
  }
  return target
}

/**
 * What a deployment that is to be varied runs now; a Failure where there is none, where something else scales it, or
 * where what is to be restored must not be kept.
 * @param levels any of what will be varied
 */
export const variableNow = async (
  shell: Kubectl['shell'],
  named: Named | null,
  levels: Levels = {},
): Promise<Before> => variable(await findDeployed(shell, named), levels)

async function variable(deployed: Deployed, levels: Levels): Promise<Before> {
  const autoscalers = await toSuspend(deployed)
  const now = asItIs(await deployed.read(), deployed, levels)
  return { ...now, ...(autoscalers.length > 0 && { autoscalers }) }
}

/** As far as these levels change it. */
function asItIs(controller: Controller, deployed: Deployed, levels: Levels): Desired {
  const container = deployed.container()
  const variables = Object.keys(levels.env ?? {})
  const { resources, env, ...now } = desired(controller, container, variables)
  const secret = variables.find((name) => /:\/\/[^\s/]*@/.test(String(env?.[name]?.value)))
  if (secret !== undefined)
    throw new Failure(
      'usage',
      `env.${secret} of ${deployed.resource} holds a password now, which would be kept with the plan; it cannot be varied`,
    )
  const limited = levels.cpu !== undefined || levels.memory !== undefined
  return { ...now, ...(limited && { resources }), ...(variables.length > 0 && { env }) }
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
  const { replicas, image } = desired(controller, container)
  return {
    replicas,
    image,
    context,
    namespace: kubectl.namespace,
    deployment: resource,
    container,
    nodes: nodes?.length ?? null,
    cpuLimit: limits?.cpu ?? null,
    memoryLimit: limits?.memory ?? null,
    cpuRequest: found?.resources?.requests?.cpu ?? limits?.cpu ?? null,
  }
}
