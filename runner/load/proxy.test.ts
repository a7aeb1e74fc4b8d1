import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proxyFor } from './proxy.ts'

const targets = [new URL('http://10.0.0.1')]

test('a proxy is an address with or without its scheme; anything else is refused in a sentence', async () => {
  assert.equal((await proxyFor({ http_proxy: '127.0.0.1:3128' }, targets)).shown, 'http://127.0.0.1:3128')
  const { shown } = await proxyFor({ HTTP_PROXY: 'socks5://u:p@127.0.0.1:1080' }, targets)
  assert.equal(shown, 'socks5://127.0.0.1:1080')
  for (const text of ['http://', 'http://[', 'foo://x', '://', '/x', 'http:///x', ':99999', '%'])
    await assert.rejects(
      proxyFor({ HTTP_PROXY: text }, targets),
      /^Error: --proxy: HTTP_PROXY is not the address of a proxy$/,
      text,
    )
})
