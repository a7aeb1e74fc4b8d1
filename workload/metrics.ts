import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ControlGroup } from './cgroup.ts'
import type { Stress } from './stress.ts'
import type { WorkPool } from './work.ts'

export type Metrics = {
  readonly contentType: string
  /** Everything in Prometheus's text format. */
  text(): Promise<string>
  request(method: string, route: string, status: number, seconds: number): void
  burned(seconds: number): void
}

/** The metrics of one service, in a registry that nothing else shares. */
export function metrics(
  pool: Pick<WorkPool, 'threads' | 'waiting' | 'threadsLost'>,
  stress: Pick<Stress, 'running' | 'burnedSeconds' | 'threadsLost'>,
  group: Pick<ControlGroup, 'cpu'>,
): Metrics {
  const registry = new Registry()
  const registers = [registry]
  // The library's default interval costs a hundredth of a core.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 1000 })

  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Response time by route',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  const work = new Counter({
    name: 'las_work_burned_seconds_total',
    help: 'CPU burned by /work requests, by calibration',
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
  // For totals that are kept elsewhere: a counter has no set().
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
  gauge('las_work_threads', 'Threads for work requests', () => pool.threads)
  gauge('las_stress_jobs', 'Load jobs running', stress.running)
  counter('las_stress_burned_seconds_total', 'CPU burned by load jobs', stress.burnedSeconds)
  counter(
    'las_threads_lost_total',
    'Threads that ended unexpectedly and were replaced',
    () => pool.threadsLost() + stress.threadsLost(),
  )
  if (group.cpu()) {
    const ofGroup = (
      name: string,
      help: string,
      field: 'periods' | 'throttledPeriods' | 'throttledSeconds',
    ) => counter(name, help, () => group.cpu()?.[field] ?? 0)
    ofGroup('las_cpu_periods_total', 'CPU quota periods in which the container ran', 'periods')
    ofGroup(
      'las_cpu_throttled_periods_total',
      'CPU quota periods in which the container used up its quota',
      'throttledPeriods',
    )
    ofGroup('las_cpu_throttled_seconds_total', 'Time the container was throttled', 'throttledSeconds')
  }

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    request: (method, route, status, seconds) =>
      durations.labels(method, route, String(status)).observe(seconds),
    burned: (seconds) => work.inc(seconds),
  }
}
