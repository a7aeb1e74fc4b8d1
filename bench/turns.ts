import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { percent } from '../analysis/formats/words.ts'
import { hodgesLehmann, hodgesLehmannInTurns, type Interval } from '../analysis/numbers/hodges-lehmann.ts'
import { Statistics } from '../analysis/runs/statistics.ts'
import { guard } from '../runner/shell/processes.ts'

/**
 * How narrow the intervals of a comparison are while a neighbour’s load rises and falls: the workload against itself,
 * with a workload beside it that makes a sine of CPU load, run in turns and as a duet. BENCH_REPEATS (10).
 */
const repeats = process.env.BENCH_REPEATS ?? '10'

const neighbour = spawn(process.execPath, ['--import', 'tsx', 'workload/main.ts'], {
  env: { ...process.env, PORT: '0' },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const watched = guard(neighbour.pid ?? 0)
const [line] = await once(createInterface({ input: neighbour.stdout }), 'line')
const { url } = JSON.parse(String(line))
const folder = await mkdtemp(path.join(os.tmpdir(), 'las-turns-'))

const figures = { mean: 'meanMs', p50: 'p50Ms', p95: 'p95Ms', p99: 'p99Ms' } as const

async function compared(name: string, flags: readonly string[]): Promise<void> {
  const out = path.join(folder, name)
  const args = ['ab', '--repeat', repeats, '--duration', '5s', '--warm-up', '1s', '--out', out, ...flags]
  const { stderr } = spawnSync(process.execPath, ['runner/bin.js', ...args], { encoding: 'utf8' })
  const report = /report: (.*)index\.html/.exec(stderr)?.[1]
  if (!report) throw new Error(stderr)
  const { runs } = Statistics.parse(JSON.parse(await readFile(path.join(report, 'statistics.json'), 'utf8')))
  const widths = Object.entries(figures).map(([figure, key]) => {
    const of = (side: string) =>
      runs
        .filter(({ run }) => run?.labels.side === side)
        .sort((a, b) => Number(a.run?.labels.cell?.slice(2)) - Number(b.run?.labels.cell?.slice(2)))
        .flatMap(({ total }) => (total[key] === null ? [] : Math.log(total[key])))
    const [a, b] = [of('a'), of('b')]
    // A run of few requests has no p99.
    if (a.length + b.length < runs.length) return `${figure} –`
    const half = (interval: Interval | null) => percent(interval ? (interval.high - interval.low) / 2 : 0)
    return `${figure} ${half(hodgesLehmann(a, b).interval)} / ${half(hodgesLehmannInTurns(a, b).interval)}`
  })
  console.log(`${name.padEnd(24)}${widths.map((width) => width.padEnd(26)).join('')}`)
}

try {
  await fetch(new URL('/stress', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ cores: 1, seconds: 3600, profile: 'sine', periodSeconds: 23 }),
  }).then(async (answer) => {
    if (!answer.ok) throw new Error(await answer.text())
  })
  console.log(`Half-widths of the 95 % intervals: as two sets / in turns; ${repeats} repeats of 5 s`)
  const loads = { arrival: ['--scenario', 'arrival', '--rate', '24'], constant: ['--vus', '4'] }
  for (const [name, flags] of Object.entries(loads)) {
    await compared(`${name} in turns`, flags)
    await compared(`${name} as a duet`, [...flags, '--duet'])
  }
} finally {
  neighbour.kill()
  watched.release()
  await rm(folder, { recursive: true })
}
