import { z } from 'zod'
import { issueWords } from '../../analysis/formats/json.ts'
import { Failure } from '../shell/exit.ts'
import { printedJson } from '../shell/processes.ts'

// k6 writes null for what a script does not say.
const orNull = <Schema extends z.ZodType>(schema: Schema) => schema.nullable().default(null as never)
const text = z.string().nullish()
const count = z.number().nonnegative().nullish()
const texts = z.record(z.string(), z.string()).nullish()

const Planned = z.looseObject({
  executor: z.string(),
  ...{ tags: texts, env: texts, exec: text },
  ...{ vus: count, startVUs: count, preAllocatedVUs: count, maxVUs: count, iterations: count },
  ...{ rate: count, startRate: count, timeUnit: text, startTime: text, duration: text, maxDuration: text },
  stages: z.array(z.object({ duration: z.string(), target: z.number().nonnegative() })).nullish(),
})
/** A scenario as in the options of k6. */
export type Planned = Readonly<z.infer<typeof Planned>>

const Options = z.object({
  scenarios: orNull(
    z.record(z.string(), Planned).refine((scenarios) => Object.keys(scenarios).length > 0, 'there is none'),
  ),
  thresholds: orNull(z.record(z.string(), z.unknown())),
  hosts: orNull(z.record(z.string(), z.string())),
  blacklistIPs: orNull(z.array(z.string())),
  systemTags: orNull(z.array(z.string())),
  noVUConnectionReuse: orNull(z.boolean()),
  noConnectionReuse: orNull(z.boolean()),
  // The shortcuts for one scenario of the default function.
  vus: orNull(z.number()),
  duration: orNull(z.string()),
  iterations: orNull(z.number()),
  stages: orNull(z.array(z.object({ duration: z.string(), target: z.number().nonnegative() }))),
})
type Options = z.infer<typeof Options>

/** What k6 reads in a script's options, as far as a run needs it. */
export type Inspected = Omit<Options, 'scenarios'> & {
  readonly scenarios: Readonly<Record<string, Planned>>
}

/** What `k6 inspect` printed; a Failure for anything else. */
export function inspectedIn(stdout: string): Inspected {
  const parsed = Options.safeParse(printedJson('k6 inspect', stdout))
  if (parsed.success)
    return { ...parsed.data, scenarios: parsed.data.scenarios ?? { default: ofShortcuts(parsed.data) } }
  throw new Failure(
    'environment',
    `k6 inspect printed something else than the script's options (${issueWords(parsed.error)}); is it k6?`,
  )
}

/** The scenario that k6 makes of the shortcuts (its lib/executor/execution_config_shortcuts.go). */
function ofShortcuts({ vus, duration, iterations, stages }: Options): Planned {
  if (iterations) return { executor: 'shared-iterations', vus: vus ?? 1, iterations, maxDuration: duration }
  if (duration) return { executor: 'constant-vus', vus: vus ?? 1, duration }
  if (stages && stages.length > 0) return { executor: 'ramping-vus', startVUs: vus ?? 1, stages }
  return { executor: 'per-vu-iterations', vus: 1, iterations: 1 }
}
