import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GroupCpu } from './cgroup.ts'
import { metrics } from './metrics.ts'

const pool = { threads: 3, waiting: () => 4, threadsLost: () => 1 }
const stress = { running: () => 2, burnedSeconds: () => 1.5, threadsLost: () => 1 }
const groupCpu: GroupCpu = {
  usedSeconds: 9,
  quotaCores: 0.5,
  periods: 40,
  throttledPeriods: 10,
  throttledSeconds: 1.5,
}

test('requests are counted by method, route and status', async () => {
  const service = metrics(pool, stress, { cpu: () => null })
  service.request('GET', '/work', 200, 0.02)
  service.request('GET', '/work', 200, 0.2)
  service.request('GET', '/work', 503, 0.001)
  const text = await service.text()
  const labels = 'method="GET",route="/work",status="200"'
  assert.ok(text.includes(`http_request_duration_seconds_count{${labels}} 2\n`))
  assert.ok(text.includes(`http_request_duration_seconds_bucket{le="0.025",${labels}} 1\n`))
  assert.ok(text.includes('http_request_duration_seconds_count{method="GET",route="/work",status="503"} 1\n'))
})

test('gauges and totals are read anew each time', async () => {
  let burnedSeconds = 1.5
  const service = metrics(pool, { ...stress, burnedSeconds: () => burnedSeconds }, { cpu: () => null })
  service.burned(0.25)
  service.burned(0.5)
  const first = await service.text()
  for (const line of [
    'las_work_burned_seconds_total 0.75',
    'las_work_queue_length 4',
    'las_work_threads 3',
    'las_stress_jobs 2',
    'las_stress_burned_seconds_total 1.5',
    'las_threads_lost_total 2',
  ])
    assert.ok(first.includes(`${line}\n`), line)
  burnedSeconds = 2
  assert.match(await service.text(), /^las_stress_burned_seconds_total 2$/m)
})

test('throttling is there in a container only, and no two services share a registry', async () => {
  const inContainer = await metrics(pool, stress, { cpu: () => groupCpu }).text()
  for (const line of [
    'las_cpu_periods_total 40',
    'las_cpu_throttled_periods_total 10',
    'las_cpu_throttled_seconds_total 1.5',
  ])
    assert.ok(inContainer.includes(`${line}\n`), line)
  assert.doesNotMatch(await metrics(pool, stress, { cpu: () => null }).text(), /las_cpu_/)
})
