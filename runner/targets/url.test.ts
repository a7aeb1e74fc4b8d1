import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testShell } from '../../test/shell.ts'
import { shownUrl } from '../shell/credentials.ts'
import { Failure } from '../shell/exit.ts'
import { isNearby } from './reach.ts'
import { checkUrl, urlTarget } from './url.ts'

const check = (url: string, allowPublic = false) => checkUrl(url, { allowPublic, flag: '--url' })

const refused = (url: string, exitCode: number, sentence: RegExp) =>
  assert.rejects(
    check(url),
    (error) => error instanceof Failure && error.exitCode === exitCode && sentence.test(error.message),
  )

test('loopback and private addresses may be loaded', async () => {
  for (const host of [
    '127.0.0.1',
    '127.255.0.9',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.49.2',
    '[::1]',
    '[fd00::1]',
    'localhost',
  ]) {
    assert.ok(await check(`http://${host}:8080`), host)
  }
})

test('what is wrong with a URL is said without its secrets', async () => {
  for (const url of [
    'http://u:c4nary%zz@127.0.0.1',
    'ftp://u:c4nary@127.0.0.1',
    'http://127.0.0.1/?c4nary',
    'u:c4nary@[',
  ])
    await refused(url, 2, /^(?!.*c4nary)--url: /)
})

test('all other addresses need a flag', async () => {
  // 192.0.2.0/24, 2001:db8::/32 and 100.64.0.0/10 belong to nobody's service.
  for (const host of ['192.0.2.1', '100.64.0.1', '[2001:db8::1]', '172.32.0.1', '169.254.169.254']) {
    await refused(`http://${host}/`, 2, /needs its owner's consent, and --allow-public$/)
    assert.ok(await check(`http://${host}/`, true))
  }
})

test('the address that servers listen on means loopback', async () => {
  assert.equal((await check('http://0.0.0.0:8080/a')).href, 'http://127.0.0.1:8080/a')
  assert.equal((await check('http://[::]:8080')).href, 'http://[::1]:8080/')
})

test('IPv4 addresses are nearby exactly inside the reserved blocks', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const [a = 0, b = 0] = address.split('.').map(Number)
      const reserved = a === 127 || a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)
      assert.equal(isNearby(address), reserved)
    }),
  )
})

test('an IPv4 address mapped to IPv6 is the same address', () => {
  assert.equal(isNearby('::ffff:127.0.0.1'), true)
  assert.equal(isNearby('::ffff:192.0.2.1'), false)
})

test('text that is not a base URL is refused', async () => {
  for (const url of ['127.0.0.1:8080', 'ftp://127.0.0.1', 'nonsense', '']) await refused(url, 2, /^--url: /)
  for (const end of ['?token=x', '?', '#', '#a', 'x?'])
    await refused(`http://127.0.0.1/${end}`, 2, /has a query/)
  await refused('http://127.0.0.1?', 2, /has a query/)
})

test('user, password and query are never shown', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true }), (address) => {
      const url = new URL(address)
      url.username = 'admin'
      url.password = 'hunter2'
      assert.doesNotMatch(shownUrl(url), /admin|hunter2|\?/)
    }),
  )
})

test('the error names the option that gave the URL, and nothing of a URL can be varied', async () => {
  const options = { allowPublic: false, flag: '--baseline' }
  await assert.rejects(urlTarget('nonsense', options), /^Error: --baseline: "nonsense" is not an http/)
  const target = await urlTarget('http://127.0.0.1:9', options)
  await assert.rejects(
    target.vary({ replicas: 2 }, testShell().signal),
    (error) => error instanceof Failure && error.exitCode === 2,
  )
})
