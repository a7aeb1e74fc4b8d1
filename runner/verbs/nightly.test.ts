import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { NightlyPlan } from '../series/nightly-plan.ts'

test('the schema that editors read is the one that is checked; UPDATE=1 writes it anew', () => {
  const file = path.join(import.meta.dirname, '../nightly.schema.json')
  const schema = `${JSON.stringify(z.toJSONSchema(NightlyPlan, { io: 'input' }), null, 2)}\n`
  if (process.env.UPDATE) writeFileSync(file, schema)
  assert.equal(readFileSync(file, 'utf8'), schema)
})

test('the plan of this project is one', () => {
  const plan = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../nightly.json'), 'utf8'))
  assert.equal(NightlyPlan.parse(plan).repeats, 5)
})
