import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { apply, begin, inside, kubectl, root, run, runnerImage } from './inside.ts'

/**
 * The manifests in a namespace that enforces the pod security standard "restricted", and a night in it. The nodes must
 * have the images that the manifests name, and share this machine's folder of temporary files.
 */
const namespace = 'nights'
const [, runnerName = '', runnerTag = ''] = /^(.*):(.*)$/.exec(runnerImage) ?? []
const plan = {
  minutes: 3,
  repeats: 1,
  runs: [{ scenario: 'constant', replicas: [2], flags: { vus: 2, duration: '3s' } }],
}

// biome-ignore lint/suspicious/noExplicitAny: objects of any kind
type Any = any
const of = (apiVersion: string, kind: string, name: string, rest: object) => ({
  apiVersion,
  kind,
  metadata: { name },
  ...rest,
})

let out = ''
/** Writes the given manifests, moved into the namespace, as a kustomization, and gives its folder. */
async function moved(name: string, parts: readonly string[], more: object = {}): Promise<string> {
  const folder = path.join(out, name)
  await mkdir(folder)
  const of = (kind: string) =>
    parts
      .filter((part) => part.startsWith('components/') === (kind === 'components'))
      .map((part) => path.relative(folder, path.join(root, 'manifests', part)))
  await writeFile(
    path.join(folder, 'kustomization.yaml'),
    JSON.stringify({ namespace, resources: of('resources'), components: of('components'), ...more }),
  )
  return folder
}

// Without the Prometheus operator and the vertical autoscaler the server does not know their kinds.
const definition = (group: string, kind: string) => {
  const plural = `${kind.toLowerCase()}s`
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return of('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${plural}.${group}`, {
    metadata: {
      name: `${plural}.${group}`,
      // Of kinds of the community; the value is the pull request that approved them.
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes/kubernetes/pull/63797' },
    },
    spec: {
      group,
      names: { kind, plural },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  })
}
const definitions = [
  definition('monitoring.coreos.com', 'ServiceMonitor'),
  definition('autoscaling.k8s.io', 'VerticalPodAutoscaler'),
]

before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-restricted-'))
  const history = path.join(out, 'history')
  await mkdir(history)
  const [node] = JSON.parse(await kubectl('get', 'nodes', '-o', 'json')).items
  const storage = {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    local: { path: history },
    claimRef: { namespace, name: 'nightly-history' },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node.metadata.name] }] },
        ],
      },
    },
  }
  await apply(out, [...definitions, of('v1', 'PersistentVolume', 'nights', { spec: storage })])
  const replace = (kind: string, name: string, path: string, value: string) => ({
    target: { kind, name },
    patch: JSON.stringify([{ op: 'replace', path, value }]),
  })
  const requests = '/spec/jobTemplate/spec/template/spec/containers/0/resources/requests'
  const everything = await moved('everything', ['overlays/replicas-1', 'nightly'], {
    patches: [
      replace('ConfigMap', 'nightly-plan', '/data/plan.json', JSON.stringify(plan)),
      // Beside whatever else the node runs.
      replace('CronJob', 'nightly', `${requests}/cpu`, '50m'),
    ],
    images: [{ name: 'localhost/load-and-stress-runner', newName: runnerName, newTag: runnerTag }],
  })
  await kubectl('apply', '--server-side', '-k', everything)
  await kubectl('-n', namespace, 'rollout', 'status', 'deployment/workload', '--timeout=60s')
})
after(async () => {
  await kubectl('delete', 'namespace', namespace, '--wait=true')
  await kubectl('delete', 'persistentvolume', 'nights', '--wait=false')
  for (const { metadata } of definitions) await kubectl('delete', 'crd', metadata.name)
  await rm(out, { recursive: true, force: true })
})

test('the API server accepts base, overlays, components and the nightly, and their pods under "restricted"', async () => {
  const { labels } = JSON.parse(await kubectl('get', 'namespace', namespace, '-o', 'json')).metadata
  assert.equal(labels['pod-security.kubernetes.io/enforce'], 'restricted')
  const overlays = (await readdir(path.join(root, 'manifests/overlays'))).map((each) => [`overlays/${each}`])
  const components = (await readdir(path.join(root, 'manifests/components'))).map((each) => [
    'base',
    `components/${each}`,
  ])
  const kinds: string[] = []
  for (const [index, parts] of [['base'], ...overlays, ...components, ['base', 'nightly']].entries()) {
    const folder = await moved(`dry-${index}`, parts)
    const flags = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-k', folder]
    const { stdout, stderr } = await run('ip', [...inside, 'kubectl', ...flags, '-o', 'json'])
    // For a Deployment or a CronJob a violation of pod security is only a warning.
    assert.equal(stderr, '', parts.join())
    const pods = JSON.parse(stdout).items.flatMap(({ kind, spec }: Any) => {
      const template = kind === 'CronJob' ? spec.jobTemplate.spec.template : spec?.template
      if (template) kinds.push(kind)
      return template ? [of('v1', 'Pod', `dry-${kind.toLowerCase()}`, { spec: template.spec })] : []
    })
    assert.ok(pods.length > 0, `${parts.join()} has no pods`)
    await apply(out, pods, '-n', namespace, '--dry-run=server')
    // Which a pod with less would not pass.
    const [{ securityContext: _, ...spec }] = pods.map(({ spec }: Any) => spec)
    await assert.rejects(
      apply(out, [of('v1', 'Pod', 'loose', { spec })], '-n', namespace, '--dry-run=server'),
      /violates PodSecurity "restricted:latest".*runAsNonRoot/,
    )
  }
  assert.equal(kinds.filter((kind) => kind === 'CronJob').length, 1)
})

test('the nightly CronJob’s job completes, and its history is on the volume', async () => {
  await kubectl('-n', namespace, 'create', 'job', 'tonight', '--from=cronjob/nightly')
  const log = () => kubectl('-n', namespace, 'logs', 'job/tonight').catch(() => 'no log')
  const state = async () =>
    JSON.parse(await kubectl('-n', namespace, 'get', 'job', 'tonight', '-o', 'json')).status
  let status = await state()
  for (let look = 0; look < 90 && !status.completionTime && !status.failed; look++) {
    await sleep(1000)
    status = await state()
  }
  assert.equal(status.succeeded, 1, await log())
  const history = path.join(out, 'history')
  const [file = ''] = (await readdir(history)).filter((name) => name.endsWith('.json'))
  const { measured, environment } = JSON.parse(await readFile(path.join(history, file), 'utf8'))
  assert.deepEqual(new Set(measured.map(({ replicas }: Any) => replicas)), new Set([2]))
  assert.match(environment.limits, /200m CPU/)
  assert.equal((await stat(path.join(history, file))).uid, 65532)
  assert.match(await log(), /^the cluster it runs in, namespace nights: deployment\/workload$/m)
  const { spec } = JSON.parse(await kubectl('-n', namespace, 'get', 'deployment', 'workload', '-o', 'json'))
  assert.equal(spec.replicas, 1)
})

test('its rights are those of one namespace', async () => {
  const may = async (...action: string[]) =>
    kubectl('auth', 'can-i', ...action, `--as=system:serviceaccount:${namespace}:nightly`).then(
      (answer) => answer.trim(),
      (error) => error.stdout.trim(),
    )
  assert.equal(await may('list', 'pods', '-n', namespace), 'yes')
  assert.equal(await may('get', 'secrets', '-n', namespace), 'no')
  assert.equal(await may('list', 'pods', '-n', 'default'), 'no')
  assert.equal(await may('list', 'nodes'), 'no')
})

test('beside a vertical autoscaler the workload is not varied, or the autoscaler is suspended and restored', async () => {
  const spec = {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'workload' },
    updatePolicy: { updateMode: 'Recreate' },
  }
  await apply(out, [of('autoscaling.k8s.io/v1', 'VerticalPodAutoscaler', 'sizer', { spec })], '-n', namespace)
  const flags = ['--namespace', namespace, '--replicas', '1', '--repeat', '1', '--duration', '2s']
  const sweep = (...more: string[]) => begin(out, ['sweep', ...flags, '--warm-up', '500ms', ...more]).ended
  const refused = await sweep()
  assert.equal(refused.code, 4, refused.stderr)
  assert.match(refused.stderr, /is resized by the vertical autoscaler sizer \(updateMode Recreate\)/)
  const { code, stderr } = await sweep('--suspend-autoscaler')
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^the autoscaler sizer is suspended; .*\n(?:.*\n)*the autoscaler sizer works again$/m)
  const vpa = ['get', 'verticalpodautoscaler', 'sizer', '-o', 'json']
  assert.deepEqual(JSON.parse(await kubectl('-n', namespace, ...vpa)).spec, spec)
})
