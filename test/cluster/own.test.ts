import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { reportOf, runOf } from '../command.ts'
import { apply, begin, type Ended, image, kubeconfigOf, kubectl, namespaceWith } from './inside.ts'

/**
 * A service that is not ours, in a namespace of its own, with a sidecar, another port and another path, loaded by
 * somebody who has rights in that namespace only.
 */
const namespace = 'store'
const next = image.replace(/:[^:]*$/, ':next')

// Works for some milliseconds of CPU; the sidecar listens too.
const program = `const http = require('node:http')
http.createServer((request, response) => {
  if (request.url === '/ready') return response.end('ok')
  if (request.url !== '/items') return response.writeHead(404).end()
  const end = performance.now() + 5
  while (performance.now() < end);
  response.end('[]')
}).listen(Number(process.argv[2]))
process.on('SIGTERM', () => setTimeout(() => process.exit(), 1000))`

const container = (name: string, port: number, cpu: string, request = '50m') => ({
  name,
  image,
  imagePullPolicy: 'IfNotPresent',
  command: ['node', '/program/main.js', String(port)],
  ports: [{ name, containerPort: port }],
  volumeMounts: [{ name: 'program', mountPath: '/program' }],
  readinessProbe: { httpGet: { path: '/ready', port: name }, periodSeconds: 1 },
  resources: { requests: { cpu: request }, limits: { cpu, memory: '96Mi' } },
})

const env = [
  { name: 'POOL', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
  { name: 'LOCALE', value: 'en' },
]
const labels = { app: 'shop' }
const of = (kind: string, apiVersion: string, name: string, rest: object) => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
  ...rest,
})
const ports = [
  { name: 'admin', port: 9000, targetPort: 'proxy' },
  { name: 'web', port: 80, targetPort: 'app' },
]
const objects = [
  ...namespaceWith(namespace, program),
  of('Deployment', 'apps/v1', 'shop', {
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          volumes: [{ name: 'program', configMap: { name: 'program' } }],
          containers: [container('proxy', 9000, '50m'), { ...container('app', 3000, '200m', '150m'), env }],
        },
      },
    },
  }),
  of('Service', 'v1', 'front', { spec: { type: 'NodePort', selector: labels, ports } }),
  of('ServiceAccount', 'v1', 'dev', {}),
  of('Role', 'rbac.authorization.k8s.io/v1', 'dev', {
    rules: [
      {
        apiGroups: ['', 'apps', 'autoscaling', 'networking.k8s.io'],
        resources: [
          'pods',
          'services',
          'deployments',
          'statefulsets',
          'horizontalpodautoscalers',
          'ingresses',
        ],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['apps'],
        resources: ['deployments', 'deployments/scale'],
        verbs: ['patch', 'update', 'get'],
      },
      { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['patch'] },
    ],
  }),
  of('RoleBinding', 'rbac.authorization.k8s.io/v1', 'dev', {
    subjects: [{ kind: 'ServiceAccount', name: 'dev', namespace }],
    roleRef: { kind: 'Role', name: 'dev', apiGroup: 'rbac.authorization.k8s.io' },
  }),
]

let out = ''
let dev = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-own-'))
  await apply(out, objects)
  await kubectl('-n', namespace, 'rollout', 'status', 'deployment/shop', '--timeout=120s')
  dev = await kubeconfigOf(out, namespace, 'dev')
})
after(async () => {
  await kubectl('delete', 'namespace', namespace, '--wait=true')
  await rm(out, { recursive: true, force: true })
})

const start = (...args: string[]) => begin(out, args, { KUBECONFIG: dev })
const ours = (...args: string[]): Promise<Ended> => start(...args).ended
const shop = ['--deployment', 'shop', '--container', 'app', '--path', '/items', '--vus', '6']
const short = ['--duration', '3s', '--warm-up', '500ms']

/** The deployment as somebody wrote it, without what the API server counts. */
async function written(): Promise<unknown> {
  const { spec } = JSON.parse(await kubectl('-n', namespace, 'get', 'deployment', 'shop', '-o', 'json'))
  return spec
}

test('is found, loaded through its NodePort or LoadBalancer, and described', async () => {
  const nodePort = await ours(
    'run',
    'constant',
    ...shop,
    '--duration',
    '3s',
    '--health',
    '/ready',
    '--port',
    'web',
  )
  assert.equal(nodePort.code, 0, nodePort.stderr)
  assert.match(nodePort.stderr, /^kube context \S+, namespace store: deployment\/shop$/m)
  const { target } = (await runOf(out, nodePort.stderr)).run
  const { cluster, replicas, workload } = target
  assert.deepEqual(
    [replicas, workload, cluster?.nodes, cluster?.deployment, cluster?.cpuLimit, cluster?.pods.length],
    [2, null, null, 'deployment/shop', '200m', 2],
  )
  await kubectl('-n', namespace, 'patch', 'service', 'front', '-p', '{"spec":{"type":"LoadBalancer"}}')
  const balancer = await ours('run', 'constant', ...shop, '--duration', '3s')
  assert.equal(balancer.code, 0, balancer.stderr)
  await kubectl('-n', namespace, 'patch', 'service', 'front', '-p', '{"spec":{"type":"ClusterIP"}}')
  const inside = await ours('run', 'constant', ...shop, '--duration', '3s')
  assert.equal(inside.code, 4)
  assert.match(inside.stderr, /k6 would run in pods of the namespace store, and no Job may be created there/)
  assert.doesNotMatch(inside.stderr, /could not delete/)
  await kubectl('-n', namespace, 'patch', 'service', 'front', '-p', '{"spec":{"type":"NodePort"}}')
})

test('ab puts images in turns into the named container; sweep varies factors of it; both leave it to the letter', async () => {
  const before = await written()
  const sides = ['--b', `image=${next}`, '--repeat', '1', '--effect', '20%']
  const ab = await ours('ab', ...shop, ...sides, ...short)
  assert.equal(ab.code, 0, ab.stderr)
  const { runs } = (await reportOf(out, ab.stderr)).statistics
  const used = runs.map(({ run }) => `${run?.labels.side} ${run?.target.cluster?.image}`)
  assert.deepEqual(used.sort(), [`a ${image}`, `b ${next}`])
  assert.deepEqual(await written(), before)
  // The request of 150m is above the lower limit.
  const factors = ['replicas=1,2', 'cpu=100m,200m', 'env.POOL=8'].flatMap((factor) => ['--vary', factor])
  const sweep = await ours('sweep', ...shop, ...factors, '--repeat', '1', ...short)
  assert.equal(sweep.code, 0, sweep.stderr)
  assert.match(sweep.stdout, /^1 +100m +8 +1 .*\n1 +200m +8 +1 .*\n2 +100m +8 +1 .*\n2 +200m +8 +1 /m)
  const cells = (await reportOf(out, sweep.stderr)).statistics.runs.map(({ run }) => [
    run?.target.replicas,
    run?.target.cluster?.cpuLimit,
    run?.factors,
  ])
  for (const [replicas, cpu, varied] of cells)
    assert.deepEqual(varied, { replicas: String(replicas), cpu, 'env.POOL': '8' })
  assert.deepEqual(await written(), before)
})

test('breakpoint searches the rate that it holds', async () => {
  const { code, stdout, stderr } = await ours(
    'breakpoint',
    ...shop.slice(0, -2),
    ...['--rate', '20', '--duration', '2s', '--repeat', '1', '--precision', '50', '--slo', 'p95=1000'],
  )
  assert.equal(code, 0, stderr)
  console.log(stdout.replace(/^/gm, '# '))
})

test('beside an autoscaler it is not varied, or the autoscaler is suspended and restored, also after a kill', async () => {
  const spec = {
    minReplicas: 1,
    maxReplicas: 2,
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 90 } },
      },
    ],
  }
  const file = path.join(out, 'autoscaler.json')
  await writeFile(file, JSON.stringify(of('HorizontalPodAutoscaler', 'autoscaling/v2', 'shop', { spec })))
  await kubectl('apply', '-f', file)
  const scaler = async () =>
    JSON.parse(await kubectl('-n', namespace, 'get', 'hpa', 'shop', '-o', 'json')).spec
  const [before, deployment] = [await scaler(), await written()]
  const sweep = ['sweep', ...shop, '--replicas', '1,3', '--repeat', '2', ...short]
  const refused = await ours(...sweep)
  assert.equal(refused.code, 4)
  assert.match(refused.stderr, /is scaled by the autoscaler shop \(1 to 2 replicas\).*--suspend-autoscaler/)
  const until = async (words: string, { output, running }: ReturnType<typeof start>) => {
    while (!output.stderr.includes(words) && running()) await sleep(100)
  }
  const stopped = start(...sweep, '--suspend-autoscaler')
  await until('run 2 of 4', stopped)
  stopped.interrupt()
  assert.equal((await stopped.ended).code, 130, stopped.output.stderr)
  assert.deepEqual([await scaler(), await written()], [before, deployment])

  const [, folder = ''] = /--resume (\S+)/.exec(stopped.output.stderr) ?? []
  const killed = start('sweep', '--resume', folder)
  await until('run 3 of 4', killed)
  killed.kill()
  await killed.ended
  assert.equal((await scaler()).behavior.scaleUp.selectPolicy, 'Disabled')
  const resumed = await ours('sweep', '--resume', folder)
  assert.equal(resumed.code, 0, resumed.stderr)
  assert.deepEqual([await scaler(), await written()], [before, deployment])
})
