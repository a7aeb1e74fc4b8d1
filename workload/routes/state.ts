import os from 'node:os'
import { createRoute, z } from '@hono/zod-openapi'
import packageJson from '../../package.json' with { type: 'json' }
import { hostname, shownVariables } from '../config.ts'
import { type App, Insight, json, problem, problems, type Service } from '../contract.ts'

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
