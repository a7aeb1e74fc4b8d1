import { z } from 'zod'
import { type JsonReading, readJson } from './json.ts'

const Measured = z.object({
  scenario: z.string(),
  replicas: z.number().nullable(),
  load: z.string().describe('request and shape; another load is another series'),
  metric: z.string(),
  unit: z.string(),
  better: z.enum(['higher', 'lower']),
  values: z.array(z.number()).min(1).describe('one per run'),
})

/** What a night adds to the history: one small file. */
export const Night = z.object({
  schema: z.literal(1),
  id: z.string().describe('the name of the file'),
  startedAt: z.string(),
  commit: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  environment: z
    .record(z.string(), z.string())
    .describe('generator and target: nights are compared only within one environment'),
  effect: z.number().optional().describe('the smallest change that matters to the plan (0.05: 5 %)'),
  runs: z.object({ valid: z.number(), invalid: z.number(), planned: z.number() }),
  measured: z.array(Measured),
})
export type Night = z.infer<typeof Night>

/** The only reader of a night's file. */
export const parseNight = (text: string): JsonReading<Night> => readJson(text, Night, 'a night')

/** Known changes and their reasons; `night` is the id of the first night after the change. */
export const Acknowledged = z.array(
  z.object({ series: z.string(), night: z.string(), reason: z.string().min(1) }),
)
export type Acknowledged = z.infer<typeof Acknowledged>

/** The only reader of the list of acknowledged changes. */
export const parseAcknowledged = (text: string): JsonReading<Acknowledged> =>
  readJson(text, Acknowledged, 'a list of {"series", "night", "reason"}')
