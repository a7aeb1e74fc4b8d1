import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { formatRun } from '../analysis/formats/run.ts'
import { number } from '../analysis/formats/words.ts'
import { normalFrom, randomFrom } from '../analysis/numbers/random.ts'
import { aRun } from '../test/samples.ts'

/**
 * Time and peak memory to compare a year's ten thousand result folders, five thousand a side, beside jq
 * extracting two figures from each summary. BENCH_RUNS shortens it.
 */
const runs = Number(process.env.BENCH_RUNS ?? 10_000)
const folder = await mkdtemp(path.join(os.tmpdir(), 'las-summaries-'))
try {
  const once = ['run', 'constant', '--duration', '3s', '--out', path.join(folder, 'one')]
  spawnSync(process.execPath, ['runner/bin.js', ...once], { stdio: 'ignore' })
  const [name = ''] = await readdir(path.join(folder, 'one'))
  const real = JSON.parse(await readFile(path.join(folder, 'one', name, 'summary.json'), 'utf8'))
  await rm(path.join(folder, 'one'), { recursive: true })
  const random = randomFrom(1)
  let bytes = 0
  for (let index = 0; index < runs; index++) {
    const factor = Math.exp(0.03 * normalFrom(random))
    const at = path.join(folder, index % 2 ? 'new' : 'old', String(index))
    await mkdir(at, { recursive: true })
    // A similar run: every latency scaled by the same random factor.
    const summary = JSON.stringify(real, (key, value) =>
      typeof value === 'number' && /^(p\(|avg|min|med|max)/.test(key) ? value * factor : value,
    )
    bytes += summary.length
    const startedAt = new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString()
    await writeFile(path.join(at, 'summary.json'), summary)
    await writeFile(path.join(at, 'run.json'), formatRun(aRun({ id: String(index), startedAt })))
  }
  console.log(`${number(runs)} result folders, ${number(bytes / runs / 1024)} KiB of summary each`)
  const timed = (command: string, args: string[]) => {
    const start = performance.now()
    const { stdout, stderr, status } = spawnSync('/usr/bin/time', ['-f', 'peak %M', command, ...args], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      env: { ...process.env, LAS_RESULTS_DIR: folder, INIT_CWD: folder },
    })
    const seconds = (performance.now() - start) / 1000
    const peakMiB = Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024
    console.log(
      `${path.basename(command).padEnd(8)} ${number(seconds)} s, ${number(peakMiB)} MiB, exit ${status}`,
    )
    return stdout
  }
  const out = timed(process.execPath, ['runner/bin.js', 'compare', 'old', 'new', '--out', 'report'])
  console.log(out)
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('summary.json'))
  await writeFile(path.join(folder, 'files'), files.map((file) => path.join(folder, file)).join('\n'))
  const extract = '.metrics | [.http_reqs.values.count, .http_req_duration.values["p(95)"]]'
  timed('xargs', ['-a', path.join(folder, 'files'), 'jq', '-c', extract])
} finally {
  await rm(folder, { recursive: true })
}
