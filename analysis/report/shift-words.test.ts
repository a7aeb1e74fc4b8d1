import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changes, sides } from '../../test/sides.ts'
import type { ByPercentile } from '../runs/by-percentile.ts'
import { comparison } from '../runs/statistics.ts'
import { shiftWords } from './shift-words.ts'

type Point = readonly [p: number, change: number, low: number, high: number]

const words = (points: readonly Point[], confidence: number | null = 0.95): string => {
  const ratio = { confidence, points: points.map(([p, change, low, high]) => ({ p, change, low, high })) }
  const shown: ByPercentile = { ratio, difference: ratio, baseline: [] }
  return shiftWords(shown, 0.05)
}
const slower = (p: number, by = 1.1): Point => [p, by, by - 0.03, by + 0.03]
const faster = (p: number): Point => [p, 0.8, 0.77, 0.83]
const same = (p: number): Point => [p, 1, 0.98, 1.02]
const open = (p: number): Point => [p, 1.02, 0.9, 1.15]

for (const [expected, points] of [
  [
    /^Slower everywhere: \+9[.0]* to \+11[.0]* % from p1 to p99$/,
    [slower(1, 1.09), slower(50), slower(99, 1.11)],
  ],
  [/^Faster everywhere: −20[.0]* % from p1 to p99$/, [faster(1), faster(50), faster(99)]],
  [
    /^Only the tail: p98 and above \+95[.0]* to \+100[.0]* %, below it no difference beyond 5[.0]* %$/,
    [same(1), same(50), same(95), slower(98, 1.95), slower(99, 2)],
  ],
  [
    /^Only the tail: p99 \+95[.0]* % \(\+80[.0]* to \+112 %\), below it no difference shown$/,
    [same(1), same(50), open(95), [99, 1.95, 1.8, 2.12]],
  ],
  [/^No difference beyond 5[.0]* % at any percentile$/, [same(1), same(50), same(99)]],
  [/^No difference beyond 5[.0]* % at any percentile$/, [same(1), same(50), [99, 1.02, 1.01, 1.03] as Point]],
  [
    /^No difference shown at any percentile; −10[.0]* to \+15[.0]* % is possible$/,
    [same(1), same(50), open(99)],
  ],
  [
    /^Slower at most percentiles: \+10[.0]* %; not shown at p99$/,
    [slower(1), slower(50), slower(95), open(99)],
  ],
  [
    /^Slower up to p50: \+10[.0]* %, above it no difference beyond 5[.0]* %$/,
    [slower(1), slower(50), same(95), same(99)],
  ],
  [
    /^Slower p50 and above: \+10[.0]* %, below it no difference shown$/,
    [open(1), same(25), slower(50), slower(99)],
  ],
  [
    /^Faster up to p50: −20[.0]* %, slower p95 and above: \+10[.0]* %; elsewhere no difference shown$/,
    [faster(1), faster(50), open(90), slower(95), slower(99)],
  ],
  [
    /^Slower at p50: \+10[.0]* % \(\+7[.0]* to \+13[.0]* %\), elsewhere no difference/,
    [same(1), slower(50), same(99)],
  ],
] as const)
  test(`in words: ${expected.source}`, () => assert.match(words(points), expected))

test('without a band there is no finding', () => {
  assert.equal(
    words([slower(1), slower(50), slower(99)], null),
    'Too few runs to show a change by percentile, which takes 5 runs a side',
  )
})

test('uniform and tail-only slowdowns of simulated runs read differently, and an unchanged target shows none', () => {
  const said = (change: keyof typeof changes) => {
    const { comparison: compared } = comparison(...sides(10, { change: changes[change] }))
    const { byPercentile } = compared?.groups[0] ?? {}
    assert.ok(byPercentile)
    return shiftWords(byPercentile, 0.05)
  }
  assert.match(said('uniform'), /^Slower (everywhere|at most percentiles): \+\d/)
  assert.match(said('tail'), /^Only the tail: p9[89] and above \+\d/)
  assert.match(said('none'), /^No difference (shown|beyond)/)
})
