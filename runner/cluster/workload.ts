import { readdirSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Node } from 'kubernetes-types/core/v1.js'
import { quantity } from '../../analysis/formats/words.ts'
import { largest } from '../../analysis/numbers/extremes.ts'
import { Failure } from '../shell/exit.ts'
import type { Shell } from '../shell/shell.ts'
import { temporaryFolder } from '../shell/temporary.ts'
import { serviceUrl } from './address.ts'
import { autoscalersOf } from './autoscaler.ts'
import { type Deployed, findDeployed, workloadNamespace as namespace } from './deployed.ts'
import { change, settled } from './deployment.ts'
import { type Kubectl, kubectlOf } from './kubectl.ts'
import { buildInto, minikube, minikubeProfile } from './minikube.ts'
import { podCpu, readPods } from './pods.ts'

const manifests = path.join(import.meta.dirname, '../../manifests')
const bundledImage = 'localhost/load-and-stress:0.1.0'

/** Starts a minikube cluster with metrics-server; a Failure on a machine that is too small. */
export async function up(
  shell: Shell,
  { nodes, profile }: { readonly nodes: number; readonly profile: string },
): Promise<void> {
  const [cores, gib] = [os.availableParallelism(), os.totalmem() / 2 ** 30]
  if (cores < 2 || gib < 3.5)
    throw new Failure(
      'environment',
      `this machine has ${cores} core${cores === 1 ? '' : 's'} and ${gib.toFixed(1)} GiB, but a cluster, the workload and k6 need at least 2 cores and 4 GiB; use another cluster's context`,
    )
  await minikube(shell, 'start', `--profile=${profile}`, `--nodes=${nodes}`, '--addons=metrics-server')
}

/**
 * Deploys the workload to the current kube context and waits until it is ready.
 * @param image one that the cluster can pull; without it, the workload's is built into minikube
 * @param components names of folders in manifests/components
 */
export async function deploy(
  shell: Shell,
  {
    replicas,
    image,
    components,
  }: {
    readonly replicas: number
    readonly image?: string | undefined
    readonly components: readonly string[]
  },
): Promise<void> {
  const available = readdirSync(path.join(manifests, 'components'))
  for (const each of components)
    if (!available.includes(each))
      throw new Failure('usage', `--with: no component "${each}"; available: ${available.join(', ')}`)
  const kubectl = kubectlOf(shell, { namespace })
  if (components.includes('monitoring')) await needOperator(kubectl)
  const profile = await minikubeProfile(kubectl)
  const used = image ?? (profile ? await buildInto(shell, profile, bundledImage) : bundledImage)
  await apply(kubectl, replicas, used, components)
  const deployed = await findDeployed(shell, null)
  if (!components.includes('autoscaling')) await removeAutoscaler(deployed)
  await settled(deployed, replicas, shell.signal)
  shell.say(`${readyWords(replicas)}; "npm run -s cluster:url" prints the address`)
}

/** @throws a Failure where a ServiceMonitor cannot be applied, before anything else is */
async function needOperator(kubectl: Kubectl): Promise<void> {
  const kinds = await kubectl.run('api-resources', '--api-group=monitoring.coreos.com', '-o', 'name')
  if (!kinds.includes('servicemonitors'))
    throw new Failure(
      'environment',
      '--with monitoring needs the Prometheus operator, whose ServiceMonitor this cluster does not know; nothing was deployed',
    )
}

/** The one of an earlier deployment with autoscaling, which would change the replicas again. */
async function removeAutoscaler(deployed: Deployed): Promise<void> {
  const { kubectl } = deployed
  for (const { metadata } of await autoscalersOf(deployed)) {
    const name = metadata?.name ?? ''
    if (name === 'workload') await kubectl.run('delete', 'hpa', name, ...kubectl.inNamespace)
    kubectl.shell.say(
      name === 'workload'
        ? 'the autoscaler of an earlier deployment is removed; --with autoscaling keeps it'
        : `the autoscaler ${name} still scales the workload`,
    )
  }
}

/** Applies the base with these replicas, image and components, as a temporary kustomization. */
async function apply(
  kubectl: Kubectl,
  replicas: number,
  image: string,
  components: readonly string[],
): Promise<void> {
  const folder = temporaryFolder()
  const from = (inside: string) => path.relative(folder, path.join(manifests, inside))
  const [, newName = image, tag, digest] = /^(.*?)(?::([^:/@]+))?(?:@(.+))?$/.exec(image) ?? []
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [from('base')],
    components: components.map((each) => from(`components/${each}`)),
    replicas: [{ name: 'workload', count: replicas }],
    images: [
      { name: 'localhost/load-and-stress', newName, ...(tag && { newTag: tag }), ...(digest && { digest }) },
    ],
  }
  try {
    // JSON is YAML too.
    await writeFile(path.join(folder, 'kustomization.yaml'), JSON.stringify(kustomization))
    await kubectl.run('apply', '--server-side', '--force-conflicts', '-k', folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Prints the address of the workload alone, once it has answered there; all else goes to stderr. */
export async function printUrl(shell: Shell): Promise<void> {
  shell.print(`${await serviceUrl(await findDeployed(shell, null))}\n`)
}

const readyWords = (replicas: number) =>
  `${quantity(replicas, 'replica')} ${replicas === 1 ? 'is' : 'are'} ready`

/** Changes the number of replicas and waits until exactly this many are ready. */
export async function scaleTo(shell: Shell, replicas: number): Promise<void> {
  await change(await findDeployed(shell, null), { replicas }, shell.signal)
  shell.say(readyWords(replicas))
}

/** Prints the pods, where they run and what they use, and what is wrong with them. */
export async function status(shell: Shell): Promise<void> {
  const deployed = await findDeployed(shell, null)
  const [all, autoscalers, cpu, nodes] = await Promise.all([
    readPods(deployed),
    autoscalersOf(deployed),
    podCpu(deployed),
    deployed.kubectl.list<Node>('nodes'),
  ])
  const pods = all.filter(({ terminating }) => !terminating)
  const rows = [
    ['pod', 'node', 'ready', 'restarts', 'CPU'],
    ...pods.map(({ name, node, ready, restarts }) => [
      name,
      node,
      ready ? 'yes' : 'no',
      String(restarts),
      cpu.get(name) ?? '–',
    ]),
  ]
  const widths = rows[0]?.map((_, column) => largest(rows.map((row) => row[column]?.length ?? 0))) ?? []
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const scaled = autoscalers.map(
    ({ metadata, spec }) =>
      `the autoscaler ${metadata?.name} scales it: ${spec?.minReplicas ?? 1} to ${spec?.maxReplicas} replicas`,
  )
  const problems = pods.flatMap(({ problem }) => problem ?? [])
  shell.print(`${[...lines, '', quantity(nodes.length, 'node'), ...scaled, ...problems].join('\n')}\n`)
}

/** Removes the workload with its namespace; the cluster stays. */
export async function down(shell: Shell): Promise<void> {
  const options = ['--ignore-not-found', '--wait=true', '--request-timeout=180s']
  await kubectlOf(shell, { namespace }).run('delete', 'namespace', namespace, ...options)
  shell.say(`the namespace ${namespace} is gone; "minikube delete" removes a minikube cluster`)
}
