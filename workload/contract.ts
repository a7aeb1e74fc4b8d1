import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Logger } from 'pino'
import type { Limits } from './cgroup.ts'
import type { Config } from './config.ts'
import type { CpuUse } from './cpu.ts'
import type { History } from './history.ts'
import type { Metrics } from './metrics.ts'
import type { Stress } from './stress.ts'
import { issueWords } from './words.ts'
import type { WorkPool } from './work.ts'

export type App = OpenAPIHono<{ Variables: { requestId: string } }>

/** What the routes need. */
export type Service = {
  readonly config: Config
  readonly environment: NodeJS.ProcessEnv
  readonly log: Logger
  /** Random id of this process: distinguishes instances behind one address, and restarts. */
  readonly instance: string
  readonly startedAt: Date
  readonly limits: Limits
  readonly unitsPerMs: number
  readonly pool: WorkPool
  readonly stress: Stress
  readonly metrics: Metrics
  readonly history: History
  cpu(): CpuUse
  draining: boolean
  workServed: number
}

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    requestId: z.string().optional(),
    errors: z
      .array(z.object({ field: z.string(), detail: z.string() }))
      .optional()
      .openapi({ description: 'the invalid fields' }),
  })
  .openapi('Problem', { description: 'RFC 9457' })

export type Insight = z.infer<typeof Insight>
/** The answer of `GET /insight`. */
export const Insight = z
  .object({
    service: z.string(),
    version: z.string(),
    instance: z.string().openapi({ description: 'id of this process' }),
    host: z.string(),
    pod: z.string().nullable(),
    namespace: z.string().nullable(),
    node: z.string().nullable(),
    platform: z.string(),
    versions: z.object({ node: z.string(), v8: z.string() }),
    startedAt: z.string(),
    limits: z.object({ cpuCores: z.number(), memoryMiB: z.number() }),
    used: z.object({ cpuSeconds: z.number() }).openapi({ description: 'by this process since it started' }),
    work: z.object({
      served: z.number(),
      waiting: z.number(),
      threads: z.number(),
      unitsPerMs: z.number().openapi({ description: 'units of work per CPU ms' }),
      calibrated: z.enum(['at start', 'pinned']),
    }),
    stress: z.object({ running: z.number(), maxSeconds: z.number(), maxCores: z.number() }),
    environment: z.record(z.string(), z.string()),
    environmentNotShown: z.number().openapi({ description: 'number of variables left out' }),
  })
  .openapi('Insight')

type More = { detail?: string; errors?: { field: string; detail: string }[] }

/** A problem document (RFC 9457). */
export function problem(c: Context, status: ContentfulStatusCode, title: string, more: More = {}): never {
  const requestId = c.get('requestId') as string | undefined
  // `never`, because each route's type allows only its own JSON; every route documents its problems.
  return c.body(JSON.stringify({ type: 'about:blank', title, status, ...more, requestId }), status, {
    'content-type': 'application/problem+json',
  }) as never
}

export function invalidInput(c: Context, error: z.core.$ZodError): Response {
  const errors = error.issues.flatMap((issue) => {
    const fields = issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.') || '(body)']
    return fields.map((field) => ({ field, detail: issueWords(issue) }))
  })
  const detail = errors
    .map(({ field, detail }) => `${field === '(body)' ? 'the body' : field} ${detail}`)
    .join('; ')
  return problem(c, 400, 'Invalid input', { detail, errors })
}

/** OpenAPI responses for the problems of a route, from a description per status. */
export const problems = <Status extends number>(descriptions: Record<Status, string>) =>
  Object.fromEntries(
    Object.entries(descriptions).map(([status, description]) => [
      status,
      { description, content: { 'application/problem+json': { schema: Problem } } },
    ]),
  ) as Record<
    Status,
    { description: string; content: { 'application/problem+json': { schema: typeof Problem } } }
  >

export const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { 'application/json': { schema } },
})

/** A number in a query, in JSON's notation, which rejects "", "0x10" and " 5". */
export const queryNumber = (schema: z.ZodNumber) =>
  z
    .string()
    .regex(/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/, 'must be a number')
    .transform(Number)
    .pipe(schema)
    .openapi(bounds(schema))

function bounds(schema: z.ZodNumber) {
  const { type, minimum, maximum, exclusiveMinimum } = z.toJSONSchema(schema)
  return {
    type: type as 'number' | 'integer',
    ...(minimum !== undefined && { minimum }),
    ...(exclusiveMinimum !== undefined && { exclusiveMinimum }),
    ...(maximum !== undefined && { maximum }),
  }
}
