import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { Acknowledged, Night } from '../analysis/formats/night.ts'
import { Run } from '../analysis/formats/run.ts'
import { Timeline } from '../analysis/formats/timeline.ts'
import { Plan } from '../runner/series/plan.ts'
import { root } from './command.ts'

const formats = { run: Run, timeline: Timeline, night: Night, acknowledged: Acknowledged, sweep: Plan }

for (const [name, type] of Object.entries(formats))
  test(`the published schema of ${name} is the one that is read; UPDATE=1 writes it anew`, () => {
    const file = path.join(root, `docs/schemas/${name}.schema.json`)
    const schema = `${JSON.stringify(z.toJSONSchema(type, { io: 'input', target: 'draft-2020-12' }), null, 2)}\n`
    if (process.env.UPDATE) writeFileSync(file, schema)
    assert.equal(readFileSync(file, 'utf8'), schema)
  })
