import { randomUUID } from 'node:crypto'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { bearerAuth } from 'hono/bearer-auth'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { requestId } from 'hono/request-id'
import { routePath } from 'hono/route'
import type { Logger } from 'pino'
import packageJson from '../package.json' with { type: 'json' }
import { calibrate } from './burn.ts'
import { controlGroup } from './cgroup.ts'
import type { Config } from './config.ts'
import { type App, invalidInput, json, problem, type Service } from './contract.ts'
import { cpuMeter, sampleCpu } from './cpu.ts'
import { hostsOf, refuseCrossSite } from './cross-site.ts'
import { history } from './history.ts'
import { metrics } from './metrics.ts'
import { pageRoutes } from './routes/page.ts'
import { stateRoutes } from './routes/state.ts'
import { stressRoutes } from './routes/stress.ts'
import { workRoutes } from './routes/work.ts'
import { stress } from './stress.ts'
import { workPool } from './work.ts'

export type Workload = {
  readonly app: App
  /** Makes `/readyz` answer 503 from now on, so that load balancers send nothing new here. */
  drain(): void
  /** Ends all loads now and answers the clients that wait for them. */
  endLoads(): unknown
  /** Ends all threads. */
  close(): Promise<void>
}

/** The service with its threads, calibrated but not listening yet. */
export function workload(config: Config, environment: NodeJS.ProcessEnv, log: Logger): Workload {
  const unitsPerMs = config.WORK_UNITS_PER_MS ?? calibrate()
  const group = controlGroup()
  const limits = group.limits()
  const pool = workPool(config.WORK_THREADS, config.WORK_MAX_QUEUE)
  const loads = stress(
    {
      threads: config.STRESS_MAX_CORES,
      jobs: config.STRESS_MAX_JOBS,
      memoryMiB: config.STRESS_MAX_MEMORY_MIB,
    },
    unitsPerMs,
  )
  const past = history(() => ({
    askedSeconds: loads.askedSeconds(),
    achievedSeconds: loads.burnedSeconds(),
    memoryMiB: process.memoryUsage.rss() / 2 ** 20,
    waiting: pool.waiting(),
  }))
  const meter = cpuMeter(limits.cpuCores, () => sampleCpu(group), past.second)
  const service: Service = {
    config,
    environment,
    log,
    instance: randomUUID(),
    startedAt: new Date(),
    limits,
    unitsPerMs,
    pool,
    stress: loads,
    metrics: metrics(pool, loads, group),
    history: past,
    cpu: meter.read,
    draining: false,
    workServed: 0,
  }

  const app: App = new OpenAPIHono({
    defaultHook: (result, c) => (result.success ? undefined : invalidInput(c, result.error)),
  })
  // Before the middleware, to make liveness checks as cheap as possible.
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
    methodNotAllowed({
      app,
      onMethodNotAllowed(c, methods) {
        const allow = methods.join(', ')
        c.header('allow', allow)
        return problem(c, 405, 'Method not allowed', { detail: `${c.req.path} allows only ${allow}` })
      },
    }),
  )
  app.use(
    bodyLimit({
      maxSize: config.MAX_BODY_KIB * 1024,
      onError: (c) => problem(c, 413, 'Body too large', { detail: `at most ${config.MAX_BODY_KIB} KiB` }),
    }),
  )
  const guardLoad = (guard: MiddlewareHandler) => {
    app.use('/work', guard)
    app.on(['POST', 'GET'], '/stress', guard)
    app.on('DELETE', ['/stress/jobs', '/stress/jobs/*'], guard)
  }
  guardLoad(refuseCrossSite(hostsOf(config, environment)))
  if (config.STRESS_TOKEN) {
    guardLoad(requireToken(config.STRESS_TOKEN))
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
      description: 'A service with adjustable CPU load.',
    },
  })
  app.notFound((c) => problem(c, 404, 'Not found', { detail: `no route for ${c.req.method} ${c.req.path}` }))
  app.onError((error, c) => {
    // nginx's status for a client that left before its answer: no fault of the service.
    if (c.req.raw.signal.aborted) return problem(c, 499 as 400, 'Client closed request')
    if (error instanceof HTTPException) {
      if (error.res) return error.res
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

/** Sets the headers of every response, and measures and logs it. */
const observe = (service: Service) =>
  createMiddleware(async (c, next) => {
    const start = performance.now()
    await next()
    c.header('cache-control', 'no-store')
    // A connection kept open would delay the shutdown until its client closes it.
    if (service.draining) c.header('connection', 'close')
    const seconds = (performance.now() - start) / 1000
    const route = routePath(c, -1)
    service.metrics.request(c.req.method, route.endsWith('*') ? 'none' : route, c.res.status, seconds)
    if (route === '/work') service.history.request(c.res.status, seconds)
    const { log } = service
    if (log.isLevelEnabled('debug')) {
      const { method, path } = c.req
      log.debug({ requestId: c.get('requestId'), method, path, status: c.res.status, seconds }, 'request')
    }
  })

function requireToken(token: string) {
  const refusal = {
    wwwAuthenticateHeader: 'Bearer',
    message: (c: Context): Response =>
      problem(c, 401, 'Unauthorised', { detail: 'send the token as "authorization: Bearer …"' }),
  }
  return bearerAuth({
    token,
    noAuthenticationHeader: refusal,
    invalidAuthenticationHeader: refusal,
    invalidToken: refusal,
  })
}
