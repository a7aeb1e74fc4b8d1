import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { reportOf, runOf } from '../command.ts'
import {
  type Ended,
  image,
  kubeconfigOf,
  kubectl,
  minikube,
  netns,
  quick,
  run,
  begin as started,
} from './inside.ts'

/**
 * The commands on a real cluster, as used by a person whose machine reaches its nodes. CLUSTER_NETNS is a
 * network namespace that reaches nodes and balancers; KUBECONFIG must work inside it. The nodes must have the
 * image WORKLOAD_IMAGE and the same image with the tag `next`. MINIKUBE is a minikube that has the cluster as
 * a profile; its tunnel gives balancers their addresses.
 */
const begin = (...args: string[]) => started(out, args)
const ours = (...args: string[]): Promise<Ended> => begin(...args).ended

let out = ''
before(async () => {
  assert.ok(netns && image && minikube, 'set CLUSTER_NETNS, WORKLOAD_IMAGE and MINIKUBE')
  out = await mkdtemp(path.join(os.tmpdir(), 'las-cluster-'))
  await mkdir(path.join(out, 'bin'))
  await symlink(minikube, path.join(out, 'bin/minikube'))
})
after(async () => {
  await ours('cluster', 'down')
  await rm(out, { recursive: true, force: true })
})

describe('deployed', () => {
  before(async () => {
    const { code, stderr } = await ours('cluster', 'deploy', '--replicas', '1', '--image', image)
    assert.equal(code, 0, stderr)
  })

  test('the pods run under "restricted", and status shows them', async () => {
    const labels = JSON.parse(await kubectl('get', 'namespace', 'load-and-stress', '-o', 'json')).metadata
      .labels
    assert.equal(labels['pod-security.kubernetes.io/enforce'], 'restricted')
    const { code, stdout } = await ours('cluster', 'status')
    assert.equal(code, 0)
    assert.match(stdout, /^workload-\S+ +\S+ +yes +0 /m)
    assert.match(stdout, /^1 node$/m)
  })

  test('the address: a node port while the balancer has no live address, then the tunnel’s', async () => {
    const pending = await ours('cluster', 'url')
    assert.equal(pending.code, 0, pending.stderr)
    assert.match(
      pending.stderr,
      /^the LoadBalancer has no address yet; using a node's port instead \(start "minikube tunnel -p \w+"/,
    )
    const node = pending.stdout.trim()

    const dead = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: '10.88.0.250' }] } } })
    await kubectl('-n', 'load-and-stress', 'patch', 'service', 'workload', '--subresource=status', '-p', dead)
    const stale = await ours('cluster', 'url')
    assert.deepEqual([stale.code, stale.stdout.trim()], [0, node])
    assert.match(
      stale.stderr,
      /10\.88\.0\.250:8080 does not answer \(left behind by a tunnel that has ended\?\)/,
    )

    // Without pods no address answers: an error that says what to do.
    await kubectl('-n', 'load-and-stress', 'scale', 'deployment/workload', '--replicas=0')
    await kubectl('-n', 'load-and-stress', 'wait', '--for=delete', 'pods', '--all', '--timeout=60s')
    const neither =
      /and there is no pod whose node could be asked; start "minikube tunnel -p \w+" in another terminal\n$/
    for (const [ingress, sentence] of [
      [[{ ip: '10.88.0.250' }], /10\.88\.0\.250:8080 does not answer \(left behind by a tunnel/],
      [[], /^load-and-stress: the LoadBalancer has no address yet, /m],
    ] as const) {
      const status = JSON.stringify({ status: { loadBalancer: { ingress } } })
      await kubectl(
        '-n',
        'load-and-stress',
        'patch',
        'service',
        'workload',
        '--subresource=status',
        '-p',
        status,
      )
      const { code, stderr } = await ours('run', 'smoke', '--cluster')
      assert.equal(code, 4)
      assert.match(stderr, sentence)
      assert.match(stderr, neither)
    }
    assert.equal((await ours('cluster', 'scale', '1')).code, 0)

    const tunnel = spawn(minikube, ['tunnel'], { stdio: 'ignore', detached: true })
    try {
      let found = await ours('cluster', 'url')
      for (let look = 0; look < 40 && found.stdout.trim() === node; look++) {
        await sleep(1000)
        found = await ours('cluster', 'url')
      }
      assert.match(found.stdout, /^http:\/\/[\d.]+:8080\n$/)
      assert.equal(found.stderr, '')
      const smoke = await ours('run', 'smoke', '--cluster')
      assert.equal(smoke.code, 0, smoke.stderr)
    } finally {
      process.kill(-(tunnel.pid ?? 0), 'SIGINT')
      await once(tunnel, 'close')
    }
  })

  test('k6 and the pods count the same requests, spread evenly', async () => {
    const scaled = await ours('cluster', 'scale', '2')
    assert.equal(scaled.code, 0, scaled.stderr)
    // Many kept connections, so that every pod has some and is never idle.
    const load = ['--vus', '48', '--duration', '6s', '--work-ms', '10', '--keep-connections']
    const ended = await ours('run', 'constant', '--cluster', ...load)
    assert.equal(ended.code, 0, ended.stderr + ended.stdout)
    const { run, figures } = await runOf(out, ended.stderr)
    const { cluster, replicas } = run.target
    assert.ok(cluster && cluster.pods.length === 2 && replicas === 2, JSON.stringify(run.target))
    assert.equal(cluster.cpuLimit, '200m')
    assert.match(run.id, /-constant-r2-/)
    assert.equal(
      cluster.pods.reduce((sum, { served }) => sum + (served ?? Number.NaN), 0),
      figures.total.requests,
    )
    assert.ok((figures.fairness ?? 0) > 0.9, `fairness ${figures.fairness}`)
  })

  test('a run survives a pod killed under load and reports the failed requests', async () => {
    const load = begin(
      'run',
      'constant',
      '--cluster',
      '--vus',
      '4',
      '--duration',
      '20s',
      '--work-ms',
      '2',
      '--slo',
      'errors=0.2',
    )
    while (!load.output.stderr.includes('k6 runs') && load.running()) await sleep(50)
    await sleep(4000)
    const [pod] = (await kubectl('-n', 'load-and-stress', 'get', 'pods', '-o', 'name')).trim().split('\n')
    await kubectl('-n', 'load-and-stress', 'delete', pod ?? '', '--grace-period=0', '--force')
    const ended = await load.ended
    assert.equal(ended.code, 0, ended.stderr + ended.stdout)
    const { run, figures } = await runOf(out, ended.stderr)
    const { requests, failed } = figures.total
    console.log(`# ${failed} of ${requests} requests failed`)
    assert.ok((requests ?? 0) > 300)
    assert.equal(run.target.cluster?.pods.filter(({ served }) => served === null).length, 2)
    const again = await ours('cluster', 'scale', '2')
    assert.equal(again.code, 0, again.stderr)
  })

  test('a rolling restart under load loses no request', async () => {
    const load = begin('run', 'constant', '--cluster', '--vus', '4', '--duration', '5m', '--work-ms', '1')
    while (!load.output.stderr.includes('k6 runs') && load.running()) await sleep(50)
    await sleep(2000)
    await kubectl('-n', 'load-and-stress', 'rollout', 'restart', 'deployment/workload')
    await kubectl('-n', 'load-and-stress', 'rollout', 'status', 'deployment/workload', '--timeout=120s')
    await sleep(2000)
    load.interrupt()
    const ended = await load.ended
    assert.equal(ended.code, 130, ended.stderr + ended.stdout)
    const { requests, failed } = (await runOf(out, ended.stderr)).figures.total
    console.log(`# ${failed} of ${requests} requests failed`)
    assert.ok((requests ?? 0) > 100, `${requests} requests`)
    assert.equal(failed, 0)
  })

  test('an interrupted and resumed sweep reports every run and restores the replicas', {
    skip: quick('own.test.ts and server-away.test.ts have its like'),
  }, async () => {
    const scaled = await ours('cluster', 'scale', '3')
    assert.equal(scaled.code, 0, scaled.stderr)
    // An API server that refuses one call in forty.
    const flaky = path.join(out, 'bin/kubectl')
    const { stdout: real } = await run('which', ['kubectl'])
    const script = `#!/bin/sh
echo x >>"$0.calls"
if [ $(($(wc -l <"$0.calls") % 40)) -eq 7 ]; then
  echo 'The connection to the server 10.88.0.11:6443 was refused - did you specify the right host or port?' >&2
  exit 1
fi
exec ${real.trim()} "$@"
`
    await writeFile(flaky, script, { mode: 0o755 })
    const flags = ['--replicas', '1,2', '--repeat', '2', '--duration', '4s', '--vus', '48', '--warm-up', '1s']
    const first = begin('sweep', ...flags)
    while (!first.output.stderr.includes('run 3 of 4') && first.running()) await sleep(100)
    first.interrupt()
    const { code, stderr } = await first.ended
    assert.equal(code, 130, stderr)
    assert.match(stderr, /^back to 3 replicas/m)
    const [, folder = ''] = /--resume (\S+)/.exec(stderr) ?? []
    const second = await ours('sweep', '--resume', folder)
    assert.equal(second.code, 0, second.stderr)
    await rm(flaky)
    console.log(second.stdout.replace(/^/gm, '# '))
    assert.match(stderr + second.stderr, /the API server does not answer .*; retrying in 1 s/)
    assert.match(second.stdout, /^1 +2 .*\n2 +2 /m)
    const { statistics } = await reportOf(out, second.stderr)
    const balance = statistics.runs.map(({ fairness }) => fairness)
    assert.equal(balance.filter((each) => each !== null && each > 0.9).length, 2, String(balance))
    const { spec } = JSON.parse(
      await kubectl('-n', 'load-and-stress', 'get', 'deployment', 'workload', '-o', 'json'),
    )
    assert.equal(spec.replicas, 3)
  })

  test('ab runs two images in turns in one deployment, and restores it', {
    skip: quick('own.test.ts has one of its kind'),
  }, async () => {
    const scaled = await ours('cluster', 'scale', '1')
    assert.equal(scaled.code, 0, scaled.stderr)
    const next = image.replace(/:[^:]*$/, ':next')
    const sides = ['--a', `image=${image}`, '--b', `image=${next}`]
    const flags = ['--repeat', '2', '--duration', '3s', '--vus', '8', '--warm-up', '500ms', '--effect', '20%']
    const { code, stdout, stderr } = await ours('ab', ...sides, ...flags)
    assert.equal(code, 0, stderr)
    assert.match(stdout, /2 and 2 runs are too few for any verdict/)
    const { runs } = (await reportOf(out, stderr)).statistics
    const used = runs.map(({ run }) => `${run?.labels.side} ${run?.target.cluster?.image}`)
    assert.deepEqual(used.sort(), [`a ${image}`, `a ${image}`, `b ${next}`, `b ${next}`])
    const { spec } = JSON.parse(
      await kubectl('-n', 'load-and-stress', 'get', 'deployment', 'workload', '-o', 'json'),
    )
    assert.deepEqual([spec.replicas, spec.template.spec.containers[0].image], [1, image])
  })

  test('a night on the cluster has a series for each number of replicas', {
    skip: quick('restricted.test.ts has one of its kind'),
  }, async () => {
    const plan = path.join(out, 'plan.json')
    const runs = [{ scenario: 'constant', replicas: [1, 2], flags: { duration: '3s', vus: 8 } }]
    await writeFile(plan, JSON.stringify({ repeats: 1, runs }))
    const history = path.join(out, 'history')
    const { code, stdout, stderr } = await ours('nightly', '--cluster', '--plan', plan, '--history', history)
    assert.equal(code, 0, stderr)
    assert.match(stdout, /Too early to see a change: 1 night so far/)
    const [file = ''] = await readdir(history)
    const { measured, environment } = JSON.parse(await readFile(path.join(history, file), 'utf8'))
    assert.deepEqual(
      [...new Set(measured.map(({ replicas }: { replicas: number }) => replicas))].sort(),
      [1, 2],
    )
    assert.match(environment.limits, /200m CPU/)
  })

  test('the report shows an autoscaler following the load up and down', {
    skip: quick('four minutes'),
  }, async () => {
    const without = await ours('run', 'autoscale', '--cluster')
    assert.equal(without.code, 4)
    assert.match(without.stderr, /nothing scales the workload; .*--with autoscaling/)
    const deployed = await ours(
      'cluster',
      'deploy',
      '--replicas',
      '1',
      '--image',
      image,
      '--with',
      'autoscaling',
    )
    assert.equal(deployed.code, 0, deployed.stderr)
    // An autoscaler waits before it takes replicas away; a test need not.
    const hasty = JSON.stringify({ spec: { behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } } })
    await kubectl('-n', 'load-and-stress', 'patch', 'hpa', 'workload', '-p', hasty)
    const ended = await ours('run', 'autoscale', '--cluster', '--duration', '2m45s')
    const { report, statistics } = await reportOf(out, ended.stderr)
    const [up, down] = statistics.runs[0]?.following ?? []
    console.log(`# up ${JSON.stringify(up)}, down ${JSON.stringify(down)}`)
    assert.ok(up && down)
    assert.ok(up.to > up.from && up.firstMs !== null)
    assert.ok(down.to < down.from && down.firstMs !== null)
    assert.match(await readFile(path.join(report, 'scaling.svg'), 'utf8'), /Load and replicas over time/)
    await kubectl('-n', 'load-and-stress', 'delete', 'hpa', 'workload')
  })

  test('a missing image, no room, a quota, a crash and a missing permission each give one sentence', async () => {
    const patch = (cpu: string) =>
      kubectl(
        ...['-n', 'load-and-stress', 'set', 'resources', 'deployment/workload'],
        ...[`--requests=cpu=${cpu}`, `--limits=cpu=${cpu}`],
      )
    const missing = await ours('cluster', 'deploy', '--replicas', '1', '--image', 'localhost/no-such-image:1')
    assert.equal(missing.code, 4)
    assert.match(
      missing.stderr,
      /the image localhost\/no-such-image:1 cannot be pulled on .*; cluster:deploy builds/,
    )
    const deployed = await ours('cluster', 'deploy', '--replicas', '1', '--image', image)
    assert.equal(deployed.code, 0, deployed.stderr)
    await patch('900')
    const unschedulable = await ours('cluster', 'scale', '2')
    assert.equal(unschedulable.code, 4)
    assert.match(unschedulable.stderr, /no node fits .*: .*Insufficient cpu/)
    await patch('200m')
    // Each problem starts from a healthy deployment.
    const recovered = async () => assert.equal((await ours('cluster', 'scale', '1')).code, 0)
    await recovered()

    const quota = ['create', 'quota', 'few', '--hard=pods=1']
    await kubectl('-n', 'load-and-stress', ...quota)
    const exceeded = await ours('cluster', 'scale', '3')
    assert.equal(exceeded.code, 4)
    assert.match(exceeded.stderr, /the cluster creates no pods: .*exceeded quota: few/)
    await kubectl('-n', 'load-and-stress', 'delete', 'quota', 'few')
    await recovered()

    await kubectl('-n', 'load-and-stress', 'set', 'env', 'deployment/workload', 'STRESSTIME=never')
    const crashing = await ours('cluster', 'scale', '1')
    assert.equal(crashing.code, 4)
    assert.match(
      crashing.stderr,
      /keeps crashing \(exit code 1, Error\); "kubectl .* logs .* --previous" shows why/,
    )

    await kubectl('-n', 'load-and-stress', 'create', 'serviceaccount', 'nobody')
    const kept = process.env.KUBECONFIG
    process.env.KUBECONFIG = await kubeconfigOf(out, 'load-and-stress', 'nobody')
    try {
      const { code, stderr } = await ours('cluster', 'status')
      assert.equal(code, 4)
      assert.match(stderr, /^load-and-stress: the cluster does not allow it: .*forbidden.*\n$/)
    } finally {
      process.env.KUBECONFIG = kept
    }
  })
})
