import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crossSite, isLoopback } from './cross-site.ts'

type Headers = Record<string, string>

/** What browsers send from a page of another site. */
const foreign = (host: string): Headers[] => [
  { host, 'sec-fetch-site': 'cross-site' },
  { host, 'sec-fetch-site': 'same-site', origin: `http://${host}` },
  { host, origin: 'http://evil.example' },
  { host, origin: 'null' },
  { host, origin: 'http://localhost:1' },
  // A name of theirs that resolves to loopback.
  { host: 'evil.example:8080' },
  { host: 'evil.example:8080', origin: 'http://evil.example:8080', 'sec-fetch-site': 'same-origin' },
  { host: '127.0.0.1.evil.example' },
]

/** What curl, k6, the address bar and the own page send. */
const own = (host: string): Headers[] => [
  { host },
  { host: 'localhost:8080' },
  { host: 'app.localhost' },
  { host: '[::1]:8080' },
  { host: 'my-laptop:8080' },
  { host, 'sec-fetch-site': 'none' },
  { host, 'sec-fetch-site': 'same-origin', origin: `http://${host}` },
  { host, origin: `http://${host}` },
]

const words = (headers: Headers, onLoopback = true) => crossSite((name) => headers[name], onLoopback)

test('pages of other sites are refused in words, everybody else passes', () => {
  for (const headers of foreign('127.0.0.1:8080')) assert.match(words(headers) ?? '', /; (open|use) /)
  for (const headers of own('127.0.0.1:8080')) assert.equal(words(headers), null, JSON.stringify(headers))
})

test('a service that others reach goes by any name: a LoadBalancer’s, a Service’s, an Ingress’s', () => {
  const host = 'load.example.com'
  for (const headers of own(host)) assert.equal(words(headers, false), null)
  // A proxy that changes the Host: the browser itself says that it is the same site.
  assert.equal(
    words({ host: 'workload:8080', origin: `https://${host}`, 'sec-fetch-site': 'same-origin' }, false),
    null,
  )
  assert.equal(words({ host, origin: `https://${host}` }, false), null)
  assert.equal(words({ host: `${host}:443`, origin: `https://${host}` }, false), null)
  assert.ok(words({ host, origin: 'https://evil.example' }, false))
})

test('addresses that only this machine reaches', () => {
  assert.deepEqual(['127.0.0.1', '127.9.9.9', '::1', 'localhost'].map(isLoopback), Array(4).fill(true))
  assert.deepEqual(['0.0.0.0', '::', '10.0.0.1'].map(isLoopback), Array(3).fill(false))
})
