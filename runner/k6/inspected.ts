import { z } from 'zod'
import { issueWords } from '../../analysis/formats/json.ts'
import { Failure } from '../shell/exit.ts'
import { printedJson } from '../shell/processes.ts'

const text = z.string().nullish()
const count = z.number().nonnegative().nullish()
const texts = z.record(z.string(), z.string()).nullish()
// Of our scripts.
const figure = z
  .string()
  .regex(/^\d+(\.\d+)?$/)
  .optional()
const settings = z.object({ OFFERED: figure, POISSON_SEED: figure }).nullish()

/** As far as it is read of what `k6 inspect` prints; k6 writes null for what a script does not say. */
const Inspected = z.object({
  scenarios: z
    .record(
      z.string(),
      z.object({
        ...{ tags: texts, env: settings, vus: count, maxVUs: count, rate: count },
        ...{ timeUnit: text, startTime: text, duration: text, maxDuration: text },
      }),
    )
    .refine((scenarios) => Object.keys(scenarios).length > 0, 'there is none'),
})

/** The scenarios that `k6 inspect` printed, by name; a Failure for anything else. */
export function scenariosIn(stdout: string): Readonly<Record<string, Record<string, unknown>>> {
  const parsed = Inspected.safeParse(printedJson('k6 inspect', stdout))
  if (parsed.success) return parsed.data.scenarios
  throw new Failure(
    'environment',
    `k6 inspect printed something else than the script's scenarios (${issueWords(parsed.error)}); is it k6?`,
  )
}
