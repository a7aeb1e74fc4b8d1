import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { testShell } from './shell.ts'

/** A cluster as far as kubectl shows it: one deployment, whose pods are ready at once. */
export type FakeCluster = {
  /** null for no deployment. */
  readonly replicas?: number | null
  readonly image?: string
  readonly balancer?: { readonly ip?: string; readonly port: number }
  readonly nodePort?: number
  readonly autoscalers?: number
  /** The updateMode of a vertical autoscaler; default: there is none, and the cluster does not know the kind. */
  readonly vertical?: string
  /** Whether it knows the kinds of the Prometheus operator. */
  readonly operator?: boolean
  /** Default: the bundled workload's deployment. */
  readonly name?: string
  readonly kind?: 'deployments' | 'statefulsets'
  readonly containers?: readonly string[]
  /** Of the first container. */
  readonly resources?: object
  readonly env?: readonly object[]
  /** Services, as the API lists them, instead of the one made of balancer and port. */
  readonly services?: readonly object[]
  readonly ingresses?: readonly object[]
  /** Resources that may not be listed. */
  readonly forbidden?: readonly string[]
  /** Whether its pods never become ready. */
  readonly stuck?: boolean
  /** How many pods its node has room for. */
  readonly room?: number
  /** Whether the control plane has not heard of its node. */
  readonly nodeAway?: boolean
  /** stderr of the next commands, which fail; '' for one that does not. */
  readonly failures?: readonly string[]
  /** Whether minikube has a profile of this context. */
  readonly minikube?: boolean
  /** Whether its builds fail, which it does not say by its exit code. */
  readonly buildFails?: boolean
}

const kubectl = (folder: string) => `#!${process.execPath}
const fs = require('node:fs')
const [file, calls] = ${JSON.stringify([path.join(folder, 'cluster.json'), path.join(folder, 'calls')])}
const [verb, resource, ...rest] = process.argv.slice(2).filter((each) => !/^--(context|request-timeout)=/.test(each))
fs.appendFileSync(calls, [verb, resource, ...rest].join(' ') + '\\n')
const cluster = JSON.parse(fs.readFileSync(file, 'utf8'))
const { replicas, image, balancer, nodePort, autoscalers, failures, served, stuck, name, kind, forbidden } = cluster
const labels = { app: name }
const save = (changes) => fs.writeFileSync(file, JSON.stringify({ ...cluster, ...changes }))
const containers = cluster.containers.map((name, index) => index === 0
  ? { name, image, resources: cluster.resources, env: cluster.env } : { name, image: name + ':1' })
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index + 1))
const items = {
  deployments: () => [],
  statefulsets: () => [],
  [kind]: () => replicas === null ? [] : [{
    metadata: { name, generation: 1 },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
    status: { observedGeneration: 1, updatedReplicas: replicas },
  }],
  pods: () => times(replicas, (index) => ({
    metadata: { name: 'pod-' + index },
    spec: { nodeName: 'node-1', containers },
    status: index > (cluster.room ?? index) ? {
      conditions: [{ type: 'PodScheduled', reason: 'Unschedulable', message: cluster.nodeAway ? '1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }' : '1 Insufficient cpu' }],
    } : {
      hostIP: '127.0.0.1',
      containerStatuses: containers.map(({ name, image }) => ({ name, image, ready: !stuck, restartCount: 0 })),
    },
  })),
  ingresses: () => cluster.ingresses,
  services: () => cluster.services ? cluster.services : balancer || nodePort ? [{
    metadata: { name: 'workload' },
    spec: { type: 'LoadBalancer', selector: labels, ports: [{ port: balancer?.port, nodePort }] },
    status: { loadBalancer: { ingress: balancer?.ip ? [{ ip: balancer.ip }] : [] } },
  }] : [],
  nodes: () => [{ status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }] } }],
  verticalpodautoscalers: () => [{
    metadata: { name: 'sizer' },
    spec: { targetRef: { kind: kind === 'deployments' ? 'Deployment' : 'StatefulSet', name }, updatePolicy: { updateMode: cluster.vertical } },
  }],
  hpa: () => times(autoscalers, (index) => ({
    metadata: { name: cluster.name === 'workload' ? 'workload' : 'scaler-' + index },
    spec: { maxReplicas: 5, scaleTargetRef: { kind: kind === 'deployments' ? 'Deployment' : 'StatefulSet', name } },
  })),
}
const insight = () => ({
  service: 'load-and-stress', version: '1', instance: 'i', host: 'h', pod: null, namespace: null, node: null,
  limits: { cpuCores: 1, memoryMiB: 1 }, used: { cpuSeconds: served / 100 }, work: { served, waiting: 0, threads: 1, unitsPerMs: 1, calibrated: 'pinned' },
})
if (failures.length > 0) save({ failures: failures.slice(1) })
if (failures[0]) {
  console.error(failures[0])
  process.exitCode = 1
} else if (verb === 'get' && resource === 'verticalpodautoscalers' && !cluster.vertical) {
  console.error('error: the server doesn\\'t have a resource type "verticalpodautoscalers"')
  process.exitCode = 1
} else if (forbidden.includes(resource)) {
  console.error('Error from server (Forbidden): ' + resource + ' is forbidden: User "dev" cannot list it')
  process.exitCode = 1
} else if (rest.includes('--watch')) {
  fs.writeSync(1, '1 1\\n1 1\\n2 1\\n2 2\\n')
  fs.appendFileSync(calls, 'watching\\n')
  setInterval(() => {}, 1000)
} else if (verb === 'scale') save({ replicas: Number(rest.at(-1).split('=')[1]) })
else if (rest.includes('--type=strategic')) {
  // As far as changes of a container go.
  const [{ image = cluster.image, resources, env = [] }] = JSON.parse(rest.at(-1)).spec.template.spec.containers
  const { $patch, ...replaced } = resources ?? cluster.resources
  const kept = cluster.env.flatMap((each) => {
    const change = env.find(({ name }) => name === each.name)
    const merged = Object.entries({ ...each, ...change }).filter(([, value]) => value !== null)
    return change?.$patch ? [] : [Object.fromEntries(merged)]
  })
  const added = env.filter(({ name, $patch }) => !$patch && !kept.some((each) => each.name === name))
  save({ image, resources: replaced, env: [...kept, ...added] })
}
else if (verb === 'delete') save({ autoscalers: 0 })
else if (verb === 'api-resources') console.log(cluster.operator ? 'servicemonitors.monitoring.coreos.com' : '')
else if (verb === 'patch') save({ patched: rest.at(-1) })
else if (verb === 'config') console.log('here')
else if (verb === 'top') console.log('pod-1 12m 30Mi')
else if (resource === '--raw' && !rest.at(-1).includes('/insight')) {
  console.error('Error from server (Forbidden): nodes "node-1" is forbidden')
  process.exit(1)
} else if (resource === '--raw') {
  save({ served: served + 100 })
  console.log(JSON.stringify(insight()))
} else if (items[resource]) console.log(JSON.stringify({ items: items[resource]() }))
else if (verb === 'apply') fs.copyFileSync(rest.at(-1) + '/kustomization.yaml', calls + '.applied')
`

const minikube = (folder: string, valid: readonly { Name: string }[]) => `#!/bin/sh
echo "$@" >>'${path.join(folder, 'minikube-calls')}'
[ "$1" != profile ] || echo '${JSON.stringify({ valid })}'
case "$3 $4" in
  'image build') [ -e '${folder}/no-build' ] || printf '%s' "$6" >'${folder}/built' ;;
  'image ls') printf '[{"id":"1","repoTags":["%s"]}]\\n' "$(cat '${folder}/built' 2>/dev/null)" ;;
esac
`

/** A shell whose PATH has a kubectl and a minikube with this cluster. Remove it after the test. */
export function fakeKubectl(cluster: FakeCluster = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'las-kubectl-'))
  const state = {
    replicas: 1,
    image: 'app:1',
    autoscalers: 0,
    failures: [],
    served: 0,
    name: 'workload',
    kind: 'deployments',
    containers: ['workload'],
    resources: { limits: { cpu: '200m' } },
    env: [],
    ingresses: [],
    forbidden: [],
    ...cluster,
  }
  writeFileSync(path.join(folder, 'cluster.json'), JSON.stringify(state))
  writeFileSync(path.join(folder, 'calls'), '')
  writeFileSync(path.join(folder, 'kubectl'), kubectl(folder), { mode: 0o755 })
  if (cluster.buildFails) writeFileSync(path.join(folder, 'no-build'), '')
  const valid = cluster.minikube ? [{ Name: 'here' }] : []
  writeFileSync(path.join(folder, 'minikube'), minikube(folder, valid), { mode: 0o755 })
  const read = (name: string) => readFileSync(path.join(folder, name), 'utf8').trim()
  return {
    shell: testShell({ env: { ...process.env, PATH: `${folder}:${process.env.PATH}` } }),
    /** One line for each kubectl command so far. */
    calls: () => read('calls').split('\n'),
    minikubeCalls: () => read('minikube-calls').split('\n'),
    change(parts: FakeCluster): void {
      const now = JSON.parse(read('cluster.json'))
      writeFileSync(path.join(folder, 'cluster.json'), JSON.stringify({ ...now, ...parts }))
    },
    now: () => JSON.parse(read('cluster.json')),
    applied: () => JSON.parse(read('calls.applied')),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
