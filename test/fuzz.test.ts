import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { faultIn } from './fuzz/fault.ts'
import { fileDoors } from './fuzz/files.ts'
import { orderDoors } from './fuzz/orders.ts'
import { serviceDoors } from './fuzz/service.ts'

const all = mkdtempSync(path.join(os.tmpdir(), 'fuzz-'))
after(() => rmSync(all, { recursive: true, force: true, maxRetries: 20 }))

// FUZZ_RUNS=10000 takes minutes, and its inputs are new ones each time.
const { FUZZ_RUNS: asked } = process.env
const inputs = Number(asked ?? 150)
const doors = [...fileDoors, ...orderDoors, ...serviceDoors]
// Its inputs are cheap, and of many kinds.
const shareOf = (door: unknown) => (orderDoors.includes(door as never) ? 3 : 1)
const shares = doors.reduce((sum, door) => sum + shareOf(door), 0)

for (const door of doors) {
  const numRuns = Math.ceil((inputs * shareOf(door)) / shares)
  test(`${door.name}: none of ${numRuns} damaged inputs is a fault of ours, or waited for`, async () => {
    await fc.assert(
      fc.asyncProperty(door.inputs, async (input) => {
        // What one still writes when it has been refused is not found by the next.
        const folder = mkdtempSync(path.join(all, 'input-'))
        const ended = await door.enter(folder, input)
        await rm(folder, { recursive: true, force: true, maxRetries: 20 }).catch(() => {})
        assert.equal(faultIn(ended), null, `${ended.stderr}\n${ended.stdout}`)
      }),
      { numRuns, timeout: 20_000, ...(asked === undefined && { seed: 1 }) },
    )
  })
}
