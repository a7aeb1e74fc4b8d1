import { spawnSync } from 'node:child_process'
import { link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { readRun } from '../analysis/formats/read.ts'
import { formatRun } from '../analysis/formats/run.ts'
import { parseSummary } from '../analysis/formats/summary.ts'
import { number } from '../analysis/formats/words.ts'
import { normalFrom, randomFrom } from '../analysis/numbers/random.ts'
import { keep } from '../analysis/run/kept.ts'
import { runStatistics } from '../analysis/run/statistics.ts'

/**
 * Time and peak memory to compare a year's ten thousand result folders, five thousand a side, with the figures that
 * a run keeps and without them, beside jq extracting two figures from each summary: medians of three rounds in
 * turns. BENCH_RUNS shortens it.
 */
const runs = Number(process.env.BENCH_RUNS ?? 10_000)
const folder = await mkdtemp(path.join(os.tmpdir(), 'las-summaries-'))
try {
  const once = ['run', 'constant', '--duration', '3s', '--out', path.join(folder, 'one')]
  spawnSync(process.execPath, ['runner/bin.js', ...once], { stdio: 'ignore' })
  const [name = ''] = await readdir(path.join(folder, 'one'))
  const file = readRun(path.join(folder, 'one', name))
  if (file.kind === 'unreadable') throw new Error(file.reason)
  const real = JSON.parse(await readFile(path.join(folder, 'one', name, 'summary.json'), 'utf8'))
  const random = randomFrom(1)
  let bytes = 0
  for (let index = 0; index < runs; index++) {
    const factor = Math.exp(0.03 * normalFrom(random))
    const id = path.join(index % 2 ? 'new' : 'old', String(index))
    const [kept, without] = [path.join(folder, 'kept', id), path.join(folder, 'without', id)]
    for (const at of [kept, without]) await mkdir(at, { recursive: true })
    // A similar run: every latency scaled by the same random factor.
    const text = JSON.stringify(real, (key, value) =>
      typeof value === 'number' && /^(p\(|avg|min|med|max)/.test(key) ? value * factor : value,
    )
    bytes += text.length
    const summary = path.join(kept, 'summary.json')
    await writeFile(summary, text)
    await link(summary, path.join(without, 'summary.json'))
    const startedAt = new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString()
    const endedAt = new Date(Date.parse(startedAt) + 3000).toISOString()
    const run = { ...file.value.run, id: String(index), startedAt, endedAt }
    const figures = runStatistics({ name: run.id, run, summary: parseSummary(text) })
    await writeFile(path.join(kept, 'run.json'), formatRun(run, keep(figures, summary)))
    await writeFile(path.join(without, 'run.json'), formatRun(run))
  }
  console.log(`${number(runs)} result folders, ${number(bytes / runs / 1024)} KiB of summary each`)

  const files = (await readdir(path.join(folder, 'kept'), { recursive: true }))
    .filter((file) => file.endsWith('summary.json'))
    .map((file) => path.join(folder, 'kept', file))
  await writeFile(path.join(folder, 'files'), files.join('\n'))
  const comparing = (at: string) => [
    ...[process.execPath, 'runner/bin.js', 'compare', 'old', 'new'],
    ...['--out', path.join(folder, `report-${at}`)],
  ]
  const extract = '.metrics | [.http_reqs.values.count, .http_req_duration.values["p(95)"]]'
  const commands: Record<string, string[]> = {
    kept: comparing('kept'),
    without: comparing('without'),
    jq: ['xargs', '-a', path.join(folder, 'files'), 'jq', '-c', extract],
  }
  const found = new Map<string, { seconds: number; cpu: number; peakMiB: number; status: number | null }[]>()
  for (let round = 0; round < 3; round++)
    for (const [name, command] of Object.entries(commands)) {
      const at = path.join(folder, name)
      const start = performance.now()
      const { stderr, status } = spawnSync('/usr/bin/time', ['-f', 'peak %M cpu %U %S', ...command], {
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
        env: { ...process.env, LAS_RESULTS_DIR: at, INIT_CWD: at },
      })
      const seconds = (performance.now() - start) / 1000
      const [, peak, user, system] = /peak (\d+) cpu (\S+) (\S+)/.exec(stderr) ?? []
      const cpu = Number(user) + Number(system)
      found.set(name, [...(found.get(name) ?? []), { seconds, cpu, peakMiB: Number(peak) / 1024, status }])
    }
  const middle = (values: number[]) => number(values.sort((a, b) => a - b)[1] ?? Number.NaN)
  for (const [name, rounds] of found) {
    const of = (figure: 'seconds' | 'cpu' | 'peakMiB') => rounds.map((round) => round[figure])
    const exits = [...new Set(rounds.map(({ status }) => status))]
    console.log(
      `${name.padEnd(8)} ${middle(of('seconds'))} s (${of('seconds').map(number).join(', ')}), ${middle(of('cpu'))} s of CPU, ${middle(of('peakMiB'))} MiB, exit ${exits.join(', ')}`,
    )
  }
  const ratio = (than: string) =>
    (found.get(than) ?? []).map(({ seconds }, round) => seconds / (found.get('kept')?.[round]?.seconds ?? 0))
  console.log(`kept is ${middle(ratio('without'))} times as fast as without, ${middle(ratio('jq'))} as jq`)
  const reported = await Promise.all(
    ['kept', 'without'].map((at) => readFile(path.join(folder, `report-${at}`, 'statistics.json'), 'utf8')),
  )
  console.log(
    reported[0] === reported[1] ? 'both give the same statistics.json' : 'the statistics.json differ',
  )
} finally {
  await rm(folder, { recursive: true })
}
