import assert from 'node:assert/strict'
import { BlockList, isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { serving } from '../../test/service.ts'
import { ask } from './ask.ts'
import { OutOfReach } from './dial.ts'
import { isNearby, isWithin, nearbyOnly, outside } from './reach.ts'

/** The same ranges as Node's block list reads them. */
function blocked(ranges: readonly string[]) {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', length] = range.split('/')
    list.addSubnet(address, Number(length), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
  return (address: string) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

// ::ffff:0:0/96 is in no range, since Go reads it as every IPv4 address.
const version6 = fc.oneof(
  fc.ipV6().filter((address) => !address.includes('.') && !address.startsWith('::')),
  fc.constantFrom('::', '::1', '::2', '::ffff', 'fbff:ffff::', 'fc00::', 'fdff:ffff::1', 'fe00::', 'fe80::1'),
)
const edges = [
  '9.255.255.255',
  '10.0.0.0',
  '11.0.0.0',
  '126.255.255.255',
  '127.0.0.1',
  '128.0.0.0',
  '0.0.0.0',
]
const anyAddress = fc.oneof(fc.ipV4(), fc.constantFrom(...edges, '172.15.255.255', '172.32.0.0'), version6)

test('the ranges outside hold every address but those within reach, and no IPv4 range in IPv6', () => {
  const also = ['192.0.2.7', '2001:db8::7']
  const plain = blocked(outside([nearbyOnly]))
  const more = blocked(outside([nearbyOnly, { also }]))
  fc.assert(
    fc.property(anyAddress, (address) => {
      assert.equal(plain(address), !isNearby(address), address)
      assert.equal(more(address), !isWithin({ also }, address), address)
    }),
    { numRuns: 2000 },
  )
  for (const address of also) assert.deepEqual([plain(address), more(address)], [true, false])
  assert.ok(outside([nearbyOnly]).length < 200)
  assert.deepEqual(outside([nearbyOnly, 'anywhere']), [])
  for (const range of outside([nearbyOnly])) assert.doesNotMatch(range, /^0:0:0:0:0:ffff/)
})

test('our own requests dial no address outside, and follow no redirect', async () => {
  let came = 0
  const elsewhere = await serving((_, response) => {
    came++
    response.end()
  })
  const moved = await serving((_, response) =>
    response.writeHead(302, { location: `${elsewhere.url}/x` }).end('moved'),
  )
  const signal = AbortSignal.timeout(5000)
  try {
    await assert.rejects(ask(new URL('http://192.0.2.1/'), { reach: nearbyOnly, signal }), OutOfReach)
    const answer = await ask(new URL(moved.url.replace('127.0.0.1', 'localhost')), {
      reach: nearbyOnly,
      signal,
    })
    assert.deepEqual([answer.status, answer.location], [302, `${elsewhere.url}/x`])
    assert.equal(await answer.text(100), 'moved')
    assert.equal(came, 0)
  } finally {
    moved.close()
    elsewhere.close()
  }
})
