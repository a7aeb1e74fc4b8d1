import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capacityLaws, capacityOf, type Searched } from '../numbers/capacity-law.ts'
import { normalFrom, randomFrom } from '../numbers/random.ts'
import { sizeFor } from './capacity-function.ts'

type Truth = Parameters<typeof capacityOf>[0]

/** Three searches each of 1, 2 and 4 replicas of 200m and 500m, with a noise of 3 %. */
function searched(truth: Truth, random: () => number): Searched[] {
  const cells = [1, 2, 4].flatMap((replicas) => [0.2, 0.5].map((cores) => ({ replicas, cores })))
  return [1, 2, 3].flatMap(() =>
    cells.map((cell) => ({
      ...cell,
      rate: capacityOf(truth, cell) * Math.exp(0.03 * normalFrom(random)),
      apart: 1.05,
    })),
  )
}

const found = (searches: readonly Searched[], wanted: number) => {
  const laws = capacityLaws(searches)
  assert.ok(laws, 'laws are fitted')
  return sizeFor(searches, laws, wanted)
}

test('of the sizes that hold a rate the one with the fewest cores is expected', () => {
  // Small pods lose to the throttling: 200m do less than 0.4 of what 500m do.
  const truth = { rate: 100, exponent: 1.2, alpha: 0, beta: 0 }
  const searches = searched(truth, randomFrom(3))
  const size = found(searches, 75)
  assert.deepEqual([size?.replicas, size?.cores, size?.extrapolated], [2, 0.5, false])
  assert.ok(size && size.low >= 75 && size.low < capacityOf(truth, size), JSON.stringify(size))
  const more = found(searches, 200)
  assert.deepEqual([more?.cores, more?.extrapolated], [0.5, true])
  assert.equal(found(searches, 1000), null)
})

test('what is extrapolated to holds the rate also where growth slows down', () => {
  const random = randomFrom(5)
  const truth = { rate: 100, exponent: 1.05, alpha: 0.05, beta: 0 }
  let held = 0
  const rounds = 12
  for (let round = 0; round < rounds; round++) {
    const size = found(searched(truth, random), 250)
    if (size === null || capacityOf(truth, size) >= 250) held++
  }
  assert.ok(held >= rounds - 1, `${held} of ${rounds}`)
})

test('nothing is extrapolated where the last replicas held no more', () => {
  const searches = [1, 1, 2, 2, 4, 4].flatMap((replicas, index) =>
    [0.2, 0.5].map((cores) => ({
      replicas,
      cores,
      rate: 100 * cores * ([1, 2, 1.9][index >> 1] ?? 0),
      apart: 1.02,
    })),
  )
  assert.equal(found(searches, 130), null)
})
