import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { serving } from '../../test/service.ts'
import { testShell } from '../../test/shell.ts'
import { optionsFrom } from '../shell/flags.ts'
import { nearbyOnly } from '../targets/reach.ts'
import { loadFlags } from './options.ts'
import { reachingAll, warmUp } from './warm-up.ts'

/** The chance that none of n is missed by m random picks, by inclusion and exclusion (Feller, 1968, IV.2). */
function chanceOfAll(n: number, m: number): number {
  let [sum, term] = [0, 1]
  for (let j = 0; j <= n; j++) {
    sum += term * (1 - j / n) ** m
    term *= -(n - j) / (j + 1)
  }
  return sum
}

test('so many requests reach every pod with a chance of 99.9 %, and not many more than are needed', () => {
  assert.equal(reachingAll(1), 1)
  for (let pods = 2; pods <= 16; pods++) {
    assert.ok(chanceOfAll(pods, reachingAll(pods)) >= 0.999, `${pods} pods`)
    assert.ok(chanceOfAll(pods, reachingAll(pods) - 2) < 0.999, `${pods} pods, two requests fewer`)
  }
})

test('a warm-up goes on until a slow service’s every pod had a request, over a new connection each', async () => {
  const sockets = new Set()
  let answered = 0
  const service = await serving(async (request, response) => {
    sockets.add(request.socket)
    await sleep(20)
    answered++
    response.end()
  })
  const shell = testShell()
  const target = {
    url: new URL(service.url),
    reach: nearbyOnly,
    isOurs: async () => false,
    vary: async () => {},
    observe: async () => assert.fail('is not observed'),
    restore: async () => true,
  }
  const options = optionsFrom(loadFlags, { path: '/x' })
  try {
    await warmUp(shell, options, [{ ...target, pods: () => 8 }], 10)
    assert.ok(answered >= reachingAll(8), `${answered} requests`)
    assert.equal(sockets.size, answered)
    answered = 0
    await warmUp(shell, options, [target], 10)
    assert.ok(answered < reachingAll(8), `${answered} requests`)
  } finally {
    service.close()
  }
  // One that answers nothing is not waited for.
  await warmUp(shell, options, [{ ...target, pods: () => 8 }], 10)
  assert.deepEqual(shell.sentences, [])
})
