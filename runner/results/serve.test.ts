import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { said, startIn } from '../../test/command.ts'
import { shellOf } from '../shell/shell.ts'
import { serveResults } from './serve.ts'

let home = ''
let address = ''
let ended: Promise<void> | undefined
const stop = new AbortController()

before(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'las-serve-'))
  const out = path.join(home, 'results')
  await mkdir(path.join(out, 'a run'), { recursive: true })
  await writeFile(path.join(home, 'secret.json'), 'secret')
  await writeFile(path.join(out, 'index.html'), '<p>all</p>')
  await writeFile(path.join(out, 'a run/run.json'), '{}')
  await writeFile(path.join(out, 'a run/sweep.json'), 'secret')
  await writeFile(path.join(out, 'a run/points.json.gz'), 'large')
  await writeFile(path.join(out, '.hidden.json'), 'secret')
  await symlink(path.join(home, 'secret.json'), path.join(out, 'link.json'))
  await symlink(home, path.join(out, 'up'))
  const printed = new Promise<string>((resolve) => {
    const shell = shellOf(
      // Nothing is there to open the page.
      { env: { PATH: home }, cwd: home, signal: stop.signal, urgent: stop.signal },
      { stdout: { write: resolve }, stderr: { write: () => {} } },
    )
    ended = serveResults(shell, out)
  })
  address = (await printed).trim()
})
after(async () => {
  stop.abort()
  await ended
  await rm(home, { recursive: true })
})

/** A raw path: URL would take the dots out of it. */
async function ask(at: string, { method = 'GET', headers = {} } = {}) {
  const sent = request(new URL(address), { path: at, method, headers }).end()
  const [response] = await once(sent, 'response')
  const parts = await response.setEncoding('utf8').toArray()
  return { status: response.statusCode as number, body: parts.join(''), headers: response.headers }
}

test('gives files of the folder on loopback, by GET and HEAD only, and a policy with each', async () => {
  assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/$/)
  const { status, body, headers } = await ask('/')
  assert.deepEqual([status, body], [200, '<p>all</p>'])
  assert.match(headers['content-security-policy'], /^default-src 'none'/)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal((await ask('/a%20run/run.json')).body, '{}')
  const head = await ask('/', { method: 'HEAD' })
  assert.deepEqual([head.status, head.body], [200, ''])
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
    assert.equal((await ask('/', { method })).status, 405)
})

test('gives nothing outside of the folder, hidden, secret, or of another kind', async () => {
  for (const at of [
    '/../secret.json',
    '/%2e%2e/secret.json',
    '/..%2fsecret.json',
    '/a%20run/..%2f..%2fsecret.json',
    '/..%5csecret.json',
    `/${encodeURIComponent(path.join(home, 'secret.json'))}`,
    '//etc/passwd',
    '/link.json',
    '/up/secret.json',
    '/.hidden.json',
    '/a%20run/sweep.json',
    '/a%20run/points.json.gz',
    '/a%20run',
    '/nothing.html',
    '/%00',
    '/%ff',
    '/%',
  ]) {
    const { status, body } = await ask(at)
    assert.equal(status, 404, at)
    assert.doesNotMatch(body, /secret|root:/)
  }
})

test('refuses names that a page of another site could point here, and what such a page sends', async () => {
  const { port } = new URL(address)
  for (const host of [`evil.example:${port}`, 'evil.example', '127.0.0.1', `127.0.0.1:${Number(port) + 1}`])
    assert.equal((await ask('/', { headers: { host } })).status, 403, host)
  assert.equal((await ask('/', { headers: { host: `localhost:${port}` } })).status, 200)
  const from = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }
  assert.equal((await ask('/', { headers: from })).status, 403)
})

test('the command serves the page that it wrote until Ctrl-C, where nothing can open it too', async () => {
  const folder = await mkdtemp(path.join(home, 'command-'))
  const started = startIn(folder, ['results', '--open'], { PATH: folder })
  await said(started, 'serving until Ctrl-C')
  const { status, text } = await fetch(started.stdout.trim()).then(async (response) => ({
    status: response.status,
    text: await response.text(),
  }))
  started.process.kill('SIGINT')
  assert.equal(await started.ended, 130)
  assert.equal(status, 200, started.stderr)
  assert.match(text, /<h1>Results<\/h1>/)
})

test('ends at Ctrl-C, also while a connection is open', async () => {
  stop.abort()
  await ended
  await assert.rejects(ask('/'))
})
