import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import path from 'node:path'
import { commandIn } from '../command.ts'
import { counting } from '../service.ts'

// Runs in a network namespace of its own, in which 192.0.2.1 and 10.1.2.3 are this machine too and the resolver is ours;
// runs scripts that ask hosts, and prints what came of it as JSON. Nothing leaves the machine.
const [resolver = '', out = ''] = process.argv.slice(2)
writeFileSync(resolver, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')

const addresses: Record<string, string> = {
  'private.example.com': '10.1.2.3',
  'public.example.com': '192.0.2.1',
}
let asked: string[] = []

/** Answers what a name's A record is; there are no others (RFC 1035, 4.1). */
const names = createSocket('udp4')
names.on('message', (query, { port, address }) => {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  const name = labels.join('.')
  asked.push(name)
  const found = query.readUInt16BE(at + 1) === 1 ? addresses[name.toLowerCase()] : undefined
  const header = Buffer.from([0x81, 0x80, 0, 1, 0, found ? 1 : 0, 0, 0, 0, 0])
  const record = found
    ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...found.split('.').map(Number)])
    : Buffer.alloc(0)
  names.send(Buffer.concat([query.subarray(0, 2), header, query.subarray(12, at + 5), record]), port, address)
})
await once(names.bind(53, '127.0.0.1'), 'listening')

let moves = false
const fine: RequestListener = (_, response) => response.end('fine')
const target = await counting('127.0.0.1', 0, (request, response) => {
  if (moves && request.url === '/moved')
    response.writeHead(302, { location: `http://192.0.2.1:${target.port}/` }).end()
  else response.end('fine')
})
const { port } = target
const elsewhere = await counting('192.0.2.1', port, fine)
const near = await counting('10.1.2.3', port, fine)
await counting('::1', port, fine)

const results: Record<string, unknown> = {}
async function tried(
  what: string,
  script: string,
  flags: readonly string[] = [],
  { moved = false, movesWhen = '' } = {},
): Promise<void> {
  const folder = await mkdtemp(path.join(out, 'script-'))
  writeFileSync(path.join(folder, 'script.js'), script)
  const before = { target: target.connections, elsewhere: elsewhere.connections, near: near.connections }
  asked = []
  moves = moved
  const { code, stdout, stderr } = await commandIn(
    folder,
    ['run', './script.js', ...flags],
    {},
    {
      said: (text) => {
        moves ||= movesWhen !== '' && text.includes(movesWhen)
      },
    },
  )
  results[what] = {
    ...{ code, stdout, stderr, asked: [...new Set(asked)] },
    target: target.connections - before.target,
    elsewhere: elsewhere.connections - before.elsewhere,
    near: near.connections - before.near,
  }
  await rm(folder, { recursive: true })
}

const modules = `import http from 'k6/http'
import ws from 'k6/ws'
import { WebSocket } from 'k6/websockets'
import grpc from 'k6/net/grpc'
const client = new grpc.Client()
const built = ['public', 'example', 'com'].join('.')
`
const scriptOf = (iteration: string, more = '') => `${modules}${more}\nexport default () => { ${iteration} }`
const asks = {
  literal: `http.get('http://public.example.com:${port}/')`,
  built: `http.get('http://' + built + ':${port}/')`,
  batch: `http.batch(['http://127.0.0.1:${port}/', 'http://' + built + ':${port}/'])`,
  caught: `try { http.get('http://' + built + ':${port}/', { responseType: 'none' }) } catch {}`,
  ws: `ws.connect('ws://' + built + ':${port}/', {}, () => {})`,
  websockets: `new WebSocket('ws://' + built + ':${port}/').onerror = () => {}`,
  grpc: `client.connect('public.example.com:${port}', { plaintext: true })`,
  'grpc, private': `client.connect('10.1.2.3:${port}', { plaintext: true, timeout: '2s' })`,
  'grpc, built': `client.connect(built + ':${port}', { plaintext: true })`,
  address: `http.get('http://192.0.2.1:${port}/')`,
  'address, IPv6': `http.get('http://[2001:db8::1]:${port}/')`,
  redirect: `http.get('http://127.0.0.1:${port}/moved')`,
}
for (const [what, iteration] of Object.entries(asks))
  await tried(what, scriptOf(iteration), [], { moved: what === 'redirect' })
await tried(
  'setup',
  scriptOf('', `export const setup = () => http.get('http://' + built + ':${port}/').status`),
)

await tried(
  'browser',
  `import { browser } from 'k6/browser'
export const options = { scenarios: { ui: { executor: 'shared-iterations', options: { browser: { type: 'chromium' } } } } }
export default async () => (await browser.newPage()).goto('http://public.example.com:${port}/')`,
)

// What the rehearsal does not see: k6 itself refuses.
const later = scriptOf(`http.get('http://127.0.0.1:${port}/moved')`)
await tried('redirect later', later, ['--duration', '1s', '--vus', '1'], {
  movesWhen: 'script: 127.0.0.1',
})
await tried('redirect, not rehearsed', later, ['--no-rehearsal'], { moved: true })
await tried('variable', scriptOf('http.get(__ENV.WHERE)'), ['--env', `WHERE=http://192.0.2.1:${port}/`])
await tried('variable, not rehearsed', scriptOf('http.get(__ENV.WHERE)'), [
  ...['--env', `WHERE=http://192.0.2.1:${port}/`, '--no-rehearsal'],
])
const rows = `import { SharedArray } from 'k6/data'
const rows = new SharedArray('rows', () => ['http://127.0.0.1:${port}/', 'http://192.0.2.1:${port}/'])`
await tried(
  'row',
  scriptOf('http.get(rows[__ITER % 2])', `${rows}\nexport const options = { iterations: 20 }`),
)

await tried('loopback, IPv6', scriptOf(`http.get('http://[::1]:${port}/')`))
const load = ['--duration', '1s', '--vus', '1']
const near1 = scriptOf(`http.get('http://private.example.com:${port}/')`)
await tried('private, not allowed', near1, load)
await tried('private, allowed', near1, [...load, '--allow-host', 'private.example.com'])
await tried('public, allowed as a name', scriptOf(asks.literal), [
  ...load,
  '--allow-host',
  'public.example.com',
])
await tried(
  'built, allowed',
  scriptOf(`http.get('http://' + built.replace('public', 'private') + ':${port}/')`),
  [...[...load, '--allow-host', 'private.example.com']],
)
await tried('mapped', scriptOf(asks.built), [...load, '--hosts', 'public.example.com=127.0.0.1'])
await tried('mapped to a public address', scriptOf(asks.built), [
  ...load,
  '--hosts',
  'public.example.com=192.0.2.1',
])
await tried('public, allowed', scriptOf(asks.literal), [...load, '--allow-public'])
process.stdout.write(JSON.stringify(results))
process.exit()
