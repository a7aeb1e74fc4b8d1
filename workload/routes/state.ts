import os from 'node:os'
import { createRoute, z } from '@hono/zod-openapi'
import packageJson from '../../package.json' with { type: 'json' }
import { hostname, shownVariables } from '../config.ts'
import { type App, Insight, json, problem, problems, queryNumber, type Service } from '../contract.ts'

const Use = z.object({ cores: z.number(), shareOfLimit: z.number() })

const Cpu = z
  .object({
    hostname: z.string(),
    loadAverage: z.object({ '1m': z.number(), '5m': z.number(), '15m': z.number() }),
    cpu: z.object({
      windowMs: z.number(),
      limitCores: z.number(),
      process: Use,
      container: Use.extend({
        quotaCores: z.number().nullable(),
        periods: z.number(),
        throttledPeriods: z.number(),
        throttledSeconds: z.number(),
      }).nullable(),
      host: z.object({ cores: z.number(), busyCores: z.number(), perCore: z.array(z.number()) }),
    }),
  })
  .openapi('Cpu')

const Second = z
  .object({
    at: z.number().openapi({ description: 'when it ended, in ms since 1970' }),
    usedCores: z.number().openapi({ description: 'CPU of the container; of this process outside one' }),
    askedCores: z.number().openapi({ description: 'CPU that the loads asked for' }),
    achievedCores: z.number().openapi({ description: 'CPU that the threads of the loads burned' }),
    throttledShare: z
      .number()
      .nullable()
      .openapi({ description: 'of the quota’s periods, those that used it up; null without a quota' }),
    memoryMiB: z.number().openapi({ description: 'resident set of this process' }),
    waiting: z.number().openapi({ description: '/work requests waiting for a thread at its end' }),
    requests: z.number().openapi({ description: '/work requests answered per second' }),
    errors: z
      .number()
      .nullable()
      .openapi({ description: 'share of them with a status from 400; null without requests' }),
    p50Ms: z.number().nullable().openapi({
      description: 'response time of /work in the last ten seconds, within 4 %; null of too few requests',
    }),
    p95Ms: z.number().nullable(),
  })
  .openapi('Second', { description: 'what happened in a second or a little more' })

const History = z
  .object({
    instance: z.string().openapi({ description: 'id of this process' }),
    limits: z.object({ cpuCores: z.number(), memoryMiB: z.number() }),
    seconds: z.array(Second).openapi({ description: 'oldest first, at most 120' }),
  })
  .openapi('History')

/** What this process is, what it does, and whether it is ready. */
export function stateRoutes(app: App, service: Service): void {
  const { config, environment, limits, pool, stress, metrics, unitsPerMs } = service
  const get = <Path extends string>(path: Path, summary: string) => ({
    method: 'get' as const,
    path,
    summary,
  })

  app.openapi(
    createRoute({
      ...get('/readyz', 'Is it ready for requests?'),
      responses: {
        200: json('Ready', z.object({ status: z.literal('ready') })),
        ...problems({ 503: 'Shutting down' }),
      },
    }),
    (c) =>
      service.draining
        ? problem(c, 503, 'Draining', { detail: 'this instance is shutting down' })
        : c.json({ status: 'ready' as const }, 200),
  )

  app.openapi(
    createRoute({
      ...get('/cpu', 'The CPU used in the last second'),
      responses: { 200: json('By process, container and host', Cpu) },
    }),
    (c) => {
      const [one = 0, five = 0, fifteen = 0] = os.loadavg()
      const loadAverage = { '1m': one, '5m': five, '15m': fifteen }
      return c.json({ hostname, loadAverage, cpu: service.cpu() }, 200)
    },
  )

  app.openapi(
    createRoute({
      ...get('/history', 'CPU, memory, queue and /work requests of the last two minutes, by second'),
      request: {
        query: z.object({
          after: queryNumber(z.number().min(0))
            .default(0)
            .openapi({ description: 'only the seconds that ended after this, in ms since 1970' }),
        }),
      },
      responses: { 200: json('The seconds', History), ...problems({ 400: 'A field is invalid' }) },
    }),
    (c) => {
      const seconds = service.history.after(c.req.valid('query').after)
      return c.json({ instance: service.instance, limits, seconds }, 200)
    },
  )

  app.openapi(
    createRoute({
      ...get('/insight', 'What this process is and does'),
      responses: { 200: json('Only listed environment variables are shown', Insight) },
    }),
    (c) => {
      const shown = shownVariables.flatMap((name) => (environment[name] ? [[name, environment[name]]] : []))
      const { user, system } = process.cpuUsage()
      return c.json(
        {
          service: packageJson.name,
          version: packageJson.version,
          instance: service.instance,
          host: hostname,
          pod: config.POD_NAME ?? null,
          namespace: config.POD_NAMESPACE ?? null,
          node: config.NODE_NAME ?? null,
          platform: `${os.platform()} ${os.release()} ${os.arch()}`,
          versions: { node: process.versions.node, v8: process.versions.v8 },
          startedAt: service.startedAt.toISOString(),
          limits,
          used: { cpuSeconds: (user + system) / 1e6 },
          work: {
            served: service.workServed,
            waiting: pool.waiting(),
            threads: pool.threads,
            unitsPerMs,
            calibrated: config.WORK_UNITS_PER_MS ? ('pinned' as const) : ('at start' as const),
          },
          stress: {
            running: stress.running(),
            maxSeconds: config.STRESS_MAX_SECONDS,
            maxCores: config.STRESS_MAX_CORES,
          },
          environment: Object.fromEntries(shown),
          environmentNotShown: Object.keys(environment).length - shown.length,
        },
        200,
      )
    },
  )

  app.openapi(
    createRoute({
      ...get('/metrics', 'All metrics, for Prometheus'),
      responses: {
        200: { description: 'Text exposition format', content: { 'text/plain': { schema: z.string() } } },
      },
    }),
    async (c) => c.text(await metrics.text(), 200, { 'content-type': metrics.contentType }),
  )
}
