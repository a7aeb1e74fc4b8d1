import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { largest, smallest } from './extremes.ts'

test('the extremes are those of Math, also of more values than a call takes', () => {
  fc.assert(
    fc.property(fc.array(fc.double()), (values) => {
      assert.equal(largest(values), Math.max(...values))
      assert.equal(smallest(values), Math.min(...values))
    }),
  )
  const many = Array.from({ length: 1_000_000 }, (_, index) => index)
  assert.deepEqual([smallest(many), largest(many)], [0, 999_999])
})

test('no source passes a whole array as arguments', () => {
  const root = path.join(import.meta.dirname, '../..')
  const files = ['analysis', 'runner'].flatMap((room) =>
    readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' }).map((file) =>
      path.join(room, file),
    ),
  )
  for (const file of files) {
    // k6's stages are few.
    if (!/(?<!\.test)\.ts$/.test(file) || file === 'runner/load/measure.ts') continue
    assert.doesNotMatch(
      readFileSync(path.join(root, file), 'utf8'),
      /(Math\.(max|min|hypot)|\.(push|unshift|concat))\((?!\w*\))([^()]*, )?\s*\.\.\./,
      file,
    )
  }
})
