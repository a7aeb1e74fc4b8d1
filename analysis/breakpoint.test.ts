import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nextRate, type Search } from './breakpoint.ts'

type Probe = { rate: number; held: boolean }
const search: Search = { start: 20, precision: 0.02, repeat: 2 }

/** Probes a system until the search is over. */
function found(holds: (rate: number, probe: number) => boolean, options = search): Probe[] {
  const probes: Probe[] = []
  for (let rate = nextRate(probes, options); rate !== null; rate = nextRate(probes, options)) {
    probes.push({ rate, held: holds(rate, probes.length) })
    assert.ok(probes.length < 100, 'it ends')
  }
  return probes
}

const highestHeld = (probes: readonly Probe[]) =>
  Math.max(0, ...probes.filter(({ held }) => held).map(({ rate }) => rate))

test('the highest rate that holds is found within the precision, wherever it lies and the search begins', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50_000 }), fc.integer({ min: 1, max: 5000 }), (capacity, start) => {
      const probes = found((rate) => rate <= capacity, { ...search, start })
      const best = highestHeld(probes)
      assert.ok(best <= capacity && capacity < Math.max(best * 1.02, best + 1) + 1, `${best} of ${capacity}`)
      assert.ok(probes.length < 45)
    }),
  )
})

test('one unlucky probe does not decide', () => {
  for (let unlucky = 0; unlucky < 12; unlucky++) {
    const probes = found((rate, probe) => rate <= 300 && probe !== unlucky)
    const rates = new Map<number, number>()
    for (const { rate, held } of probes) rates.set(rate, (rates.get(rate) ?? 0) + (held ? 1 : -1))
    const best = Math.max(...[...rates].filter(([, votes]) => votes > 0).map(([rate]) => rate))
    assert.ok(best <= 300 && best > 290, `${best} with probe ${unlucky} unlucky`)
  }
})

test('a target that holds nothing, and one that holds everything, end the search too', () => {
  assert.equal(highestHeld(found(() => false)), 0)
  assert.equal(highestHeld(found(() => true)), 100_000)
})
