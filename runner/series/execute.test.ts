import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fakeKubectl } from '../../test/fake-kubectl.ts'
import { type Serving, serving } from '../../test/service.ts'
import { Failure } from '../shell/exit.ts'
import { execute } from './execute.ts'
import type { Plan } from './plan.ts'

/** A series that was killed after its last run, before it restored the deployment. */
async function resumedAtItsEnd(
  use: (resume: () => Promise<number>, fake: ReturnType<typeof fakeKubectl>) => Promise<void>,
) {
  const service: Serving = await serving((_, response) => response.end('{}'))
  const folder = mkdtempSync(path.join(os.tmpdir(), 'las-execute-'))
  using fake = fakeKubectl({
    replicas: 1,
    balancer: { ip: '127.0.0.1', port: Number(new URL(service.url).port) },
  })
  const plan: Plan = {
    schema: 1,
    kind: 'sweep',
    local: false,
    sides: { a: null, b: null },
    before: { replicas: 3, image: 'app:1' },
    minutes: null,
    looks: 1,
    seed: 1,
    warmUpMs: 0,
    coolDownMs: 0,
    scripts: {},
    runs: [],
  }
  try {
    await use(() => execute(fake.shell, { folder, plan }), fake)
  } finally {
    rmSync(folder, { recursive: true })
    await service.close()
  }
}

test('a resumed series restores the deployment, also where no run is left', () =>
  resumedAtItsEnd(async (resume, fake) => {
    await resume()
    assert.ok(
      fake.calls().includes('scale -n load-and-stress deployment/workload --replicas=3'),
      fake.calls().join(),
    )
  }))

test('a series that could not restore the deployment ends with a Failure, to be resumed', () =>
  resumedAtItsEnd(async (resume, fake) => {
    fake.change({ forbidden: ['pods'] })
    await assert.rejects(
      resume(),
      (error) => error instanceof Failure && /resume to restore it/.test(error.message),
    )
    assert.match(
      fake.shell.sentences.join('\n'),
      /could not restore deployment\/workload .* to 3 replicas of app:1/,
    )
    fake.change({ forbidden: [] })
    await resume()
  }))
