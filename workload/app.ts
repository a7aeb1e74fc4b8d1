import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import { requestId } from 'hono/request-id'
import { routePath } from 'hono/route'
import type { Logger } from 'pino'
import packageJson from '../package.json' with { type: 'json' }
import { calibrate } from './burn.ts'
import { limits } from './cgroup.ts'
import type { Config } from './config.ts'
import { type App, invalidInput, json, problem, type Service } from './contract.ts'
import { cpuMeter } from './cpu.ts'
import { metrics } from './metrics.ts'
import { pageRoutes } from './routes/page.ts'
import { stateRoutes } from './routes/state.ts'
import { stressRoutes } from './routes/stress.ts'
import { workRoutes } from './routes/work.ts'
import { stress } from './stress.ts'
import { workPool } from './work.ts'

export type Workload = {
  readonly app: App
  /** From now on `/readyz` answers 503, so that nothing new is sent here. */
  drain(): void
  /** Ends every load now; whoever waits for one is answered. */
  endLoads(): unknown
  /** Ends every thread. */
  close(): Promise<void>
}

/** The service with its threads, calibrated once; it does not listen yet. */
export function workload(config: Config, environment: NodeJS.ProcessEnv, log: Logger): Workload {
  const unitsPerMs = config.WORK_UNITS_PER_MS ?? calibrate()
  const meter = cpuMeter()
  const pool = workPool(config.WORK_THREADS, config.WORK_MAX_QUEUE)
  const loads = stress(
    {
      threads: config.STRESS_MAX_CORES,
      jobs: config.STRESS_MAX_JOBS,
      memoryMiB: config.STRESS_MAX_MEMORY_MIB,
    },
    unitsPerMs,
  )
  const service: Service = {
    config,
    environment,
    log,
    instance: randomUUID(),
    startedAt: new Date(),
    limits: limits(),
    unitsPerMs,
    pool,
    stress: loads,
    metrics: metrics(pool, loads),
    cpu: meter.read,
    draining: false,
    workServed: 0,
  }

  const app: App = new OpenAPIHono({
    defaultHook: (result, c) => (result.success ? undefined : invalidInput(c, result.error)),
  })
  // Before everything else, so that the answer to "is it alive?" costs as little as it can.
  app.openapi(
    createRoute({
      method: 'get',
      path: '/healthz',
      summary: 'Is it alive?',
      responses: { 200: json('Alive', z.object({ status: z.literal('ok') })) },
    }),
    (c) => c.json({ status: 'ok' as const }, 200),
  )
  app.use(requestId({ limitLength: 64 }), observe(service))
  app.use(
    bodyLimit({
      maxSize: config.MAX_BODY_KIB * 1024,
      onError: (c) => problem(c, 413, 'Body too large', { detail: `at most ${config.MAX_BODY_KIB} KiB` }),
    }),
  )
  if (config.STRESS_TOKEN) {
    const guard = requireToken(config.STRESS_TOKEN)
    app.use('/work', guard)
    app.on(['GET', 'POST'], '/stress', guard)
    app.on('DELETE', ['/stress/jobs', '/stress/jobs/*'], guard)
    app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  }

  workRoutes(app, service)
  stressRoutes(app, service)
  stateRoutes(app, service)
  pageRoutes(app, service)
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'load-and-stress workload',
      version: packageJson.version,
      description: 'A service whose CPU load can be dialled.',
    },
  })
  refuseOtherMethods(app)
  app.notFound((c) => problem(c, 404, 'Not found', { detail: `nothing at ${c.req.method} ${c.req.path}` }))
  app.onError((error, c) => {
    if (error instanceof HTTPException) {
      const titles: Record<number, string> = { 400: 'Invalid input', 415: 'Not JSON' }
      return problem(c, error.status, titles[error.status] ?? 'Refused', {
        detail: error.status === 415 ? 'send the body as application/json' : error.message,
        ...(error.status === 400 && { errors: [{ field: '(body)', detail: 'not JSON' }] }),
      })
    }
    log.error({ requestId: c.get('requestId'), error: error.message }, `${c.req.method} ${c.req.path}`)
    return problem(c, 500, 'Internal error')
  })

  return {
    app,
    drain: () => {
      service.draining = true
    },
    endLoads: loads.cancelAll,
    async close() {
      meter.stop()
      await Promise.all([pool.close(), loads.close()])
    },
  }
}

/** What every answer gets, and what is counted and logged of it. */
const observe = (service: Service) =>
  createMiddleware(async (c, next) => {
    const start = performance.now()
    await next()
    c.header('cache-control', 'no-store')
    // A kept connection would hold up the shutdown for as long as its client keeps it.
    if (service.draining) c.header('connection', 'close')
    const seconds = (performance.now() - start) / 1000
    const route = routePath(c, -1)
    service.metrics.request(c.req.method, route.endsWith('*') ? 'none' : route, c.res.status, seconds)
    const { log } = service
    if (log.isLevelEnabled('debug')) {
      const { method, path } = c.req
      log.debug({ requestId: c.get('requestId'), method, path, status: c.res.status, seconds }, 'request')
    }
  })

function requireToken(token: string) {
  // Equal lengths, whatever was sent, so that the comparison tells nothing by its time.
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const expected = digest(`Bearer ${token}`)
  return createMiddleware(async (c, next) => {
    if (timingSafeEqual(digest(c.req.header('authorization') ?? ''), expected)) return next()
    c.header('www-authenticate', 'Bearer')
    return problem(c, 401, 'Unauthorised', { detail: 'send the token as "authorization: Bearer …"' })
  })
}

/** A path that is there but not for that method is answered 405, with those that are. */
function refuseOtherMethods(app: App): void {
  const methods = new Map<string, Set<string>>()
  for (const { path, method } of app.routes) {
    if (method === 'ALL' || path.endsWith('*')) continue
    methods.set(path, new Set([...(methods.get(path) ?? []), method, ...(method === 'GET' ? ['HEAD'] : [])]))
  }
  for (const [path, allowed] of methods) {
    const allow = [...allowed].join(', ')
    app.all(path, (c) => {
      c.header('allow', allow)
      return problem(c, 405, 'Method not allowed', { detail: `${c.req.path} takes ${allow}` })
    })
  }
}
