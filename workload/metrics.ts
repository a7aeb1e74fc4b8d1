import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { groupCpu } from './cgroup.ts'
import type { Stress } from './stress.ts'
import type { WorkPool } from './work.ts'

export type Metrics = {
  readonly contentType: string
  text(): Promise<string>
  request(method: string, route: string, status: number, seconds: number): void
  burned(seconds: number): void
}

/** Everything that `/metrics` shows, in a registry of its own. */
export function metrics(pool: WorkPool, stress: Stress): Metrics {
  const registry = new Registry()
  const registers = [registry]
  // Looking at the event loop as often as the library does by itself costs a hundredth of a core.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 1000 })

  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer, by route',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  const work = new Counter({
    name: 'las_work_burned_seconds_total',
    help: 'CPU that /work requests asked for and got',
    registers,
  })
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  // What is counted elsewhere is only told here; a counter has no set().
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  gauge('las_work_queue_length', 'Work requests waiting for a thread', pool.waiting)
  gauge('las_work_threads', 'Threads that work requests are done on', () => pool.threads)
  gauge('las_stress_jobs', 'Load jobs running', stress.running)
  counter('las_stress_burned_seconds_total', 'CPU that load jobs burned', stress.burnedSeconds)
  counter(
    'las_threads_lost_total',
    'Threads that ended by themselves and were replaced',
    () => pool.threadsLost() + stress.threadsLost(),
  )
  if (groupCpu()) {
    counter(
      'las_cpu_periods_total',
      'Periods of the CPU quota in which the container wanted to run',
      () => groupCpu()?.periods ?? 0,
    )
    counter(
      'las_cpu_throttled_periods_total',
      'Periods in which its quota was used up before their end',
      () => groupCpu()?.throttledPeriods ?? 0,
    )
    counter(
      'las_cpu_throttled_seconds_total',
      'Time it was kept from running by its quota',
      () => groupCpu()?.throttledSeconds ?? 0,
    )
  }

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    request: (method, route, status, seconds) =>
      durations.labels(method, route, String(status)).observe(seconds),
    burned: (seconds) => work.inc(seconds),
  }
}
