import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testShell } from '../../test/shell.ts'
import { optionsFrom, type Written } from '../shell/flags.ts'
import { nearbyOnly } from '../targets/reach.ts'
import type { Target } from '../targets/target.ts'
import { loadFlags } from './options.ts'
import { proxyFor } from './proxy.ts'
import { tokenFor } from './request.ts'

const target = (ours: boolean): Target => ({
  url: new URL('http://127.0.0.1:1'),
  reach: nearbyOnly,
  isOurs: async () => ours,
  vary: async () => {},
  observe: async () => assert.fail(),
  restore: async () => true,
})

test('STRESS_TOKEN goes to the bundled workload alone, TARGET_TOKEN to a path of one’s own', async () => {
  const shell = testShell({ env: { STRESS_TOKEN: 'stress', TARGET_TOKEN: 'target' } })
  const token = (written: Written, ...ours: boolean[]) =>
    tokenFor(shell, optionsFrom(loadFlags, written), ours.map(target))
  assert.equal(await token({}, true), 'stress')
  assert.equal(await token({ path: '/work?ms=1' }, true), 'stress')
  assert.equal(await token({ path: '/work?ms=1' }, false), 'target')
  assert.equal(await token({ path: '/x' }, true), 'target')
  assert.deepEqual(shell.sentences, [])
  assert.equal(await token({}, true, false), '')
  assert.match(shell.sentences.join(), /^STRESS_TOKEN is not sent: this is not the bundled workload/)
})

test('a token that no header can hold is refused, and not shown', async () => {
  for (const wrong of ['a\nb', 'a ', 'ä€', 'a\0'])
    await assert.rejects(
      tokenFor({ env: { TARGET_TOKEN: wrong }, say() {} }, optionsFrom(loadFlags, { path: '/x' }), []),
      /^Error: TARGET_TOKEN has a character, or a blank at an end, that no header can hold$/,
    )
})

test('a proxy is the one that the environment names for the target', async () => {
  const env = {
    HTTP_PROXY: 'http://us3r:c4nary@127.0.0.1:3128',
    https_proxy: '127.0.0.1:3129',
    NO_PROXY: '*',
  }
  const of = (...urls: string[]) =>
    proxyFor(
      env,
      urls.map((url) => new URL(url)),
    )
  const reach = { also: ['127.0.0.1'] }
  assert.deepEqual(await of('http://10.0.0.7'), {
    variables: { HTTP_PROXY: env.HTTP_PROXY },
    shown: 'http://127.0.0.1:3128',
    reach,
    hop: { url: new URL(env.HTTP_PROXY), reach },
  })
  const socks = await proxyFor({ HTTP_PROXY: 'socks5://127.0.0.1:1080' }, [new URL('http://10.0.0.7')])
  assert.equal(socks.hop, undefined)
  assert.equal((await of('https://10.0.0.7')).shown, 'http://127.0.0.1:3129')
  await assert.rejects(of('http://10.0.0.7', 'https://10.0.0.8'), /load one at a time$/)
  for (const local of ['http://localhost:1', 'http://127.0.0.9', 'http://[::1]:2'])
    await assert.rejects(of(local), /k6 takes no proxy to localhost/)
  await assert.rejects(proxyFor({}, [new URL('http://10.0.0.7')]), /^Error: --proxy: HTTP_PROXY is not set$/)
})
