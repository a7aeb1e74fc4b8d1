import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { runOf } from '../command.ts'
import { apply, begin, image, inside, kubectl, namespaceWith, run } from './inside.ts'

/** Services of which each has another limit: the run of it names that one. */
const namespace = process.env.WHY_NAMESPACE ?? 'why'

// Its arguments: what it does for a request, and how much of it.
const program = `const http = require('node:http')
const [what, size] = process.argv.slice(2)
const kept = []
const agent = new http.Agent({ keepAlive: true, maxSockets: Number(size) })
const compute = (ms) => { for (const end = performance.now() + Number(ms); performance.now() < end;); }
http.createServer((request, response) => {
  if (request.url === '/ready' || what === 'burn') return response.end('ok')
  if (what === 'slow') return void setTimeout(() => response.end('row'), Number(size))
  if (what === 'ask') return void http.get('http://127.0.0.1:3001/row', { agent }, (row) => row.pipe(response))
  if (what === 'keep') kept.push(Buffer.alloc(Number(size) * 2 ** 20, 1))
  if (what === 'compute') compute(size)
  response.end('[]')
}).listen(what === 'slow' ? 3001 : 3000)
if (what === 'burn')
  for (let each = 0; each < Number(size); each++)
    require('node:child_process').spawn(process.execPath, ['-e', 'for (;;);'])
process.on('SIGTERM', () => process.exit())`

const container = (name: string, args: readonly string[], limits: Record<string, string>) => ({
  name,
  image,
  imagePullPolicy: 'IfNotPresent',
  command: ['node', '/program/main.js', ...args],
  volumeMounts: [{ name: 'program', mountPath: '/program' }],
  resources: { requests: { cpu: '10m', memory: '32Mi' }, limits },
})

const service = (name: string, containers: readonly object[]) => {
  const labels = { app: name }
  const of = (kind: string, apiVersion: string, spec: object) => ({
    apiVersion,
    kind,
    metadata: { name, namespace },
    spec,
  })
  const [first, ...more] = containers
  const ready = { readinessProbe: { httpGet: { path: '/ready', port: 3000 }, periodSeconds: 1 } }
  return [
    of('Deployment', 'apps/v1', {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          volumes: [{ name: 'program', configMap: { name: 'program' } }],
          containers: [{ ...first, ...ready }, ...more],
        },
      },
    }),
    of('Service', 'v1', { type: 'NodePort', selector: labels, ports: [{ port: 80, targetPort: 3000 }] }),
  ]
}

const objects = [
  ...namespaceWith(namespace, program),
  ...service('limited', [container('app', ['compute', '5'], { cpu: '150m', memory: '96Mi' })]),
  ...service('keeping', [container('app', ['keep', '1'], { memory: '128Mi' })]),
  // A pool of two connections to something that takes 100 ms: 20 a second.
  ...service('asking', [container('app', ['ask', '2'], {}), container('db', ['slow', '100'], {})]),
  ...service('free', [container('app', ['compute', '5'], {})]),
]

// Fills the node with twice as many processes as it has cores.
const neighbour = service('neighbour', [container('app', ['burn', '4'], {})])

let out = ''
const running = async (items: readonly object[]) => {
  await apply(out, items)
  await kubectl('-n', namespace, 'wait', 'deployment', '--all', '--for=condition=Available', '--timeout=120s')
}
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-why-'))
  await running(objects)
})
after(async () => {
  await kubectl('delete', 'namespace', namespace, '--wait=true')
  await rm(out, { recursive: true, force: true })
})

/** Loads a service at a rate for so long. */
async function loaded(name: string, rate: number, more: readonly string[] = [], seconds = 20) {
  const { code, stderr } = await begin(out, [
    ...[
      'run',
      'arrival',
      '--namespace',
      namespace,
      '--deployment',
      name,
      '--container',
      'app',
      '--path',
      '/',
    ],
    ...['--rate', String(rate), '--duration', `${seconds}s`, '--slo', 'p95=100', ...more],
  ]).ended
  const { run, figures } = await runOf(out, stderr)
  console.log(
    `# ${name}: ${figures.verdict.kind}; ${figures.cause?.text}; ${JSON.stringify(run.target.cluster?.pods)}`,
  )
  return {
    code,
    cause: figures.cause,
    verdict: figures.verdict,
    words: `${stderr}\n${JSON.stringify(run.target.cluster)}`,
  }
}
const kept = ['--keep-connections']

test('a CPU limit and a slow dependency are named', async () => {
  const [limited, asking] = await Promise.all([loaded('limited', 50, kept), loaded('asking', 40, kept)])
  assert.match(limited.cause?.text ?? '', /throttled in [\d.]+ % of periods: CPU limit/, limited.words)
  assert.match(asking.cause?.text ?? '', /^Neither .* look at what it waits for\.$/, asking.words)
})

test('a healthy run names nothing', async () => {
  const free = await loaded('free', 10, kept)
  assert.deepEqual([free.verdict.kind, free.cause], ['pass', null], free.words)
})

test('memory, and then a node that a neighbour fills, are named', async () => {
  await running(neighbour)
  const keeping = await loaded('keeping', 20, kept)
  assert.match(keeping.cause?.text ?? '', /killed for (its|their) memory \(limit 128 MiB\)\.$/, keeping.words)
  // The kubelet looks every 10 to 20 s, and a run of which it saw less than half tells nothing.
  const free = await loaded('free', 60, [...kept, '--slo', 'p95=7'], 30)
  assert.equal(free.cause?.kind, 'node', free.words)
  assert.match(free.cause?.text ?? '', /cores were busy: not the service’s scaling law/)
  await kubectl('-n', namespace, 'delete', 'deployment', 'neighbour', '--wait=true')
})

test('the generator is named where its ports run out, not the target', async () => {
  const range = '/proc/sys/net/ipv4/ip_local_port_range'
  const shell = async (script: string) => (await run('ip', [...inside, 'sh', '-c', script])).stdout.trim()
  const before = await shell(`cat ${range}`)
  await shell(`echo 40000 40299 >${range}`)
  try {
    const { cause, verdict, words } = await loaded('free', 60)
    assert.equal(verdict.kind, 'invalid', words)
    assert.match(verdict.reasons.join(), /the generator ran out of ports/)
    assert.equal(cause, null, words)
  } finally {
    await shell(`echo ${before} >${range}`)
  }
})
