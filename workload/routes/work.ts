import { setTimeout as sleep } from 'node:timers/promises'
import { createRoute, z } from '@hono/zod-openapi'
import { hostname } from '../config.ts'
import { type App, json, problem, problems, queryNumber, type Service } from '../contract.ts'

const Done = z
  .object({
    host: z.string(),
    units: z.number().openapi({ description: 'units burned' }),
    cpuMs: z.number().openapi({ description: 'their CPU time, by calibration' }),
    queueMs: z.number().openapi({ description: 'time spent waiting for a free thread' }),
    serviceMs: z.number().openapi({ description: 'time from start to end on the thread' }),
    payload: z.string().optional(),
  })
  .openapi('Work')

/** `GET /work`: the request to measure capacity with, the same quantity of CPU on every pod. */
export function workRoutes(app: App, service: Service): void {
  const { config, unitsPerMs, pool } = service
  const share = z.number().min(0).max(1)
  const route = createRoute({
    method: 'get',
    path: '/work',
    summary: 'Burn a fixed quantity of CPU',
    description: `On a pool of threads, in order of arrival. At most ${config.WORK_MAX_QUEUE} requests wait; further ones get 503 at once.`,
    ...(config.STRESS_TOKEN && { security: [{ token: [] }] }),
    request: {
      query: z.strictObject({
        ms: queryNumber(z.number().positive().max(config.WORK_MAX_MS))
          .default(5)
          .openapi({ description: 'CPU time, by calibration' }),
        units: queryNumber(
          z
            .number()
            .int()
            .min(1)
            .max(Math.floor(config.WORK_MAX_MS * unitsPerMs)),
        )
          .optional()
          .openapi({ description: 'the quantity itself; overrides ms' }),
        jitter: queryNumber(share).default(0).openapi({
          description: 'spread of the quantity: uniform between 1 − jitter and 1 + jitter times',
        }),
        sleepMs: queryNumber(z.number().min(0).max(config.WORK_MAX_MS))
          .default(0)
          .openapi({ description: 'wait first, without using CPU, as if for a database' }),
        payloadKiB: queryNumber(z.number().min(0).max(config.WORK_MAX_PAYLOAD_KIB))
          .default(0)
          .openapi({ description: 'size of the payload' }),
        errorRate: queryNumber(share)
          .default(0)
          .openapi({ description: 'share of requests that get 503 at once instead' }),
      }),
    },
    responses: {
      200: json('Burned. The Server-Timing header has the queue and work times in ms, and the pod.', Done),
      ...problems({
        400: 'A parameter is invalid',
        401: 'The token is missing or wrong',
        403: 'A web page of another site sent it',
        503: 'The queue is full (with Retry-After), the thread was lost, or errorRate requested it',
      }),
    },
  })

  // Requests that sleep count too: without a bound a client could exhaust the service.
  let inside = 0
  app.openapi(route, async (c) => {
    const { ms, units: exactUnits, jitter, sleepMs, payloadKiB, errorRate } = c.req.valid('query')
    const full = () => {
      c.header('retry-after', '1')
      return problem(c, 503, 'Queue full', {
        detail: `${config.WORK_MAX_QUEUE} requests are already waiting`,
      })
    }
    if (Math.random() < errorRate)
      return problem(c, 503, 'Requested error', { detail: `errorRate=${errorRate}` })
    if (inside >= config.WORK_MAX_QUEUE + pool.threads) return full()
    inside++
    try {
      const { signal } = c.req.raw
      if (sleepMs > 0) await sleep(sleepMs, undefined, { signal }).catch(() => {})
      const spread = 1 + jitter * (2 * Math.random() - 1)
      const units = Math.max(1, Math.round((exactUnits ?? ms * unitsPerMs) * spread))
      const burned = await pool.run(units, signal)
      if (burned.kind === 'full') return full()
      if (burned.kind !== 'burned')
        return problem(c, 503, 'Work lost', { detail: 'its thread ended; try again' })
      const cpuMs = units / unitsPerMs
      service.workServed++
      service.metrics.burned(cpuMs / 1000)
      const { queueMs, serviceMs } = burned
      c.header(
        'server-timing',
        `queue;dur=${queueMs.toFixed(3)}, work;dur=${serviceMs.toFixed(3)}, pod;desc="${config.POD_NAME ?? hostname}"`,
      )
      const payload = payloadKiB > 0 ? { payload: 'x'.repeat(Math.round(payloadKiB * 1024)) } : {}
      return c.json({ host: hostname, units, cpuMs, queueMs, serviceMs, ...payload }, 200)
    } finally {
      inside--
    }
  })
}
