import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../shell/exit.ts'
import { levelsNow, sideOf } from './sides.ts'

test('the side that a deployment is now has the levels that it has', () => {
  const before = {
    replicas: 2,
    image: 'app:1',
    resources: { limits: { cpu: '400m' } },
    env: { POOL: { name: 'POOL', value: '6' }, FROM: { name: 'FROM', valueFrom: {} }, NEW: null },
  }
  const now = (...names: string[]) => levelsNow(before, Object.fromEntries(names.map((name) => [name, 'x'])))
  assert.equal(now('image'), 'image=app:1')
  assert.equal(now('replicas', 'cpu', 'env.POOL'), 'replicas=2,cpu=400m,env.POOL=6')
  // It has no such limit, no text of its own there, and no such variable.
  assert.equal(now('cpu', 'memory', 'env.FROM', 'env.NEW'), 'cpu=400m')
  assert.equal(now('memory', 'env.FROM', 'env.NEW'), null)
})

test('a side is a URL or levels, and each wrong one a sentence with its flag', async () => {
  const options = { flag: '--b', allowPublic: false }
  assert.equal(await sideOf('cpu=200m,env.POOL=4', options), 'cpu=200m,env.POOL=4')
  assert.equal(await sideOf('http://127.0.0.1:8080', options), 'http://127.0.0.1:8080/')
  assert.equal(await sideOf(undefined, options), null)
  for (const [side, sentence] of [
    ['cpu=lots', /^--b: cpu: "lots" is not a limit/],
    ['cpu=2,env.API_TOKEN=c4nary', /^--b: env.API_TOKEN may hold a secret/],
    ['cpus=2', /^--b/],
  ] as const)
    await assert.rejects(
      sideOf(side, options),
      (error: Error) =>
        error instanceof Failure && sentence.test(error.message) && !error.message.includes('c4nary'),
      side,
    )
})
