import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shuffle, sum } from 'simple-statistics'
import { blockedP } from './blocks.ts'
import { hodgesLehmann, hodgesLehmannInTurns } from './hodges-lehmann.ts'
import { mannWhitney } from './mann-whitney.ts'
import { normalFrom, randomFrom } from './random.ts'

// SciPy 1.17: stats.permutation_test(permutation_type='samples') of the distance of the rank sum from its mean.
const references = [
  {
    x: [-0.8, -1.32, -0.25, 0.42, 1.14, 0.11],
    y: [-0.26, -0.68, 0.72, 1.57, 1.32, -0.05],
    p: 0.09375,
  },
  {
    x: [-0.96, 1.6, 0.2, -1.73, -0.08, -1.16, -0.63, -0.49],
    y: [0.07, 2.24, 1.09, -0.33, 1.16, 0.72, -0.2, 0.58],
    p: 0.0078125,
  },
  {
    x: [-0.98, -0.17, -1.29, 0.02, -0.04, -0.3, -1.05, -0.4, -1.09, -1.36],
    y: [-0.18, -0.36, 0.11, 0.67, -0.72, 0.26, -0.88, 0.08, -0.33, -1.51],
    p: 0.10546875,
  },
  {
    x: [-0.23, -0.26, 0.96, -1.18, 0.74, -1.1, -0.33, -0.84, 1.45, 0.57],
    y: [1.08, 0.16, 1.0, -0.29, 0.14, -0.7, 0.48, -0.7, 0.96, 0.33],
    p: 0.205078125,
  },
]

test('with one pair a block p is as SciPy gives it for swaps within pairs', () => {
  for (const { x, y, p } of references) assert.ok(Math.abs(blockedP(x, y, 1) - p) < 1e-12)
})

test('with a single block it is the exact Mann–Whitney test', () => {
  const value = fc.integer({ min: 0, max: 30 })
  const sides = fc.integer({ min: 1, max: 7 }).chain((length) => {
    const side = fc.array(value, { minLength: length, maxLength: length })
    return fc.tuple(side, side)
  })
  fc.assert(
    fc.property(sides, ([x, y]) => {
      assert.ok(Math.abs(blockedP(x, y, x.length) - mannWhitney(x, y).p) < 1e-9)
      assert.equal(blockedP(y, x), blockedP(x, y))
    }),
  )
})

test('four blocks of two that agree have p = 2 ÷ 6⁴, however far apart the blocks are', () => {
  const levels = [0, 1000, -50, 7]
  const x = levels.flatMap((level) => [level, level + 0.1])
  assert.ok(
    Math.abs(
      blockedP(
        x,
        x.map((value) => value + 0.5),
      ) -
        2 / 6 ** 4,
    ) < 1e-12,
  )
})

test('more than thirty a side come close to what drawn divisions give', () => {
  const random = randomFrom(3)
  const values = (shift: number) => Array.from({ length: 40 }, () => normalFrom(random) + shift)
  for (const shift of [0, 0.3, 0.5]) {
    const [x, y] = [values(0), values(shift)]
    const order = [...x, ...y].sort((a, b) => a - b)
    const blocks = Array.from({ length: 20 }, (_, block) =>
      [x, y].flatMap((side) => side.slice(2 * block, 2 * block + 2)).map((value) => order.indexOf(value)),
    )
    const apart = (four: readonly number[]) =>
      four.reduce((all, rank, at) => all + (at < 2 ? -rank : rank), 0)
    const total = (all: readonly (readonly number[])[]) => Math.abs(sum(all.map(apart)))
    const observed = total(blocks)
    const draws = 10_000
    let reached = 0
    for (let draw = 0; draw < draws; draw++)
      if (total(blocks.map((four) => shuffle(four, random))) >= observed) reached++
    assert.ok(Math.abs(blockedP(x, y) - reached / draws) < 0.02, `${blockedP(x, y)}, ${reached / draws}`)
  }
})

test('the interval holds what the test does not exclude, and is null for three a side', () => {
  for (const { x, y } of references) {
    const { shift, interval } = hodgesLehmannInTurns(x, y)
    assert.equal(shift, hodgesLehmann(x, y).shift)
    assert.ok(interval && interval.low <= shift && interval.high >= shift)
    const p = (by: number) =>
      blockedP(
        x,
        y.map((value) => value - by),
      )
    assert.ok(p(interval.low + 1e-9) > 0.05 && p(interval.high - 1e-9) > 0.05)
    assert.ok(p(interval.low - 1e-9) <= 0.05 && p(interval.high + 1e-9) <= 0.05)
    assert.ok(interval.confidence >= 0.95 && interval.confidence < 1)
  }
  assert.equal(hodgesLehmannInTurns([1, 2, 3], [2, 3, 4.5]).interval, null)
})

test('a drift through both sides does not widen the interval, which keeps its coverage', () => {
  const random = randomFrom(11)
  const normal = () => normalFrom(random)
  let [covered, narrower] = [0, 0]
  const rounds = 400
  for (let round = 0; round < rounds; round++) {
    const [x, y]: [number[], number[]] = [[], []]
    let level = normal()
    for (let pair = 0; pair < 10; pair++)
      for (const side of [x, y]) {
        level = 0.9 * level + Math.sqrt(1 - 0.81) * normal()
        side.push(3 * level + normal())
      }
    const paired = hodgesLehmannInTurns(x, y).interval
    const apart = hodgesLehmann(x, y).interval
    if (!paired || !apart) continue
    if (paired.low <= 0 && paired.high >= 0) covered++
    if (apart.high - apart.low > 1.25 * (paired.high - paired.low)) narrower++
  }
  assert.ok(covered / rounds > 0.93 && covered / rounds < 0.995, `${covered} of ${rounds}`)
  assert.ok(narrower / rounds > 0.6, `${narrower} of ${rounds}`)
})
