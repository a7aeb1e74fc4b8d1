import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { reportOf } from '../command.ts'
import { begin, image, kubectl, netns, quick } from './inside.ts'

/** Whether the rates must be within 10 % of what the CPU limits allow: longer probes, on a machine with nothing else to do. */
const exact = !quick('minutes more')
/** How far from it they may be, as a ratio. */
const [least, most] = exact ? [0.9, 1.1] : [0.7, 1.2]
// Two replicas of a slow machine hold 20/s.
const wanted = exact ? 50 : 20
// Four share this machine's two cores with k6.
const replicas = exact ? ['1', '2', '4'] : ['1', '2']

let out = ''
const ours = (...args: string[]) => begin(out, args).ended
before(async () => {
  assert.ok(netns && image, 'set CLUSTER_NETNS and WORKLOAD_IMAGE')
  out = await mkdtemp(path.join(os.tmpdir(), 'las-capacity-'))
  const { code, stderr } = await ours('cluster', 'deploy', '--replicas', '1', '--image', image)
  assert.equal(code, 0, stderr)
})
after(async () => {
  await ours('cluster', 'down')
  await rm(out, { recursive: true, force: true })
})

test('capacity by arrival is what the CPU limits allow, and the recommended cell holds when it is checked', async () => {
  const { code, stdout, stderr } = await ours(
    ...['sweep', '--scenario', 'breakpoint', '--replicas', replicas.join(), '--repeat', '1', '--rate', '40'],
    ...['--duration', exact ? '8s' : '4s', ...(exact ? [] : ['--precision', '25'])],
    ...['--work-ms', '4', '--slo', 'p95=1000,errors=0.01', '--warm-up', exact ? '3s' : '1s'],
    ...['--cool-down', '100ms', '--for', String(wanted), '--check'],
  )
  console.log(stdout.replace(/^/gm, '# '))
  assert.equal(code, 0, stderr)
  const { statistics, report } = await reportOf(out, stderr)
  const { arrivals, runs } = statistics
  assert.ok(arrivals, stdout)
  assert.equal(arrivals.cells.length, replicas.length)
  for (const { replicas, cpu, held, searches } of arrivals.cells) {
    // What a request costs, as the pods counted it near the rate that held: at low rates an idle pod counts too. The least
    // of the probes, since whatever else uses the machine's cores only adds to it.
    const costs = runs.flatMap(({ run, verdict }) => {
      const pods = run?.target.cluster?.pods ?? []
      const known = pods.every(({ served, cpuCores }) => served && cpuCores !== null)
      const near = Math.abs((run?.load.stages[0]?.offered ?? 0) / (held?.median ?? Number.NaN) - 1) < 0.15
      if (run?.target.replicas !== replicas || verdict.kind === 'invalid' || !known || !near) return []
      const seconds = (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000
      const sum = (of: (pod: (typeof pods)[number]) => number | null) =>
        pods.reduce((all, pod) => all + (of(pod) ?? 0), 0)
      return [(sum((pod) => pod.cpuCores) * seconds) / sum((pod) => pod.served)]
    })
    const cost = Math.min(...costs)
    const allowed = ((replicas ?? 0) * (cpu ?? 0)) / cost
    const ratio = (held?.median ?? Number.NaN) / allowed
    console.log(
      `# ${replicas} replicas: ${held?.median}/s, ${costs.map((each) => (1000 * each).toFixed(2)).join(', ')} ms of CPU a request: ${allowed.toFixed(1)}/s allowed, ratio ${ratio.toFixed(3)}`,
    )
    assert.equal(searches.length, 1)
    assert.ok(ratio > least && ratio < most, `${replicas} replicas hold ${held?.median} of ${allowed}`)
  }
  assert.equal(arrivals.check?.held, true, arrivals.check?.why ?? '')
  const recommended = new RegExp(
    `^For ${wanted} requests/s: [124] replicas?, 0\\.[248]00 cores; checked, it held\\.$`,
    'm',
  )
  assert.match(stdout, recommended)

  // The manifest of the autoscaler is one that the API server takes.
  const manifest = path.join(report, 'autoscaler.yaml')
  assert.match(await readFile(manifest, 'utf8'), /averageUtilization: \d\d$/m)
  await kubectl('apply', '--dry-run=server', '-f', manifest)
  const { spec } = JSON.parse(
    await kubectl('-n', 'load-and-stress', 'get', 'deployment', 'workload', '-o', 'json'),
  )
  assert.equal(spec.replicas, 1)
})
