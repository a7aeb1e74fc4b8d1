import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import type { CpuUse } from './cpu.ts'
import type { Metrics } from './metrics.ts'
import type { Stress } from './stress.ts'
import type { WorkPool } from './work.ts'

export type App = OpenAPIHono<{ Variables: { requestId: string } }>

/** What the routes work with. */
export type Service = {
  readonly config: Config
  readonly environment: NodeJS.ProcessEnv
  readonly log: Logger
  /** Of this process: tells instances behind one address apart, and a restart. */
  readonly instance: string
  readonly startedAt: Date
  readonly limits: { readonly cpuCores: number; readonly memoryMiB: number }
  readonly unitsPerMs: number
  readonly pool: WorkPool
  readonly stress: Stress
  readonly metrics: Metrics
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
      .openapi({ description: 'the fields that are wrong' }),
  })
  .openapi('Problem', { description: 'RFC 9457' })

type More = { detail?: string; errors?: { field: string; detail: string }[] }

/** A problem document (RFC 9457). */
export function problem(c: Context, status: ContentfulStatusCode, title: string, more: More = {}): never {
  const requestId = c.get('requestId') as string | undefined
  // The routes promise JSON of their own; a problem is always one of the documented ways out.
  return c.body(JSON.stringify({ type: 'about:blank', title, status, ...more, requestId }), status, {
    'content-type': 'application/problem+json',
  }) as never
}

export function invalidInput(c: Context, error: z.core.$ZodError): Response {
  const errors = error.issues.flatMap((issue) => {
    const fields = issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.') || '(body)']
    return fields.map((field) => ({ field, detail: issue.message }))
  })
  const detail = errors.map((each) => `${each.field}: ${each.detail}`).join('; ')
  return problem(c, 400, 'Invalid input', { detail, errors })
}

/** The documented problems of a route: by status, what has happened. */
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

/** A number in a query: written as JSON writes one, so that "", "0x10" and " 5" are none. */
export const queryNumber = (schema: z.ZodNumber) =>
  z
    .string()
    .regex(/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/, 'not a number')
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
