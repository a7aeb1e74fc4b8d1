import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median } from 'simple-statistics'
import { aNight } from '../../test/samples.ts'
import { normalFrom, randomFrom } from '../numbers/random.ts'
import { alarmsOf } from './alarms.ts'
import { seriesOf } from './history.ts'

/** Five runs of 3 % noise a night, nights of 1 %, and a share of bad nights; the level of each as given. */
function historyOf(seed: number, nights: number, level: (night: number) => number, bad = 0.03) {
  const random = randomFrom(seed)
  const normal = () => normalFrom(random)
  return Array.from({ length: nights }, (_, night) => {
    const outlier = random() < bad ? 1.15 + 0.35 * random() : 1
    const runs = median(Array.from({ length: 5 }, () => 0.03 * normal()))
    return aNight(night, [100 * level(night) * outlier * Math.exp(runs + 0.01 * normal())])
  })
}

const histories = 40

test('1 % a week for 26 weeks is an alarm, nearly as great as the whole rise', () => {
  let found = 0
  let reported = 0
  for (let seed = 1; seed <= histories; seed++) {
    const [alarm] = alarmsOf(seriesOf(historyOf(seed, 182, (night) => 1.01 ** (night / 7))), [])
    if (alarm) found++
    if (alarm && alarm.change.by > 1.15) reported++
  }
  assert.ok(found === histories, `${found} found`)
  assert.ok(reported >= 0.9 * histories, `${reported} of + 15 % or more`)
})

test('0.5 % a week for 26 weeks is one too', () => {
  let found = 0
  for (let seed = 1; seed <= histories; seed++)
    if (alarmsOf(seriesOf(historyOf(seed, 182, (night) => 1.005 ** (night / 7))), []).length > 0) found++
  assert.ok(found >= 0.95 * histories, `${found} found`)
})

test('a year without a trend has none, and an improvement is no alarm', () => {
  let found = 0
  for (let seed = 1; seed <= 20; seed++) {
    found += alarmsOf(seriesOf(historyOf(seed, 365, () => 1)), []).length
    found += alarmsOf(seriesOf(historyOf(seed, 182, (night) => 0.99 ** (night / 7))), []).length
  }
  assert.ok(found <= 1, `${found} found`)
})

test('what was acknowledged as a trend does not alarm again', () => {
  const nights = historyOf(1, 182, (night) => (night < 100 ? 1.01 ** (night / 7) : 1.01 ** (100 / 7)), 0)
  const [series] = seriesOf(nights)
  const known = (series?.changes ?? []).map(({ index }) => ({
    series: 'constant · p95',
    night: `night-${index}`,
    reason: 'more data',
  }))
  assert.ok(known.length > 0)
  assert.deepEqual(alarmsOf(seriesOf(nights), known), [])
})
