import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { formatRun, type Run } from '../analysis/formats/run.ts'
import { keep } from '../analysis/run/kept.ts'
import { runStatistics } from '../analysis/run/statistics.ts'
import { aRun, requests, summaryOf, summaryText } from './samples.ts'

/** A summary of that many requests whose latencies are `by` times those of `requests`. */
const slowed = (count: number, failed: number, by: number) =>
  summaryText(
    Object.fromEntries(
      Object.entries(requests(count, failed)).map(([metric, values]) => [
        metric,
        metric.startsWith('http_req_duration')
          ? Object.fromEntries(
              Object.entries(values).map(([name, value]) => [name, name === 'count' ? value : value * by]),
            )
          : values,
      ]),
    ),
  )

/** Puts the result folder of a run into `out`, as a run of ten seconds leaves it, and gives its path. */
export async function aResult(
  out: string,
  name: string,
  changes: Partial<Run> = {},
  { count = 1000, failed = 0, by = 1 } = {},
): Promise<string> {
  const folder = path.join(out, name)
  await mkdir(folder, { recursive: true })
  const text = slowed(count, failed, by)
  const summaryFile = path.join(folder, 'summary.json')
  await writeFile(summaryFile, text)
  const unjudged = aRun({ id: path.basename(name), ...changes })
  const figures = runStatistics({
    name: unjudged.id,
    run: unjudged,
    summary: { kind: 'summary', summary: summaryOf(text) },
  })
  const run = { ...unjudged, verdict: figures.verdict }
  await writeFile(path.join(folder, 'run.json'), formatRun(run, keep({ ...figures, run }, summaryFile)))
  return folder
}
