import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { Statistics } from './statistics.ts'

test('the documented schema is the one that is written; UPDATE=1 writes it anew', async () => {
  const file = path.join(import.meta.dirname, '../statistics.schema.json')
  const schema = `${JSON.stringify(z.toJSONSchema(Statistics, { target: 'draft-2020-12' }), null, 2)}\n`
  if (process.env.UPDATE) await writeFile(file, schema)
  assert.equal(await readFile(file, 'utf8'), schema)
})
