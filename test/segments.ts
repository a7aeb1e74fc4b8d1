import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { type Distribution, distribution, merge, percentile } from '../analysis/numbers/distribution.ts'
import { durations } from '../analysis/run/figures.ts'
import { bundle } from '../runner/k6/bundle.ts'
import { findK6 } from '../runner/k6/find.ts'
import { startWorkload } from '../runner/targets/embedded.ts'
import { summaryOf } from './samples.ts'
import { testShell } from './shell.ts'

/** Percentiles of one load from several generators: merged from their summaries, and exactly, from all their points. */
export type Segments = {
  readonly requests: number
  readonly rows: readonly {
    readonly p: number
    /** From all points together, quantile type 7 (Hyndman and Fan 1996). */
    readonly raw: number
    readonly merged: number
    /** The mean of the generators' percentiles, weighted by their requests: the mistake that merging avoids. */
    readonly averaged: number
  }[]
}

/** Divides a constant load into one segment per generator, each a k6 process, as distributed k6 does. */
export async function segments(generators: number, duration: string, workMs: number): Promise<Segments> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'las-segments-'))
  const [workload, script, k6] = await Promise.all([
    startWorkload(process.env),
    bundle('constant'),
    findK6(testShell()),
  ])
  try {
    const ends = Array.from({ length: generators + 1 }, (_, end) =>
      end === generators ? '1' : `${end}/${generators}`,
    )
    const parts = await Promise.all(
      Array.from({ length: generators }, async (_, part) => {
        const [summary, points] = [path.join(folder, `${part}.json`), path.join(folder, `${part}.points`)]
        const args = [
          'run',
          '--quiet',
          '--execution-segment',
          `${ends[part]}:${ends[part + 1]}`,
          '--execution-segment-sequence',
          ends.join(','),
          '--out',
          `json=${points}`,
          '-',
        ]
        const settings = {
          BASE_URL: workload.url,
          LAS_VUS: String(generators),
          LAS_DURATION: duration,
          LAS_WORK_MS: String(workMs),
          LAS_SUMMARY_PATH: summary,
        }
        const child = spawn(k6.path, args, {
          env: { ...process.env, ...settings, K6_NO_USAGE_REPORT: 'true' },
          stdio: ['pipe', 'ignore', 'inherit'],
        })
        child.stdin?.end(script)
        const [code] = await once(child, 'close')
        if (code !== 0) throw new Error(`k6 ended with ${code}`)
        const { metric } = durations(summaryOf(await readFile(summary, 'utf8')), {})
        const made = metric ? distribution(metric) : 'no durations'
        if (typeof made === 'string') throw new Error(made)
        return { made, values: await rawDurations(points) }
      }),
    )
    return compared(
      parts.map(({ made }) => made),
      parts.flatMap(({ values }) => values),
    )
  } finally {
    await workload.stop()
    await rm(folder, { recursive: true })
  }
}

function compared(parts: readonly Distribution[], values: readonly number[]): Segments {
  const sorted = [...values].sort((a, b) => a - b)
  const type7 = (q: number) => {
    const at = q * (sorted.length - 1)
    const [low = 0, high = 0] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
    return low + (high - low) * (at - Math.floor(at))
  }
  const all = merge(parts)
  return {
    requests: sorted.length,
    rows: [50, 95, 99, 99.9].map((p) => ({
      p,
      raw: type7(p / 100),
      merged: percentile(all, p).value,
      averaged: parts.reduce(
        (sum, part) => sum + (percentile(part, p).value * (part[0]?.count ?? 0)) / sorted.length,
        0,
      ),
    })),
  }
}

async function rawDurations(file: string): Promise<number[]> {
  const values: number[] = []
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (!line.includes('"metric":"http_req_duration"') || !line.includes('"type":"Point"')) continue
    const { data } = JSON.parse(line) as { data: { value: number; tags: { expected_response?: string } } }
    if (data.tags.expected_response === 'true') values.push(data.value)
  }
  return values
}
