import { z } from 'zod'
import { issueWords } from './words.ts'

const Stage = z.object({
  stage: z.string().describe('the value of the k6 tag `stage`'),
  vus: z.number().describe('of an open load as many as it may use'),
  offered: z
    .number()
    .nullable()
    .default(null)
    .describe(
      'of an open load: requests that are to begin a second, whether those before are answered or not',
    ),
  startMs: z.number().describe('from the start of the test'),
  durationMs: z.number(),
})

export const Verdict = z.object({
  kind: z.enum(['pass', 'fail', 'invalid']),
  reasons: z.array(z.string()).describe('why, in sentences; empty for a pass'),
})

/** What `run.json` holds: everything about a run that the summary does not say. */
export const Run = z.object({
  schema: z.literal(1),
  id: z.string().describe('the name of the result folder'),
  scenario: z.string(),
  load: z.object({
    request: z.string().describe('method and path'),
    stages: z.array(Stage).describe('plateaus of VUs, in order'),
    connections: z.enum(['one per iteration', 'kept']),
  }),
  slos: z.array(z.object({ figure: z.string(), limit: z.number() })),
  labels: z.record(z.string(), z.string()),
  target: z.object({
    url: z.string().describe('without user, password and query'),
    embedded: z.boolean().describe('the workload that the runner started, on the machine that made the load'),
    workload: z
      .object({
        version: z.string(),
        host: z.string(),
        pod: z.string().nullable(),
        namespace: z.string().nullable(),
        node: z.string().nullable(),
        cpuCores: z.number(),
        memoryMiB: z.number(),
        unitsPerMs: z.number().describe('calibration: units of work in a millisecond of CPU'),
      })
      .nullable()
      .describe('what /insight said before the load; null for any other service'),
    replicas: z
      .number()
      .nullable()
      .default(null)
      .describe('how many stood behind the URL, where that is known'),
    cluster: z
      .object({
        nodes: z.number(),
        image: z.string(),
        cpuLimit: z.string().nullable().describe('of one replica, in Kubernetes’ notation'),
        memoryLimit: z.string().nullable(),
        scaling: z
          .array(
            z.object({
              atMs: z.number().describe('from the start of the test; negative before'),
              wanted: z.number().describe('replicas that the deployment should have'),
              ready: z.number(),
            }),
          )
          .default([])
          .describe('every change of the number of replicas, where that was watched'),
        pods: z.array(
          z.object({
            name: z.string(),
            node: z.string(),
            served: z
              .number()
              .nullable()
              .describe('/work requests during the load; null for a pod that came or went meanwhile'),
            cpuCores: z.number().nullable().describe('CPU used during the load'),
          }),
        ),
      })
      .nullable()
      .default(null)
      .describe('what stands behind the service of a Kubernetes cluster; null elsewhere'),
    workServed: z
      .number()
      .nullable()
      .describe(
        '/work requests that the target counted during the load; null unless one instance counted all',
      ),
  }),
  host: z.object({
    cores: z.number(),
    cpu: z.string().nullable().default(null).describe('the model of it'),
    memoryMiB: z.number(),
    kernel: z.string(),
    node: z.string(),
    k6: z.string(),
  }),
  commit: z.string().nullable().describe('git commit of the folder that the run was started in'),
  startedAt: z.string(),
  endedAt: z.string(),
  interrupted: z.boolean(),
  k6: z.object({
    exitCode: z.number().nullable().describe('null when a signal killed it'),
    signal: z.string().nullable(),
    cpuSeconds: z.number().nullable().describe('CPU that the generator used; null where it cannot be read'),
    waitedSeconds: z
      .number()
      .nullable()
      .default(null)
      .describe('that its threads could have run and were not let: the CPU was busy, or a limit held them'),
    machineBusyCores: z
      .number()
      .nullable()
      .default(null)
      .describe('of the generator’s machine, all that ran on it, over the run'),
    maxMemoryMiB: z.number().nullable(),
    outputs: z
      .array(z.string())
      .default([])
      .describe('what it wrote or showed beside its summary, which costs it something'),
  }),
  verdict: Verdict.optional().describe('at the time of the run; a report made later judges anew'),
})

export type Run = z.infer<typeof Run>
export type Verdict = z.infer<typeof Verdict>

/** The tags of a stage's metrics: a run of one stage has no other requests, and none of them are told apart. */
export const stageTags = ({ load: { stages } }: Run, stage: string): Readonly<Record<string, string>> =>
  stages.length > 1 ? { stage } : {}

export type RunReading =
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'unreadable'; readonly reason: string }

/** The one reader of `run.json`; a reason completes the sentence "<file>: …". */
export function parseRun(text: string): RunReading {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { kind: 'unreadable', reason: 'not whole JSON; was the run killed while writing it?' }
  }
  const version = (json as { schema?: unknown } | null)?.schema
  if (typeof version === 'number' && version > 1) {
    return {
      kind: 'unreadable',
      reason: `written by a newer load-and-stress (schema ${version}, this one reads 1)`,
    }
  }
  const parsed = Run.safeParse(json)
  if (parsed.success) return { kind: 'run', run: parsed.data }
  return { kind: 'unreadable', reason: `not a run (${issueWords(parsed.error)})` }
}

/** The one writer. */
export const formatRun = (run: Run): string => `${JSON.stringify(run, null, 2)}\n`
