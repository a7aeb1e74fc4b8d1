import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { commands, needsCluster } from '../documents.ts'
import { apply, begin, image, kubectl, namespaceWith, quick, runnerImage } from './inside.ts'

/**
 * Every command of README and docs that needs a cluster, as it stands there, with less time, fewer repeats and the
 * images of this cluster. `test/docs` runs the others.
 */
const skip = quick('twenty minutes')
const next = image.replace(/:[^:]*$/, ':next')
const images: readonly (readonly [RegExp, string])[] = [
  [/\b(shop\/api|app):1\.5\b/, next],
  [/\b(app|load-and-stress):1\.4\b/, image],
  [/\bregistry\.example\/\S+/, runnerImage],
]

/** A cluster that is started by minikube, an operator that is not here, and a nightly that has its own test. */
const elsewhere = /cluster:up|^kubectl (logs|apply|-n)/

// The service of the examples: a few milliseconds of CPU for a list of items.
const program = `require('node:http').createServer((_, response) => {
  const end = performance.now() + 4
  while (performance.now() < end);
  response.end('[]')
}).listen(3000)
process.on('SIGTERM', () => setTimeout(() => process.exit(), 1000))`

const namespace = 'shop'
const labels = { app: 'api' }
const objects = [
  ...namespaceWith(namespace, program),
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'api', namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          volumes: [{ name: 'program', configMap: { name: 'program' } }],
          containers: [
            {
              name: 'api',
              image,
              imagePullPolicy: 'IfNotPresent',
              command: ['node', '/program/main.js'],
              ports: [{ containerPort: 3000 }],
              volumeMounts: [{ name: 'program', mountPath: '/program' }],
              readinessProbe: { httpGet: { path: '/', port: 3000 }, periodSeconds: 1 },
              resources: { requests: { cpu: '100m' }, limits: { cpu: '200m', memory: '96Mi' } },
            },
          ],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'api', namespace },
    spec: { type: 'NodePort', selector: labels, ports: [{ port: 80, targetPort: 3000 }] },
  },
]

let out = ''
const ours = (...args: string[]) => begin(out, args, { LAS_IMAGE: image })
before(async () => {
  if (skip) return
  out = await mkdtemp(path.join(os.tmpdir(), 'las-docs-'))
  const plan = { minutes: 5, repeats: 1, runs: [{ scenario: 'constant', flags: { vus: 2, duration: '2s' } }] }
  await writeFile(path.join(out, 'nightly.json'), JSON.stringify(plan))
  await apply(out, objects)
  await kubectl('-n', namespace, 'rollout', 'status', 'deployment/api', '--timeout=120s')
})
after(async () => {
  if (skip) return
  await ours('cluster', 'down').ended
  await kubectl('delete', 'namespace', namespace)
  await rm(out, { recursive: true, force: true })
})

const seen = new Set<string>()
for (const { page, line, args } of commands) {
  if (!needsCluster.test(line) || elsewhere.test(line) || seen.has(line)) continue
  seen.add(line)
  test(`${page}: ${line}`, { skip, timeout: 900_000 }, async () => {
    if (args === null) {
      const [, ...words] = line.split(' ')
      await kubectl(...words, '--dry-run=server')
      return
    }
    // Room on this machine for the other one.
    if (args.includes('--deployment')) await ours('cluster', 'scale', '1').ended
    const given = args.map((word, index) => {
      const flag = args[index - 1] ?? ''
      // More than this machine could make, or has.
      if (flag === '--rate' || flag === '--for') return String(Math.min(Number(word), 40))
      if (flag === '--generator-cpu') return '200m'
      if (flag === '--repeat') return '1'
      return images.reduce((text, [pattern, here]) => text.replace(pattern, here), word)
    })
    const searches = given.includes('breakpoint') && { LAS_RATE: '20', LAS_PRECISION: '20', LAS_REPEAT: '1' }
    const repeats = { ab: '1', sweep: '1' }[args[0] as 'ab']
    const { code, stdout, stderr } = await begin(out, given, {
      LAS_IMAGE: image,
      LAS_WARM_UP: '1s',
      LAS_COOL_DOWN: '100ms',
      LAS_QUICK: 'true',
      ...(repeats && { LAS_REPEAT: repeats }),
      ...searches,
    }).ended
    // An SLO may be missed here; what was run is what counts.
    assert.ok(code === 0 || (code === 1 && given.includes('--slo')), `exit code ${code}: ${stderr || stdout}`)
  })
}
