import { percent } from '../analysis/formats/words.ts'
import { randomFrom } from '../analysis/numbers/random.ts'
import { growth } from '../analysis/run/growth.ts'
import { recovery } from '../analysis/run/recovery.ts'
import { stalls } from '../analysis/run/stalls.ts'
import { factors, type Jitter, latencies, periodsOf, soak, steady, timelineOf } from '../test/timelines.ts'

/**
 * Checks by seeded simulation what reports say of time: how often steady noisy runs are said to stall or to grow, and how
 * often growth by a fifth is found. BENCH_ROUNDS (500) is of each.
 */

const rounds = Number(process.env.BENCH_ROUNDS ?? 500)
const share = (holds: (seed: number) => boolean): string =>
  percent(Array.from({ length: rounds }, (_, seed) => holds(seed)).filter(Boolean).length / rounds)
const row = (name: string, cells: readonly string[]): void =>
  console.log(name.padEnd(44), ...cells.map((cell) => cell.padStart(9)))

const jitter = (deviation: number, correlation: number): Jitter => ({ deviation, correlation })
const load = (count: number) => [{ startMs: 0, durationMs: count * 1000 }]

function alarms(): void {
  const lengths = [30, 60, 200, 600]
  console.log(`\nSteady runs said to stall, ${rounds} of each; noise correlated 0.5 from period to period`)
  row(
    '',
    lengths.map((count) => `${count}`),
  )
  for (const poisson of [false, true])
    for (const rate of [5, 50, 1000])
      for (const deviation of [0.05, 0.1, 0.3])
        row(
          `${rate}/s${poisson ? ' Poisson' : ''}, p50 ± ${percent(deviation)}, tail ± ${percent(2 * deviation)}`,
          lengths.map((count) =>
            share((seed) => {
              const run = steady(count, randomFrom(seed), { rate, jitter: jitter(deviation, 0.5), poisson })
              return stalls(run, load(count), true).length > 0
            }),
          ),
        )
}

const noises: [name: string, noise: Parameters<typeof soak>[2]][] = [
  ...[
    [0.05, 0],
    [0.2, 0],
    [0.05, 0.5],
    [0.1, 0.5],
    [0.05, 0.8],
    [0.05, 0.95],
  ].map(([deviation = 0, correlation = 0]): (typeof noises)[number] => [
    `${percent(deviation)}, correlated ${correlation}`,
    (random) => factors(jitter(deviation, correlation), random),
  ]),
  [
    'one period in twenty four times as slow',
    (random) => {
      const of = factors(jitter(0.05, 0.5), random)
      return () => of() * (random() < 0.05 ? 4 : 1)
    },
  ],
]

function trends(): void {
  const lengths = [40, 60, 120, 600]
  const grows = (count: number, noise: (typeof noises)[number][1], by: number) =>
    share((seed) =>
      growth(soak(count, randomFrom(seed), noise, by), load(count)).figures.some(({ grew }) => grew),
    )
  console.log(
    '\nSoaks said to grow in any of six figures: without growth, then with p50 and p95 20 % higher at the end',
  )
  row(
    '',
    lengths.flatMap((count) => [`${count} none`, `${count} 20 %`]),
  )
  for (const [name, noise] of noises)
    row(
      name,
      lengths.flatMap((count) => [grows(count, noise, 0), grows(count, noise, 0.2)]),
    )
}

function spikes(): void {
  console.log('\nSpikes of 3 × 10 s that nobody felt, said to recover late')
  const stages = [20, 100, 20].map((offered, index) => ({
    stage: String(index + 1),
    vus: 10,
    offered,
    startMs: index * 10_000,
    durationMs: 10_000,
  }))
  for (const deviation of [0.05, 0.1, 0.2, 0.3])
    row(`p95 ± ${percent(deviation)}`, [
      share((seed) => {
        const noise = factors(jitter(deviation, 0.5), randomFrom(seed))
        const periods = periodsOf(30, (second) => ({
          requests: stages[Math.floor(second / 10)]?.offered ?? 0,
          durationMs: latencies(5 * noise()),
        }))
        return recovery(timelineOf(periods), { request: '', connections: 'kept', stages })?.recoveredMs !== 0
      }),
    ])
}

alarms()
trends()
spikes()
