import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { allProcesses, Process } from './generators.ts'

const amount = fc.option(fc.integer({ min: 0, max: 1000 }), { freq: 3 })
const shortage = fc.record({
  what: fc.constantFrom<Process['shortages'][number]['what'][]>('open files', 'ports', 'memory'),
  requests: fc.integer({ min: 1, max: 50 }),
  limit: amount,
})
const aProcess: fc.Arbitrary<Process> = fc.record({
  exitCode: fc.constantFrom(0, 99, 107, null),
  signal: fc.constant(null),
  cpuSeconds: amount,
  waitedSeconds: amount,
  throttled: amount,
  machineBusyCores: amount,
  maxMemoryMiB: amount,
  shortages: fc.array(shortage, { maxLength: 3 }),
  warnings: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 3 }),
})

test('several processes as one: sums of what all of them know, and no failure or shortage is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.option(aProcess, { freq: 6 }), { minLength: 1, maxLength: 4 }), (processes) => {
      const all = Process.parse(allProcesses(processes))
      for (const figure of ['cpuSeconds', 'waitedSeconds', 'maxMemoryMiB'] as const) {
        const values = processes.map((each) => each?.[figure] ?? null)
        const known = values.flatMap((value) => value ?? [])
        assert.equal(
          all[figure],
          known.length < values.length ? null : known.reduce((sum, each) => sum + each, 0),
        )
      }
      const known = processes.flatMap((each) => each ?? [])
      const held = known.flatMap(({ throttled }) => throttled ?? [])
      assert.equal(all.throttled, held.length > 0 ? Math.max(...held) : null)
      assert.equal(
        all.exitCode === 0,
        known.every(({ exitCode }) => exitCode === 0 || exitCode === 99),
      )
      const short = known.flatMap(({ shortages }) => shortages)
      const lost = (these: Process['shortages']) => these.reduce((sum, { requests }) => sum + requests, 0)
      assert.equal(lost(all.shortages), lost(short))
      for (const { what, limit } of all.shortages) {
        const limits = new Set(short.filter((each) => each.what === what).map((each) => each.limit))
        assert.equal(limit, limits.size === 1 ? [...limits][0] : null)
      }
      assert.ok(
        all.warnings.length <= 3 && new Set(all.warnings).size === all.warnings.length,
        'different ones',
      )
    }),
  )
})
