import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { hostname } from '../config.ts'
import { type App, json, problem, problems, queryNumber, type Service } from '../contract.ts'
import { profiles } from '../profile.ts'
import type { Job, Load } from '../stress.ts'

const JobDocument = z
  .object({
    id: z.uuid(),
    hostname: z.string(),
    state: z.enum(['running', 'ended', 'cancelled', 'failed']),
    reason: z.string().nullable().openapi({ description: 'why it failed, if it did' }),
    seconds: z.number(),
    cores: z.number(),
    load: z.number().openapi({ description: 'peak, in per cent of those cores' }),
    memoryMiB: z.number(),
    profile: z.enum(profiles),
    periodSeconds: z.number(),
    startedAt: z.string(),
    elapsedSeconds: z.number(),
    remainingSeconds: z.number(),
    askedCpuSeconds: z.number().openapi({ description: 'CPU that the profile has asked for so far' }),
    achievedCpuSeconds: z
      .number()
      .openapi({ description: 'CPU that its threads have burned, as the scheduler measured' }),
    heldMiB: z.number(),
    links: z.object({ self: z.string(), all: z.string() }),
  })
  .openapi('Job')

const Jobs = z.object({ jobs: z.array(JobDocument) }).openapi('Jobs')

/** `/stress`: CPU and memory load in the background. */
export function stressRoutes(app: App, { config, limits, log, stress }: Service): void {
  /** The fields of a load; `number` reads them from text in a query. */
  const fields = (number: (schema: z.ZodNumber) => z.ZodType<number>) => ({
    seconds: number(z.number().positive().max(config.STRESS_MAX_SECONDS)).default(config.STRESSTIME),
    cores: number(z.number().positive().max(config.STRESS_MAX_CORES)).optional(),
    share: number(z.number().positive().max(1))
      .optional()
      .openapi({ description: 'of the CPU limit; overrides cores' }),
    load: number(z.number().min(0).max(100))
      .default(100)
      .openapi({ description: 'peak, in per cent of those cores' }),
    memoryMiB: number(z.number().int().min(0).max(config.STRESS_MAX_MEMORY_MIB)).default(0),
    profile: z.enum(profiles).default('constant'),
    periodSeconds: number(z.number().min(0.1).max(config.STRESS_MAX_SECONDS))
      .default(Math.min(10, config.STRESS_MAX_SECONDS))
      .openapi({ description: 'period of sine and square' }),
  })
  const Body = z.strictObject(fields((schema) => schema)).openapi('Load')
  const Query = z.strictObject({
    ...fields(queryNumber),
    wait: z
      .enum(['true', 'false'])
      .default('false')
      .openapi({ description: 'answer when the load ends; it ends early if the client leaves' }),
  })

  type LoadRequest = Omit<Load, 'cores'> & { cores?: number | undefined; share?: number | undefined }
  const toLoad = ({ cores, share, ...rest }: LoadRequest): Load => ({
    ...rest,
    cores:
      share === undefined
        ? (cores ?? config.STRESS_MAX_CORES)
        : Math.min(share * limits.cpuCores, config.STRESS_MAX_CORES),
  })
  const start = (c: Context, request: LoadRequest) => {
    const started = stress.start(toLoad(request))
    if (started.kind === 'started') {
      const { id, seconds, cores, load, memoryMiB, profile } = started.job
      log.info({ id, seconds, cores, load, memoryMiB, profile }, 'load started')
      started.finished.then(({ state, achievedCpuSeconds }) =>
        log.info({ id, state, achievedCpuSeconds }, 'load ended'),
      )
      return started
    }
    const response = problem(c, 429, 'Too much load', {
      detail:
        started.reason === 'jobs'
          ? `${config.STRESS_MAX_JOBS} jobs are already running; end one or wait`
          : `the jobs would hold more than ${config.STRESS_MAX_MEMORY_MIB} MiB; end one or wait`,
    })
    return { kind: 'refused' as const, response }
  }
  const describe = (job: Job) => ({
    ...job,
    hostname,
    links: { self: `/stress/jobs/${job.id}`, all: '/stress/jobs' },
  })
  const security = config.STRESS_TOKEN ? { security: [{ token: [] }] } : {}
  const refusals = problems({
    400: 'A field is invalid',
    401: 'The token is missing or wrong',
    403: 'A web page of another site sent it',
    429: 'The limit of running jobs or of memory is reached',
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
      const started = start(c, Body.parse(c.req.valid('json')))
      if (started.kind === 'refused') return started.response
      c.header('location', `/stress/jobs/${started.job.id}`)
      return c.json(describe(started.job), 202)
    },
  )

  app.openapi(
    createRoute({
      method: 'get',
      path: '/stress',
      summary: 'Start a load; with wait, answer when it ends',
      ...security,
      request: { query: Query },
      responses: { 200: json('Ended', JobDocument), 202: json('Started', JobDocument), ...refusals },
    }),
    async (c) => {
      const { wait, ...request } = c.req.valid('query')
      const started = start(c, request)
      if (started.kind === 'refused') return started.response
      if (wait === 'false') return c.json(describe(started.job), 202)
      const cancel = () => stress.cancel(started.job.id)
      c.req.raw.signal.addEventListener('abort', cancel)
      const job = await started.finished
      c.req.raw.signal.removeEventListener('abort', cancel)
      // `seconds` is how long it really ran.
      return c.json({ ...describe(job), seconds: job.elapsedSeconds }, 200)
    },
  )

  const path = '/stress/jobs/{id}'
  const unauthorised = problems({
    401: 'The token is missing or wrong',
    403: 'A web page of another site sent it',
  })
  const params = z.object({ id: z.uuid() })
  const absent = problems({ 400: 'Not an id', 404: 'No such job, or it ended long ago' })
  const answer = (c: Context, job: Job | undefined) =>
    job
      ? c.json(describe(job), 200)
      : problem(c, 404, 'No such job', { detail: 'GET /stress/jobs lists the jobs' })

  app.openapi(
    createRoute({
      method: 'get',
      path: '/stress/jobs',
      summary: 'The running jobs, and those that ended last',
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
        200: json('The jobs that this ended', Jobs),
        ...unauthorised,
      },
    }),
    async (c) => {
      const jobs = stress.cancelAll().map(describe)
      await stress.freed()
      return c.json({ jobs }, 200)
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
        200: json('The job; if it had already ended, unchanged', JobDocument),
        ...absent,
        ...unauthorised,
      },
    }),
    async (c) => {
      const job = stress.cancel(c.req.valid('param').id)
      await stress.freed()
      return answer(c, job)
    },
  )
}
