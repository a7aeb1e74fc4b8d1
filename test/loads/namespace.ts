import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { findK6 } from '../../runner/k6/find.ts'
import { k6Environment, runK6 } from '../../runner/k6/run.ts'
import { nearbyOnly, outside } from '../../runner/targets/reach.ts'
import { commandIn, runOf } from '../command.ts'
import { counting } from '../service.ts'
import { testShell } from '../shell.ts'

// Runs in a network namespace of its own, in which 192.0.2.1 is this machine too and the file of host names is ours;
// prints what happened as JSON. So nothing leaves the machine, and a listener counts what would have.
const [hosts = '', out = ''] = process.argv.slice(2)
const name = 'changes.test'
const resolveTo = (address: string) => writeFileSync(hosts, `127.0.0.1 localhost\n${address} ${name}\n`)
resolveTo('127.0.0.1')

const target = await counting('127.0.0.1', 0, (request, response) => {
  if (request.url === '/moved')
    response.writeHead(302, { location: `http://192.0.2.1:${target.port}/` }).end()
  else response.end('fine')
})
const elsewhere = await counting('192.0.2.1', target.port, (_, response) => response.end('fine'))
const proxy = await counting('127.0.0.1', 0, (_, response) => response.end('fine'))

const results: Record<string, unknown> = {}
async function tried(
  what: string,
  flags: string[],
  { changes = false, at = proxy.port } = {},
): Promise<void> {
  resolveTo('127.0.0.1')
  const before = { target: target.connections, elsewhere: elsewhere.connections, proxy: proxy.connections }
  const base = ['--url', `http://${name}:${target.port}`, '--path', '/x', '--duration', '1s', '--vus', '2']
  const ended = await commandIn(
    out,
    ['run', 'constant', ...base, ...flags],
    { HTTP_PROXY: `http://127.0.0.1:${at}`, http_proxy: '', NO_PROXY: '', no_proxy: '' },
    // Said after the probe and before k6 starts.
    { said: (text) => changes && text.startsWith('constant: ') && resolveTo('192.0.2.1') },
  )
  results[what] = {
    code: ended.code,
    stderr: ended.stderr,
    stdout: ended.stdout,
    proxyNamed: /^report: /m.test(ended.stderr) ? (await runOf(out, ended.stderr)).run.load.proxy : undefined,
    target: target.connections - before.target,
    elsewhere: elsewhere.connections - before.elsewhere,
    proxy: proxy.connections - before.proxy,
  }
}

await tried('plain', [])
await tried('changed', [], { changes: true })
await tried('changed, any address allowed', ['--allow-public'], { changes: true })
await tried('proxy asked for', ['--proxy'])
await tried('no such proxy', ['--proxy'], { at: 1 })

// Whatever a script says of itself.
const script = `import http from 'k6/http'
export const options = { iterations: 1, blacklistIPs: [], hosts: { 'mapped.test': '192.0.2.1:${target.port}' } }
export default () => {
  for (const url of ['http://192.0.2.1:${target.port}/', 'http://[::ffff:192.0.2.1]:${target.port}/',
    'http://127.0.0.1:${target.port}/moved', 'http://mapped.test/'])
    console.error(url, http.get(url).error)
}`
const before = elsewhere.connections
const shell = testShell()
const logFile = path.join(out, 'k6.log')
await runK6(shell, await findK6(shell), script, {
  env: k6Environment(process.env, { K6_BLACKLIST_IPS: outside([nearbyOnly]).join(',') }),
  logFile,
  args: [],
  plannedMs: 1000,
  secrets: [],
})
results.script = { elsewhere: elsewhere.connections - before }
process.stdout.write(JSON.stringify(results))
process.exit()
