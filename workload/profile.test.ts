import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { askedCpuSeconds, type Demand, profiles } from './profile.ts'

/** The definition of each profile: its value at time t, for a peak of 1. */
const values: Record<Demand['profile'], (t: number, demand: Demand) => number> = {
  constant: () => 1,
  ramp: (t, { seconds }) => t / seconds,
  sine: (t, { periodSeconds }) => (1 - Math.cos((2 * Math.PI * t) / periodSeconds)) / 2,
  square: (t, { periodSeconds }) => (t % periodSeconds < periodSeconds / 2 ? 1 : 0),
}

const demands = fc.record({
  seconds: fc.double({ min: 0.1, max: 100, noNaN: true }),
  cores: fc.double({ min: 0.1, max: 8, noNaN: true }),
  load: fc.double({ min: 0, max: 100, noNaN: true }),
  profile: fc.constantFrom(...profiles),
  periodSeconds: fc.double({ min: 0.5, max: 50, noNaN: true }),
})

test('the CPU asked for is the integral of the profile', () => {
  fc.assert(
    fc.property(demands, fc.double({ min: 0, max: 1, noNaN: true }), (demand, share) => {
      const until = share * demand.seconds
      const steps = 20_000
      const step = until / steps
      let sum = 0
      for (let i = 0; i < steps; i++) sum += values[demand.profile]((i + 0.5) * step, demand) * step
      const expected = (sum * demand.cores * demand.load) / 100
      const scale = (demand.cores * demand.load) / 100
      // Each jump of the profile inside a step adds an error of up to one step.
      const jumps = 2 + (2 * until) / demand.periodSeconds
      assert.ok(
        Math.abs(askedCpuSeconds(demand, until) - expected) <= scale * (step * jumps + 1e-6 * until) + 1e-12,
      )
    }),
    { numRuns: 60 },
  )
})

test('it never decreases, is 0 before the start and constant after the end', () => {
  fc.assert(
    fc.property(demands, fc.double({ min: -10, max: 200, noNaN: true }), (demand, at) => {
      assert.ok(askedCpuSeconds(demand, at + 0.01) >= askedCpuSeconds(demand, at) - 1e-9)
      assert.equal(askedCpuSeconds(demand, -Math.abs(at)), 0)
      assert.equal(
        askedCpuSeconds(demand, demand.seconds + Math.abs(at)),
        askedCpuSeconds(demand, demand.seconds),
      )
    }),
  )
})
