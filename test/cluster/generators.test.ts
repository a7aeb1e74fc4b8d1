import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunStatistics } from '../../analysis/run/statistics.ts'
import { runOf } from '../command.ts'
import { segmentsIn } from '../segments.ts'
import { apply, begin, image, kubeconfigOf, kubectl, quick, runnerImage } from './inside.ts'

/**
 * Generators in pods, next to a service that only pods reach, for somebody who has rights in its namespace only.
 * The variables are those of cluster.test.ts.
 */
const namespace = 'generators-store'

const restricted = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  runAsUser: 65532,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}
const of = (kind: string, apiVersion: string, name: string, rest: object) => ({
  apiVersion,
  kind,
  metadata: { name, ...(kind !== 'Namespace' && { namespace }) },
  ...rest,
})
const rule = (apiGroup: string, resources: string[], verbs: string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
})
/** A deployment of one pod, and its service, which only pods reach. */
function served(name: string, service: string, command: readonly string[] = []): object[] {
  const labels = { app: name }
  const container = {
    name: 'app',
    image,
    imagePullPolicy: 'IfNotPresent',
    ...(command.length > 0 && { command }),
    ports: [{ containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1 },
    resources: { requests: { cpu: '50m' }, limits: { cpu: '300m', memory: '128Mi' } },
    securityContext: restricted,
  }
  return [
    of('Deployment', 'apps/v1', name, {
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    }),
    of('Service', 'v1', service, { spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] } }),
  ]
}

// A request takes 50 ms, and no CPU to speak of: what differs is the generators'.
const waiting = `require('node:http')
  .createServer(({ url }, response) => setTimeout(() => response.end('fine'), url === '/healthz' ? 0 : 50))
  .listen(8080)
process.on('SIGTERM', () => process.exit())`

const objects = [
  {
    ...of('Namespace', 'v1', namespace, {}),
    metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  },
  ...served('shop', 'front'),
  ...served('waiting', 'waiting', ['node', '-e', waiting]),
  of('ServiceAccount', 'v1', 'dev', {}),
  of('Role', 'rbac.authorization.k8s.io/v1', 'dev', {
    rules: [
      rule('', ['pods', 'services', 'pods/log'], ['get', 'list']),
      rule('apps', ['deployments', 'statefulsets'], ['get', 'list']),
      rule('', ['pods/proxy'], ['get', 'create', 'update', 'patch']),
      rule('batch', ['jobs'], ['create', 'get', 'list', 'watch', 'delete']),
    ],
  }),
  of('RoleBinding', 'rbac.authorization.k8s.io/v1', 'dev', {
    subjects: [{ kind: 'ServiceAccount', name: 'dev', namespace }],
    roleRef: { kind: 'Role', name: 'dev', apiGroup: 'rbac.authorization.k8s.io' },
  }),
]

// One request in half a second: it is the generators that are tested.
const script = `import http from 'k6/http'
import exec from 'k6/execution'
import { check, sleep } from 'k6'
export const options = { scenarios: { shop: { executor: 'constant-vus', vus: 6, duration: __ENV.LENGTH || '4s' } } }
const { path } = JSON.parse(open('./given/path.json'))
export function setup() {
  return { path: http.get(__ENV.BASE_URL + '/healthz').status === 200 ? path : '/none' }
}
const kept = []
export default ({ path }) => {
  check(http.get(__ENV.BASE_URL + path, { tags: { name: 'buy' } }), { fine: ({ status }) => status === 200 })
  if (__ENV.GREEDY && exec.vu.idInInstance === 1 && exec.vu.idInTest === 2)
    for (let more = 0; more < 100; more++) kept.push(new Array(1e6).fill(more))
  sleep(0.5)
}
`

let out = ''
let dev = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-generators-'))
  await apply(out, objects)
  await kubectl('-n', namespace, 'wait', 'deployment', '--all', '--for=condition=Available', '--timeout=120s')
  dev = await kubeconfigOf(out, namespace, 'dev')
  await writeFile(path.join(out, 'shop.js'), script)
  await mkdir(path.join(out, 'given'))
  await writeFile(path.join(out, 'given/path.json'), '{"path":"/work?ms=1"}')
  await writeFile(path.join(out, 'rows.csv'), 'ms,name\n1,short\n2,long\n')
})
after(async () => {
  await kubectl('delete', 'namespace', namespace, '--wait=true')
  await rm(out, { recursive: true, force: true })
})

const long = quick('minutes')
const small = ['--generator-cpu', '150m', '--generator-memory', '160Mi']
const start = (...args: string[]) =>
  begin(out, ['run', './shop.js', '--deployment', 'shop', ...small, ...args], {
    KUBECONFIG: dev,
    LAS_GENERATOR_IMAGE: runnerImage,
  })

const unrehearsed = (...args: string[]) => start('--no-rehearsal', ...args)

async function counted(): Promise<number> {
  const [pod] = (await kubectl('-n', namespace, 'get', 'pods', '-l', 'app=shop', '-o', 'name'))
    .trim()
    .split('\n')
  const at = `/api/v1/namespaces/${namespace}/pods/${pod?.replace('pod/', '')}:8080/proxy/insight`
  return JSON.parse(await kubectl('get', '--raw', at)).work.served
}

const generators = async (): Promise<string[]> => {
  const selector = 'app.kubernetes.io/name=load-and-stress-generator'
  const names = await kubectl(
    '-n',
    namespace,
    'get',
    'jobs,pods,configmaps,secrets',
    '-l',
    selector,
    '-o',
    'name',
  )
  return names.split('\n').filter(Boolean)
}

const namesIn = ({ measures }: RunStatistics) =>
  measures.tagged.flatMap(({ by, rows }) => (by.join() === 'name' ? rows.map(({ tags }) => tags.name) : []))

test('three generators load a service that only pods reach: nothing is counted twice, and nothing is left', async () => {
  const before = await counted()
  const { code, stderr } = await start('--generators', '3', '--raw').ended
  assert.equal(code, 0, stderr)
  const { folder, run, figures } = await runOf(out, stderr)
  assert.equal(run.target.url, `http://front.${namespace}.svc`)
  // setup() made one more, of another path, and the rehearsal one of this.
  assert.equal((figures.total.requests ?? 0) - 1, (await counted()) - before - 1)
  assert.ok(namesIn(figures).includes('buy'), 'no figures by request name')
  assert.deepEqual(run.merge?.problems, [])
  for (const { node, process, cores } of run.generators ?? []) {
    assert.ok(node && process && cores === 0.15, 'a generator without its node, its process or its cores')
    assert.ok(process.cpuSeconds !== null && process.maxMemoryMiB !== null, 'what it used is unknown')
  }
  assert.deepEqual((await readdir(path.join(folder, 'generators'))).sort(), ['1', '2', '3'])
  assert.ok(existsSync(path.join(folder, 'timeline.ndjson')), 'no timeline')
  // Merged from summaries, against all points of all three.
  const { requests, rows, exact } = await segmentsIn(folder)
  assert.equal(requests, figures.total.requests)
  for (const { name, raw, merged } of exact)
    assert.ok(Math.abs(merged - raw) <= 1e-9 * raw, `${name}: ${merged}, ${raw}`)
  for (const { p, raw, merged } of rows)
    assert.ok(Math.abs(merged / raw - 1) < 0.01, `p${p}: ${merged}, ${raw}`)
  assert.deepEqual(await generators(), [])
})

test('a generator that its CPU limit holds back is named, and the counts of its container show it', {
  skip: quick('a minute'),
}, async () => {
  const flags = ['--deployment', 'waiting', '--path', '/', '--vus', '20', '--duration', '8s']
  const limits = ['--generator-cpu', '80m', '--generator-memory', '160Mi']
  const environment = { KUBECONFIG: dev, LAS_GENERATOR_IMAGE: runnerImage }
  const { code, stderr } = await begin(out, ['run', 'constant', ...flags, ...limits], environment).ended
  assert.equal(code, 3, stderr)
  const { run, figures } = await runOf(out, stderr)
  assert.ok((run.generators?.[0]?.process?.throttled ?? 0) >= 0.1, JSON.stringify(run.generators))
  assert.match(figures.verdict.reasons.join(), /^the generator 1 was the bottleneck: /)
})

test('a rate says how many generators it needs, and rows of a file name its requests', {
  skip: long,
}, async () => {
  const load = ['--path', '/work?ms={{ms}}', '--data', './rows.csv', '--rate', '60', '--duration', '5s']
  const { code, stderr } = await begin(
    out,
    ['run', 'arrival', '--deployment', 'shop', ...load, ...small, '--generators', 'auto'],
    { KUBECONFIG: dev, LAS_GENERATOR_IMAGE: runnerImage },
  ).ended
  assert.equal(code, 0, stderr)
  const { run, figures } = await runOf(out, stderr)
  const [, said] = /calibration: .* CPU .*: (\d+) generators? of 150m/.exec(stderr) ?? []
  assert.equal(run.generators?.length, Number(said), stderr)
  assert.deepEqual(namesIn(figures).sort(), ['long', 'short'])
})

test('a comparison loads a service that only pods reach from pods, and restores it', {
  skip: long,
}, async () => {
  const spec = () => kubectl('-n', namespace, 'get', 'deployment', 'shop', '-o', 'jsonpath={.spec}')
  const before = await spec()
  const load = ['--path', '/work?ms=1', '--vus', '4', '--think-time', '50ms', '--duration', '3s']
  const { code, stderr } = await begin(
    out,
    [
      ...['ab', '--deployment', `${namespace}/shop`, '--b', 'cpu=400m', '--repeat', '1', '--warm-up', '1s'],
      ...[...load, ...small, '--generators', '2'],
    ],
    { LAS_GENERATOR_IMAGE: runnerImage },
  ).ended
  assert.equal(code, 0, stderr)
  const [series = ''] = (await readdir(path.join(out, 'results'))).filter((name) => name.includes('-ab-'))
  const runs = await Promise.all(
    (await readdir(path.join(out, 'results', series)))
      .filter((name) => existsSync(path.join(out, 'results', series, name, 'run.json')))
      .map(async (name) =>
        JSON.parse(await readFile(path.join(out, 'results', series, name, 'run.json'), 'utf8')),
      ),
  )
  assert.deepEqual(runs.map(({ factors }) => factors.cpu).sort(), ['300m', '400m'])
  for (const { target, generators, merge, verdict } of runs) {
    assert.equal(target.url, `http://front.${namespace}.svc`)
    assert.deepEqual([generators.length, merge.problems, verdict.kind], [2, [], 'pass'])
  }
  assert.equal(await spec(), before)
  assert.deepEqual(await generators(), [])
})

test('a generator whose pod is deleted is named, and so is one that runs out of memory', async () => {
  const deleted = unrehearsed('--generators', '2', '--env', 'LENGTH=15s')
  while (deleted.running() && !deleted.output.stderr.includes('generators run for')) await sleep(200)
  const pods = (await generators()).filter((name) => /^pod.*-1-\w+$/.test(name))
  await kubectl('-n', namespace, 'delete', '--wait=false', ...pods)
  const lost = await deleted.ended
  assert.equal(lost.code, 3, lost.stderr)
  const { figures } = await runOf(out, lost.stderr)
  assert.match(
    figures.verdict.reasons.join('; '),
    /generator 2: (its pod was deleted|its pod is gone|k6 |ran )/,
  )
  assert.ok((figures.total.requests ?? 0) > 0, 'the other figures are lost')

  const greedy = await unrehearsed('--generators', '2', '--env', 'GREEDY=yes', '--env', 'LENGTH=8s').ended
  assert.equal(greedy.code, 3, greedy.stderr)
  const { figures: others } = await runOf(out, greedy.stderr)
  assert.match(
    others.verdict.reasons.join('; '),
    /generator \d: (its pod ran out of memory|k6 was killed by SIGKILL)/,
  )
  assert.deepEqual(await generators(), [])
})

test('Ctrl-C keeps what was measured and leaves nothing; what cannot start says why', async () => {
  const interrupted = unrehearsed('--generators', '2', '--env', 'LENGTH=60s')
  while (interrupted.running() && !interrupted.output.stderr.includes('generators run for')) await sleep(200)
  await sleep(2000)
  interrupted.interrupt()
  const { code, stderr } = await interrupted.ended
  assert.equal(code, 130, stderr)
  assert.ok(((await runOf(out, stderr)).figures.total.requests ?? 0) > 0, 'nothing is kept')
  const none = await unrehearsed('--generators', '2', '--generator-image', 'localhost/none:1').ended
  assert.equal(none.code, 4, none.stderr)
  assert.match(
    none.stderr,
    /a generator does not start: the image localhost\/none:1 cannot be pulled.*nothing was loaded/,
  )
  assert.deepEqual(await generators(), [])
})

test('three generators and one of the same total load do not differ', { skip: long }, async (t) => {
  const rate = 60
  for (const count of [3, 1, 1, 3, 3, 1, 1, 3, 3, 1]) {
    const load = ['--path', '/', '--rate', String(rate), '--duration', '10s', '--label', `by=${count}`]
    const { code, stderr } = await begin(
      out,
      ['run', 'arrival', '--deployment', 'waiting', ...load, ...small, '--generators', String(count)],
      { KUBECONFIG: dev, LAS_GENERATOR_IMAGE: runnerImage },
    ).ended
    assert.equal(code, 0, stderr)
    const { run, figures } = await runOf(out, stderr)
    const skews = run.generators?.map(({ skewMs }) => skewMs).join(', ')
    t.diagnostic(`${count}: ${figures.total.rate}/s, p95 ${figures.total.p95Ms} ms, skew ${skews} ms`)
    assert.ok(Math.abs((figures.total.rate ?? 0) / rate - 1) < 0.02, `${figures.total.rate} of ${rate}/s`)
  }
  const { code, stdout } = await begin(out, ['compare', 'by=1', 'by=3']).ended
  t.diagnostic(stdout)
  assert.equal(code, 0, stdout)
  assert.match(stdout, /^No difference/m)
})

test('an evicted generator is named, and of a runner that was killed nothing is left in the end', {
  skip: long,
}, async () => {
  const begun = async (...args: string[]) => {
    const command = unrehearsed('--generators', '2', ...args)
    while (command.running() && !command.output.stderr.includes('generators run for')) await sleep(200)
    return command
  }
  const evicted = await begun('--env', 'LENGTH=15s')
  const [pod = ''] = (await generators()).filter((name) => /^pod.*-1-\w+$/.test(name))
  const name = pod.replace('pod/', '')
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } }
  await writeFile(path.join(out, 'eviction.json'), JSON.stringify(eviction))
  const at = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`
  await kubectl('create', '--raw', at, '-f', path.join(out, 'eviction.json'))
  const { code, stderr } = await evicted.ended
  assert.equal(code, 3, stderr)
  const { figures } = await runOf(out, stderr)
  assert.match(figures.verdict.reasons.join('; '), /generator 2: /)

  const killed = await begun('--env', 'LENGTH=300s')
  killed.kill()
  await killed.ended
  assert.equal((await generators()).length, 3, 'a job and two pods')
  for (let waited = 0; (await generators()).length > 0; waited += 5) {
    assert.ok(waited < 240, 'still there after four minutes')
    await sleep(5000)
  }
})
