import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { host } from '../config.ts'
import { type App, json, problem, problems, queryNumber, type Service } from '../contract.ts'
import type { Job, Load } from '../stress.ts'

const profiles = ['constant', 'ramp', 'sine', 'square'] as const

const JobDocument = z
  .object({
    id: z.uuid(),
    host: z.string(),
    state: z.enum(['running', 'ended', 'cancelled', 'failed']),
    reason: z.string().nullable().openapi({ description: 'why it failed' }),
    seconds: z.number(),
    cores: z.number(),
    load: z.number().openapi({ description: 'per cent of those cores, at its height' }),
    memoryMiB: z.number(),
    profile: z.enum(profiles),
    periodSeconds: z.number(),
    startedAt: z.string(),
    elapsedSeconds: z.number(),
    remainingSeconds: z.number(),
    askedCpuSeconds: z.number().openapi({ description: 'what the profile asked for so far' }),
    achievedCpuSeconds: z
      .number()
      .openapi({ description: 'what its threads burned, by the scheduler’s account' }),
    heldMiB: z.number(),
    links: z.object({ self: z.string(), all: z.string() }),
  })
  .openapi('Job')

const Jobs = z.object({ jobs: z.array(JobDocument) }).openapi('Jobs')

/** `/stress`: CPU and memory load that goes on in the background. */
export function stressRoutes(app: App, { config, limits, log, stress }: Service): void {
  /** The fields of a load; in a query every number comes as text. */
  const fields = (number: (schema: z.ZodNumber) => z.ZodType<number>) => ({
    seconds: number(z.number().positive().max(config.STRESS_MAX_SECONDS)).default(config.STRESSTIME),
    cores: number(z.number().positive().max(config.STRESS_MAX_CORES)).optional(),
    share: number(z.number().positive().max(1))
      .optional()
      .openapi({ description: 'of the CPU limit; goes before cores' }),
    load: number(z.number().min(0).max(100))
      .default(100)
      .openapi({ description: 'per cent of those cores, at its height' }),
    memoryMiB: number(z.number().int().min(0).max(config.STRESS_MAX_MEMORY_MIB)).default(0),
    profile: z.enum(profiles).default('constant'),
    periodSeconds: number(z.number().min(0.1).max(config.STRESS_MAX_SECONDS))
      .default(Math.min(10, config.STRESS_MAX_SECONDS))
      .openapi({ description: 'of sine and square' }),
  })
  const Body = z.strictObject(fields((schema) => schema)).openapi('Load')
  const Query = z.strictObject({
    ...fields(queryNumber),
    wait: z
      .enum(['true', 'false'])
      .default('false')
      .openapi({ description: 'answer at its end; the load ends with its client then' }),
  })

  type Asked = Omit<Load, 'cores'> & { cores?: number | undefined; share?: number | undefined }
  const toLoad = ({ cores, share, ...rest }: Asked): Load => ({
    ...rest,
    cores:
      share === undefined
        ? (cores ?? config.STRESS_MAX_CORES)
        : Math.min(share * limits.cpuCores, config.STRESS_MAX_CORES),
  })
  const begin = (c: Context, asked: Asked) => {
    const started = stress.start(toLoad(asked))
    if (started.kind === 'started') {
      const { id, seconds, cores, load, memoryMiB, profile } = started.job
      log.info({ id, seconds, cores, load, memoryMiB, profile }, 'load started')
      started.over.then(({ state, achievedCpuSeconds }) =>
        log.info({ id, state, achievedCpuSeconds }, 'load over'),
      )
      return started
    }
    const response = problem(c, 429, 'Too much load', {
      detail:
        started.reason === 'jobs'
          ? `${config.STRESS_MAX_JOBS} jobs are running already; end one or wait`
          : `the jobs would hold more than ${config.STRESS_MAX_MEMORY_MIB} MiB; end one or wait`,
    })
    return { kind: 'refused' as const, response }
  }
  const describe = (job: Job) => ({
    ...job,
    host,
    links: { self: `/stress/jobs/${job.id}`, all: '/stress/jobs' },
  })
  const security = config.STRESS_TOKEN ? { security: [{ token: [] }] } : {}
  const refusals = problems({
    400: 'A field makes no sense',
    401: 'The token is missing or wrong',
    429: 'As many jobs are running, or as much memory is held, as is allowed',
  })

  app.openapi(
    createRoute({
      method: 'post',
      path: '/stress',
      summary: 'Start a load in the background',
      ...security,
      request: { body: { content: { 'application/json': { schema: Body } }, required: false } },
      responses: {
        202: json('Started', JobDocument),
        ...refusals,
        ...problems({ 413: 'The body is too large', 415: 'The body is not JSON' }),
      },
    }),
    (c) => {
      const started = begin(c, Body.parse(c.req.valid('json')))
      if (started.kind === 'refused') return started.response
      c.header('location', `/stress/jobs/${started.job.id}`)
      return c.json(describe(started.job), 202)
    },
  )

  app.openapi(
    createRoute({
      method: 'get',
      path: '/stress',
      summary: 'Start a load; with wait, answer at its end',
      ...security,
      request: { query: Query },
      responses: { 200: json('Over', JobDocument), 202: json('Started', JobDocument), ...refusals },
    }),
    async (c) => {
      const { wait, ...asked } = c.req.valid('query')
      const started = begin(c, asked)
      if (started.kind === 'refused') return started.response
      if (wait === 'false') return c.json(describe(started.job), 202)
      const end = () => stress.cancel(started.job.id)
      c.req.raw.signal.addEventListener('abort', end)
      const job = await started.over
      c.req.raw.signal.removeEventListener('abort', end)
      // As the original answered: for how long it really was.
      return c.json({ ...describe(job), seconds: job.elapsedSeconds }, 200)
    },
  )

  const path = '/stress/jobs/{id}'
  const params = z.object({ id: z.uuid() })
  const absent = problems({ 400: 'Not an id', 404: 'No such job, or over for long' })
  const answer = (c: Context, job: Job | undefined) =>
    job
      ? c.json(describe(job), 200)
      : problem(c, 404, 'No such job', { detail: 'GET /stress/jobs lists those there are' })

  app.openapi(
    createRoute({
      method: 'get',
      path: '/stress/jobs',
      summary: 'The jobs that run, and the last that are over',
      responses: { 200: json('Jobs', Jobs) },
    }),
    (c) => c.json({ jobs: stress.list().map(describe) }, 200),
  )
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/stress/jobs',
      summary: 'End every job',
      ...security,
      responses: {
        200: json('Those that were ended', Jobs),
        ...problems({ 401: 'The token is missing or wrong' }),
      },
    }),
    (c) => {
      return c.json({ jobs: stress.cancelAll().map(describe) }, 200)
    },
  )
  app.openapi(
    createRoute({
      method: 'get',
      path,
      summary: 'One job',
      request: { params },
      responses: { 200: json('Job', JobDocument), ...absent },
    }),
    (c) => answer(c, stress.find(c.req.valid('param').id)),
  )
  app.openapi(
    createRoute({
      method: 'delete',
      path,
      summary: 'End a job',
      ...security,
      request: { params },
      responses: {
        200: json('As it ended; one that was over stays as it was', JobDocument),
        ...absent,
        ...problems({ 401: 'The token is missing or wrong' }),
      },
    }),
    (c) => answer(c, stress.cancel(c.req.valid('param').id)),
  )
}
