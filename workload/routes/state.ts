import os from 'node:os'
import { createRoute, z } from '@hono/zod-openapi'
import packageJson from '../../package.json' with { type: 'json' }
import { host, shownVariables } from '../config.ts'
import { type App, json, problem, problems, type Service } from '../contract.ts'

const usedSeconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

const Use = z.object({ cores: z.number(), shareOfLimit: z.number() })

const Cpu = z
  .object({
    host: z.string(),
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

const Insight = z
  .object({
    service: z.string(),
    version: z.string(),
    instance: z.string(),
    host: z.string(),
    pod: z.string().nullable(),
    namespace: z.string().nullable(),
    node: z.string().nullable(),
    platform: z.string(),
    versions: z.object({ node: z.string(), v8: z.string() }),
    startedAt: z.string(),
    limits: z.object({ cpuCores: z.number(), memoryMiB: z.number() }),
    used: z.object({ cpuSeconds: z.number() }).openapi({ description: 'by this process since its start' }),
    work: z.object({
      served: z.number(),
      waiting: z.number(),
      threads: z.number(),
      unitsPerMs: z.number().openapi({ description: 'the calibration' }),
      calibrated: z.enum(['at start', 'pinned']),
    }),
    stress: z.object({ running: z.number(), maxSeconds: z.number(), maxCores: z.number() }),
    environment: z.record(z.string(), z.string()),
    environmentNotShown: z.number(),
  })
  .openapi('Insight')

/** What this pod or process is and does, and whether it is well. */
export function stateRoutes(app: App, service: Service): void {
  const { config, environment, limits, pool, stress, metrics, unitsPerMs } = service
  const get = <Path extends string>(path: Path, summary: string) => ({
    method: 'get' as const,
    path,
    summary,
  })

  app.openapi(
    createRoute({
      ...get('/readyz', 'Should it be sent requests?'),
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
      return c.json({ host, loadAverage, cpu: service.cpu() }, 200)
    },
  )

  app.openapi(
    createRoute({
      ...get('/insight', 'What this pod or process is'),
      responses: { 200: json('Nothing of the environment that is not on a list', Insight) },
    }),
    (c) => {
      const shown = shownVariables.flatMap((name) => (environment[name] ? [[name, environment[name]]] : []))
      return c.json(
        {
          service: packageJson.name,
          version: packageJson.version,
          instance: service.instance,
          host,
          pod: config.POD_NAME ?? null,
          namespace: config.POD_NAMESPACE ?? null,
          node: config.NODE_NAME ?? null,
          platform: `${os.platform()} ${os.release()} ${os.arch()}`,
          versions: { node: process.versions.node, v8: process.versions.v8 },
          startedAt: service.startedAt.toISOString(),
          limits: { ...limits },
          used: { cpuSeconds: usedSeconds() },
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
          // What else is set is nobody's business, that something is set may be.
          environmentNotShown: Object.keys(environment).length - shown.length,
        },
        200,
      )
    },
  )

  app.openapi(
    createRoute({
      ...get('/metrics', 'Everything that is counted, for Prometheus'),
      responses: {
        200: { description: 'Text exposition', content: { 'text/plain': { schema: z.string() } } },
      },
    }),
    async (c) => c.text(await metrics.text(), 200, { 'content-type': metrics.contentType }),
  )
}
