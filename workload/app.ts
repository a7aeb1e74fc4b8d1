import { randomUUID } from 'node:crypto'
import os from 'node:os'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import packageJson from '../package.json' with { type: 'json' }
import { calibrate } from './burn.js'
import { type Config, host, shownVariables } from './config.ts'
import { cpuMeter } from './cpu.ts'
import { limits } from './limits.ts'
import { invalidInput, problem } from './problem.ts'
import { type StressJob, stress } from './stress.ts'
import { workPool } from './work.ts'

export type Workload = {
  readonly app: Hono
  /** From now on `/readyz` answers 503, so that nothing new is sent here. */
  drain(): void
  /** Ends every stress job now; whoever waits for one is answered. */
  endLoads(): void
  /** Ends every thread. */
  close(): Promise<void>
}

/** The service with its threads, calibrated once; it does not listen yet. */
export function workload(config: Config, environment: NodeJS.ProcessEnv): Workload {
  const unitsPerMs = config.WORK_UNITS_PER_MS ?? calibrate()
  const { cpuCores, memoryMiB } = limits()
  const maxCores = Math.ceil(cpuCores)
  const pool = workPool(config.WORK_THREADS, config.WORK_MAX_QUEUE)
  const load = stress(maxCores, config.STRESS_MAX_JOBS, unitsPerMs)
  const cpu = cpuMeter()
  const startedAt = new Date()
  const instance = randomUUID()
  let draining = false
  let workServed = 0

  const WorkInput = z.strictObject({ ms: z.coerce.number().positive().max(config.WORK_MAX_MS).default(5) })
  const StressInput = z.strictObject({
    seconds: z.coerce.number().positive().max(config.STRESS_MAX_SECONDS).default(config.STRESSTIME),
    cores: z.coerce.number().int().min(1).max(maxCores).default(maxCores),
  })
  const StressQuery = StressInput.extend({ wait: z.stringbool().default(false) })

  const app = new Hono()
  app.use(async (c, next) => {
    await next()
    c.header('cache-control', 'no-store')
    // A kept connection would hold up the shutdown for as long as its client keeps it.
    if (draining) c.header('connection', 'close')
  })
  app.use(
    bodyLimit({
      maxSize: 64 * 1024,
      onError: (c) => problem(c, 413, 'Body too large', { detail: 'at most 64 KiB' }),
    }),
  )
  app.notFound((c) => problem(c, 404, 'Not found', { detail: `nothing at ${c.req.method} ${c.req.path}` }))
  app.onError((error, c) => {
    console.error(`${c.req.method} ${c.req.path}: ${error.message}`)
    return problem(c, 500, 'Internal error')
  })

  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get('/readyz', (c) =>
    draining
      ? problem(c, 503, 'Draining', { detail: 'this instance is shutting down' })
      : c.json({ status: 'ready' }),
  )

  app.get('/work', async (c) => {
    const input = WorkInput.safeParse(c.req.query())
    if (!input.success) return invalidInput(c, input.error)
    const { ms } = input.data
    const units = Math.max(1, Math.round(ms * unitsPerMs))
    const burned = await pool.run(units)
    if (!burned) {
      c.header('retry-after', '1')
      return problem(c, 503, 'Queue full', {
        detail: `${config.WORK_MAX_QUEUE} requests are waiting already`,
      })
    }
    workServed++
    return c.json({ host, units, cpuMs: units / unitsPerMs, ...burned })
  })

  const describe = ({ id, seconds, cores }: StressJob) => ({ id, host, seconds, cores })
  const tooMany = { detail: `${config.STRESS_MAX_JOBS} loads are running already; wait for one to end` }

  app.post('/stress', async (c) => {
    const text = await c.req.text()
    let body: unknown = {}
    try {
      if (text.trim()) body = JSON.parse(text)
    } catch {
      return problem(c, 400, 'Invalid input', { errors: [{ field: '(body)', detail: 'not JSON' }] })
    }
    const input = StressInput.safeParse(body)
    if (!input.success) return invalidInput(c, input.error)
    const job = load.start(input.data.seconds, input.data.cores)
    return job ? c.json(describe(job), 202) : problem(c, 429, 'Too many loads', tooMany)
  })

  app.get('/stress', async (c) => {
    const input = StressQuery.safeParse(c.req.query())
    if (!input.success) return invalidInput(c, input.error)
    const { seconds, cores, wait } = input.data
    const job = load.start(seconds, cores)
    if (!job) return problem(c, 429, 'Too many loads', tooMany)
    if (!wait) return c.json(describe(job), 202)
    return c.json({ ...describe(job), seconds: Number((await job.ended).toFixed(3)) })
  })

  app.get('/cpu', (c) => {
    const [one = 0, five = 0, fifteen = 0] = os.loadavg()
    return c.json({ host, loadAverage: { '1m': one, '5m': five, '15m': fifteen }, cpu: cpu.read() })
  })

  app.get('/insight', (c) => {
    const shown = shownVariables.filter((name) => environment[name])
    return c.json({
      service: packageJson.name,
      version: packageJson.version,
      instance,
      host,
      pod: config.POD_NAME ?? null,
      namespace: config.POD_NAMESPACE ?? null,
      node: config.NODE_NAME ?? null,
      platform: `${os.platform()} ${os.release()} ${os.arch()}`,
      versions: { node: process.versions.node, v8: process.versions.v8 },
      startedAt: startedAt.toISOString(),
      limits: { cpuCores, memoryMiB },
      work: { served: workServed, waiting: pool.waiting(), threads: pool.threads, unitsPerMs },
      stress: { running: load.running(), maxSeconds: config.STRESS_MAX_SECONDS },
      environment: Object.fromEntries(shown.map((name) => [name, environment[name]])),
      // What else is set is nobody's business, that something is set may be.
      environmentNotShown: Object.keys(environment).length - shown.length,
    })
  })

  return {
    app,
    drain: () => {
      draining = true
    },
    endLoads: load.end,
    async close() {
      cpu.stop()
      await Promise.all([pool.close(), load.close()])
    },
  }
}
