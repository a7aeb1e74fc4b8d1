import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crossSite, hostsOf } from './cross-site.ts'

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
  { host: 'workload.svc.evil.example' },
  { host: '', origin: 'http://x' },
]

/** What curl, k6, the address bar and the own page send. */
const own = (host: string): Headers[] => [
  { host },
  { host: 'localhost:8080' },
  { host: 'app.localhost' },
  { host: '[::1]:8080' },
  { host: 'my-laptop:8080' },
  { host: 'my-laptop.local:8080' },
  { host: 'workload.load.svc.cluster.local' },
  { host: 'workload.load.svc' },
  { host: '[2001:db8::1]:8080' },
  { host, 'sec-fetch-site': 'none' },
  { host, 'sec-fetch-site': 'same-origin', origin: `http://${host}` },
  { host, origin: `http://${host}` },
]

const words = (headers: Headers, hosts: readonly string[] | null = []) =>
  crossSite((name) => headers[name], hosts)

test('pages of other sites are refused in words, everybody else passes', () => {
  for (const headers of foreign('127.0.0.1:8080')) assert.match(words(headers) ?? '', /; (open|use) /)
  for (const headers of own('127.0.0.1:8080')) assert.equal(words(headers), null, JSON.stringify(headers))
})

test('a service that others reach goes by any name: a LoadBalancer’s, a Service’s, an Ingress’s', () => {
  const host = 'load.example.com'
  for (const headers of own(host)) assert.equal(words(headers, null), null)
  // A proxy that changes the Host: the browser itself says that it is the same site.
  assert.equal(
    words({ host: 'workload:8080', origin: `https://${host}`, 'sec-fetch-site': 'same-origin' }, null),
    null,
  )
  assert.equal(words({ host, origin: `https://${host}` }, null), null)
  assert.equal(words({ host: `${host}:443`, origin: `https://${host}` }, null), null)
  assert.ok(words({ host, origin: 'https://evil.example' }, null))
})

test('names that are given are taken, whatever their case, port and final dot', () => {
  const hosts = ['load.example.com']
  for (const host of ['load.example.com', 'LOAD.example.com.:8080', '10.0.0.1'])
    assert.equal(words({ host }, hosts), null)
  for (const host of ['example.com', 'x.load.example.com', 'load.example.com.evil.example'])
    assert.match(
      words({ host }, hosts) ?? '',
      /is not known as a name of this service; .* add it to HOST_NAMES$/,
    )
})

test('where the Host is looked at', () => {
  const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' }
  const STRESS_TOKEN = 'open-sesame'
  const looks = (config: Partial<Parameters<typeof hostsOf>[0]>, environment = {}) =>
    hostsOf({ HOST: '0.0.0.0', HOST_NAMES: undefined, STRESS_TOKEN: undefined, ...config }, environment) !==
    null
  // On loopback always, since only this machine's browser can come there by another name.
  for (const HOST of ['127.0.0.1', '127.9.9.9', '::1', 'localhost'])
    for (const environment of [{}, pod]) assert.ok(looks({ HOST, STRESS_TOKEN }, environment))
  for (const HOST of ['0.0.0.0', '::', '10.0.0.1']) {
    assert.ok(looks({ HOST }))
    assert.ok(!looks({ HOST, STRESS_TOKEN }))
    assert.ok(!looks({ HOST }, pod))
    // Who gives names wants them looked at.
    assert.ok(looks({ HOST, STRESS_TOKEN, HOST_NAMES: ['load.example.com'] }, pod))
    assert.ok(!looks({ HOST, HOST_NAMES: ['*'] }))
  }
  assert.ok(!looks({ HOST: '127.0.0.1', HOST_NAMES: ['*'] }))
})
