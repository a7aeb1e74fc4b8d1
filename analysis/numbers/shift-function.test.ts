import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { normalFrom, randomFrom } from './random.ts'
import { shiftFunction } from './shift-function.ts'

const near = (actual: number | undefined, expected: number, within = 5e-5) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) <= within, `${actual}, expected ${expected}`)

type Rows = readonly (readonly number[])[]
const sidesOf = (x: Rows, y: Rows) => x.map((each, index) => ({ x: each, y: y[index] ?? [] }))

// From numpy 2.4.6 and scipy 1.17.1: each division of the runs by itertools.combinations; ranks by
// rankdata(method='ordinal') of x and y − the median of np.subtract.outer(y, x); the level is the greatest p that the
// least p of at most 5 % of the divisions is not above; the intervals hold the shifts that mannwhitneyu(method='exact'),
// or the share of the divisions within blocks, does not reject at that level, tried between all neighbouring differences.
const x = [
  [10.1, 10.4, 9.8, 10.9, 10.3],
  [20.2, 21.5, 19.4, 22.8, 20.9],
  [40.7, 47.1, 38.2, 52.6, 44.4],
]
const y = [
  [11.3, 11.0, 11.9, 11.2, 10.7],
  [22.9, 22.1, 24.6, 23.3, 21.2],
  [66.8, 58.3, 71.5, 60.9, 80.2],
]
const inTurns = sidesOf(
  [
    [10.1, 10.4, 9.8, 10.9, 10.3, 11.2, 11.6, 11.0],
    [20.2, 21.5, 19.4, 22.8, 20.9, 22.2, 23.7, 24.1],
    [40.7, 47.1, 38.2, 52.6, 44.4, 49.3, 51.8, 58.0],
  ],
  [
    [10.9, 11.5, 10.6, 11.8, 11.1, 12.3, 12.1, 12.6],
    [20.6, 21.1, 20.3, 23.4, 21.6, 22.9, 23.2, 25.3],
    [61.2, 70.4, 58.8, 74.9, 69.1, 77.3, 72.5, 84.6],
  ],
)
const logs = (rows: Rows) => rows.map((row) => row.map(Math.log))
for (const [name, sides, options, confidence, alone, expected] of [
  [
    '95 % of differences',
    sidesOf(x, y),
    {},
    0.96032,
    1 - 4 / 252,
    [
      [0.9, 0.1, 1.8],
      [1.8, -0.7, 4.4],
      [22.4, 8.3, 39.5],
    ],
  ],
  [
    '80 % of logarithms',
    sidesOf(logs(x), logs(y)),
    { confidence: 0.8 },
    0.87302,
    1 - 14 / 252,
    [
      [0.0854, 0.0284, 0.1424],
      [0.0887, 0.0044, 0.1659],
      [0.4174, 0.239, 0.5913],
    ],
  ],
  [
    '95 % of runs in turns',
    inTurns,
    { perBlock: 2 },
    0.95216,
    1 - 40 / 1296,
    [
      [0.95, 0.2, 1.7],
      [0.4, -1.2, 2.2],
      [23.15, 14.4, 32.2],
    ],
  ],
] as const)
  test(`as an independent implementation has it: ${name}`, () => {
    const found = shiftFunction(sides, options)
    near(found.confidence ?? undefined, confidence)
    expected.forEach(([shift, low, high], index) => {
      const { interval, shift: actual } = found.shifts[index] ?? {}
      near(actual, shift)
      near(interval?.low, low)
      near(interval?.high, high)
      // Within blocks the next p of a percentile depends on its ranks.
      assert.ok((interval?.confidence ?? 0) >= alone - 1e-12)
    })
  })

const value = fc.double({ min: 1, max: 100, noNaN: true })
const runs = fc.array(fc.array(value, { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 4 })

test('of X against X + c it is c at every percentile, whatever the runs', () => {
  fc.assert(
    fc.property(runs, fc.double({ min: -50, max: 50, noNaN: true }), (rows, by) => {
      const moved = rows.map((row) => row.map((each) => each + by))
      for (const { shift, interval } of shiftFunction(sidesOf(rows, moved)).shifts) {
        near(shift, by, 1e-9)
        assert.ok(interval && interval.low <= by + 1e-9 && interval.high >= by - 1e-9)
      }
    }),
  )
})

test('it takes the scale of the values, and the order of the runs does not matter', () => {
  const order = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 })
  const distinct = fc.uniqueArray(value, { minLength: 30, maxLength: 30 })
  fc.assert(
    fc.property(distinct, order, order, (values, first, second) => {
      const rows = [0, 1, 2, 3, 4, 5].map((at) => values.slice(5 * at, 5 * at + 5))
      const [a, b] = [rows.slice(0, 3), rows.slice(3)]
      const usual = shiftFunction(sidesOf(a, b))
      const doubled = (these: Rows) => these.map((row) => row.map((each) => 2 * each))
      const scaled = shiftFunction(sidesOf(doubled(a), doubled(b)))
      const reordered = (these: Rows, to: readonly number[]) =>
        these.map((row) => to.map((at) => row[at] as number))
      const moved = shiftFunction(sidesOf(reordered(a, first), reordered(b, second)))
      usual.shifts.forEach(({ shift, interval }, index) => {
        near(scaled.shifts[index]?.shift, 2 * shift, 1e-9)
        near(scaled.shifts[index]?.interval?.low, 2 * (interval?.low ?? Number.NaN), 1e-9)
        near(moved.shifts[index]?.shift, shift, 1e-9)
      })
      assert.equal(scaled.confidence, usual.confidence)
    }),
  )
})

test('too few runs for a band have none, and five have as much confidence as their ranks allow', () => {
  assert.equal(shiftFunction([{ x: [1], y: [2] }]).confidence, 1 - 2 / 2)
  const random = randomFrom(5)
  const unrelated = Array.from({ length: 12 }, () => ({
    x: Array.from({ length: 5 }, () => normalFrom(random)),
    y: Array.from({ length: 5 }, () => normalFrom(random)),
  }))
  const { confidence, shifts } = shiftFunction(unrelated)
  assert.ok(confidence !== null && confidence < 0.95 && confidence > 1 - 12 * (2 / 252))
  assert.ok(shifts.every(({ interval }) => interval?.confidence === 1 - 2 / 252))
  assert.deepEqual(shiftFunction([]), { shifts: [], confidence: null })
})

// bench/statistics.ts has more of it: 5, 10 and 20 runs a side, and slower tails.
for (const [name, count, perBlock] of [
  ['5 a side', 5, null],
  ['8 a side in turns, while the machine drifts', 8, 2],
] as const)
  test(`the band contains the whole function as often as it says: ${name}`, () => {
    const random = randomFrom(7)
    const normal = () => normalFrom(random)
    const rounds = perBlock ? 150 : 600
    let [covered, said] = [0, 0]
    for (let round = 0; round < rounds; round++) {
      // Percentiles share what is common to a run; neighbours share a level; the tail varies more.
      let level = 0
      const run = () => {
        if (perBlock) level = 0.9 * level + normal()
        const shared = normal()
        return [1, 1, 1, 1.5, 3].map((spread) => level + shared + 0.5 * spread * normal())
      }
      const all = Array.from({ length: 2 * count }, run)
      const [a = [], b = []] = [0, 1].map((side) => all.filter((_, index) => index % 2 === side))
      const found = shiftFunction(
        [0, 1, 2, 3, 4].map((at) => ({ x: a.map((row) => row[at] ?? 0), y: b.map((row) => row[at] ?? 0) })),
        { perBlock },
      )
      said += (found.confidence ?? 0) / rounds
      if (found.shifts.every(({ interval }) => interval && interval.low <= 0 && interval.high >= 0)) covered++
    }
    const error = Math.sqrt(0.05 * 0.95 * rounds)
    assert.ok(Math.abs(covered - said * rounds) < 3 * error, `${covered} of ${rounds}, said ${said}`)
  })
