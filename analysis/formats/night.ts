import { z } from 'zod'
import { issueWords } from './words.ts'

const Measured = z.object({
  scenario: z.string(),
  replicas: z.number().nullable(),
  load: z.string().describe('request and shape; nights of another are another series'),
  metric: z.string(),
  unit: z.string(),
  better: z.enum(['higher', 'lower']),
  values: z.array(z.number()).min(1).describe('one a run'),
})

/** What a night leaves in the history: one small file. */
export const Night = z.object({
  schema: z.literal(1),
  id: z.string().describe('the name of the file'),
  startedAt: z.string(),
  commit: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  environment: z
    .record(z.string(), z.string())
    .describe('of generator and target: nights of another environment are not compared with these'),
  runs: z.object({ valid: z.number(), invalid: z.number(), planned: z.number() }),
  measured: z.array(Measured),
})

export type Night = z.infer<typeof Night>

export type NightReading =
  | { readonly kind: 'night'; readonly night: Night }
  | { readonly kind: 'unreadable'; readonly reason: string }

/** The one reader of a night's file; a reason completes the sentence "<file>: …". */
export function parseNight(text: string): NightReading {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { kind: 'unreadable', reason: 'not whole JSON; was the job killed, or the copy cut short?' }
  }
  const schema = (json as { schema?: unknown } | null)?.schema
  if (typeof schema === 'number' && schema !== 1)
    return {
      kind: 'unreadable',
      reason: `of schema ${schema}, and this load-and-stress reads 1; it is left as it is`,
    }
  const parsed = Night.safeParse(json)
  if (parsed.success) return { kind: 'night', night: parsed.data }
  return { kind: 'unreadable', reason: `not a night (${issueWords(parsed.error)})` }
}

/** A change that somebody knows of, with the reason; `night` is the first after it, as the report names it. */
export const Acknowledged = z.array(
  z.object({ series: z.string(), night: z.string(), reason: z.string().min(1) }),
)

export type Acknowledged = z.infer<typeof Acknowledged>
