import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { mean } from 'simple-statistics'
import { strangeGenerator } from '../analysis/formats/generators.ts'
import { findMetric, percentileAt, type Summary } from '../analysis/formats/summary.ts'
import { largest, smallest } from '../analysis/numbers/extremes.ts'
import { durations } from '../analysis/run/figures.ts'
import { mergeSummaries } from '../analysis/run/merge.ts'
import { bundleFile } from '../runner/k6/bundle.ts'
import { findK6 } from '../runner/k6/find.ts'
import { segmentsOf } from '../runner/k6/generators.ts'
import { startWorkload } from '../runner/targets/embedded.ts'
import { summaryOf } from './samples.ts'
import { testShell } from './shell.ts'

/** One load from several generators: merged from their summaries, and computed from all their points. */
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
  /** What a merge gives exactly. */
  readonly exact: readonly { readonly name: string; readonly raw: number; readonly merged: number }[]
}

/** A check that half of the answers fail, or so. */
const script = (vus: number, duration: string, workMs: number) => `import { check } from 'k6'
import http from 'k6/http'
export const options = { scenarios: { load: { executor: 'constant-vus', vus: ${vus}, duration: '${duration}' } } }
export default () =>
  check(http.get(\`\${__ENV.BASE_URL}/work?ms=${workMs}\`), { even: ({ timings }) => Math.round(timings.duration * 1000) % 2 === 0 })
`

/** Divides a constant load into one segment per generator, each a k6 process, as distributed k6 does. */
export async function segments(generators: number, duration: string, workMs: number): Promise<Segments> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'las-segments-'))
  const file = path.join(folder, 'load.js')
  await writeFile(file, script(generators, duration, workMs))
  const [workload, { text }, k6] = await Promise.all([
    startWorkload(process.env),
    bundleFile(file),
    findK6(testShell()),
  ])
  try {
    const { segments, sequence } = segmentsOf(generators)
    const parts = await Promise.all(
      segments.map(async (segment, part) => {
        const [summary, points] = [path.join(folder, `${part}.json`), path.join(folder, `${part}.points`)]
        const args = [
          ...['run', '--quiet', '--execution-segment', segment],
          ...['--execution-segment-sequence', sequence],
          ...['--out', `json=${points}`, '-'],
        ]
        const settings = { BASE_URL: workload.url, LAS_SUMMARY_PATH: summary }
        const child = spawn(k6.path, args, {
          env: { ...process.env, ...settings, K6_NO_USAGE_REPORT: 'true' },
          stdio: ['pipe', 'ignore', 'inherit'],
        })
        child.stdin?.end(text)
        const [code] = await once(child, 'close')
        if (code !== 0) throw new Error(`k6 ended with ${code}`)
        const read = summaryOf(await readFile(summary, 'utf8'))
        return { segment, summary: read, points: await rawPoints(points) }
      }),
    )
    const { summary, problems } = mergeSummaries(
      parts.map(({ segment, summary }) => ({
        generator: { ...strangeGenerator(segment), segment },
        summary: { kind: 'summary', summary },
        timeline: null,
      })),
    )
    if (!summary || problems.length > 0) throw new Error(problems.join('; '))
    return compared(
      summary,
      parts.map((part) => part.summary),
      parts.flatMap(({ points }) => points),
    )
  } finally {
    await workload.stop()
    await rm(folder, { recursive: true })
  }
}

/** The same of the folder of a run with several generators and `--raw`. */
export async function segmentsIn(folder: string): Promise<Segments> {
  const summaryIn = async (at: string) => summaryOf(await readFile(path.join(at, 'summary.json'), 'utf8'))
  const names = await readdir(path.join(folder, 'generators'))
  const parts = names.map((name) => path.join(folder, 'generators', name))
  const points = await Promise.all(parts.map((at) => rawPoints(path.join(at, 'points.json.gz'))))
  return compared(await summaryIn(folder), await Promise.all(parts.map(summaryIn)), points.flat())
}

function compared(merged: Summary, parts: readonly Summary[], points: readonly Point[]): Segments {
  const of = (metric: string) => points.flatMap((point) => (point.metric === metric ? [point.value] : []))
  const sorted = of('http_req_duration').sort((a, b) => a - b)
  const type7 = (q: number) => {
    const at = q * (sorted.length - 1)
    const [low = 0, high = 0] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
    return low + (high - low) * (at - Math.floor(at))
  }
  const durationsOf = (summary: Summary) => {
    const { metric } = durations(summary, {})
    if (!metric) throw new Error('no durations')
    return metric
  }
  const all = durationsOf(merged)
  const given = (name: string) => all.values[name] ?? Number.NaN
  const checks = findMetric(merged, 'checks')?.values ?? {}
  const passed = of('checks').filter((value) => value === 1).length
  return {
    requests: sorted.length,
    rows: [50, 90, 95, 99, 99.9].map((p) => ({
      p,
      raw: type7(p / 100),
      merged: percentileAt(all, p) ?? Number.NaN,
      averaged: parts.reduce((sum, part) => {
        const metric = durationsOf(part)
        return sum + ((percentileAt(metric, p) ?? Number.NaN) * (metric.values.count ?? 0)) / sorted.length
      }, 0),
    })),
    exact: [
      { name: 'requests', raw: sorted.length, merged: given('count') },
      { name: 'mean', raw: mean(sorted), merged: given('avg') },
      { name: 'minimum', raw: smallest(sorted), merged: given('min') },
      { name: 'maximum', raw: largest(sorted), merged: given('max') },
      {
        name: 'iterations',
        raw: of('iterations').length,
        merged: findMetric(merged, 'iterations')?.values.count ?? 0,
      },
      { name: 'checks passed', raw: passed, merged: checks.passes ?? Number.NaN },
      { name: 'checks failed', raw: of('checks').length - passed, merged: checks.fails ?? Number.NaN },
    ],
  }
}

type Point = { readonly metric: string; readonly value: number }

async function rawPoints(file: string): Promise<Point[]> {
  const points: Point[] = []
  const packed = createReadStream(file)
  const input = file.endsWith('.gz') ? packed.pipe(createGunzip()) : packed
  for await (const line of createInterface({ input })) {
    const [, metric = ''] = /"metric":"(http_req_duration|checks|iterations)"/.exec(line) ?? []
    if (metric === '' || !line.includes('"type":"Point"')) continue
    const { data } = JSON.parse(line) as { data: { value: number; tags: { expected_response?: string } } }
    if (metric !== 'http_req_duration' || data.tags.expected_response === 'true')
      points.push({ metric, value: data.value })
  }
  return points
}
