import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { freePort } from '../../runner/k6/free-port.ts'
import { root } from '../command.ts'
import { aForge, type Comment, closeForges, token } from '../forge.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'pull-request-'))
after(() => {
  closeForges()
  rmSync(folder, { recursive: true, force: true })
})
const repository = path.join(folder, 'shop')

function git(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: repository, encoding: 'utf8' })
  assert.equal(status, 0, `git ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

/** A shop whose checkout takes that many ms; it is built by copying a file. */
const service = (payMs: number) => `
const { createServer } = require('node:http')
createServer((request, response) => {
  setTimeout(() => response.end('ok'), request.url === '/pay' ? ${payMs} : 10)
}).listen(process.env.PORT, '127.0.0.1')
`
const script = `
import http from 'k6/http'
export const options = { vus: 4, duration: '3s' }
export default function () {
  http.get(\`\${__ENV.BASE_URL}/list\`, { tags: { name: 'list' } })
  http.get(\`\${__ENV.BASE_URL}/pay\`, { tags: { name: 'pay' } })
}
`

function commit(payMs: number, message: string): string {
  writeFileSync(path.join(repository, 'service.js'), service(payMs))
  writeFileSync(path.join(repository, 'shop.js'), script)
  git('add', '.')
  git(
    '-c',
    'user.name=a',
    '-c',
    'user.email=a@example.org',
    'commit',
    '--quiet',
    '--allow-empty',
    '-m',
    message,
  )
  return git('rev-parse', 'HEAD')
}

test('a pull request: compared with its base in turns, commented on, and the comment changed after a push', {
  skip: process.platform === 'win32',
}, async () => {
  const comments: Comment[] = [{ id: 1, body: 'LGTM' }]
  const forge = await aForge(comments)
  spawnSync('git', ['init', '--quiet', '--bare', path.join(folder, 'origin')])
  spawnSync('git', ['clone', '--quiet', path.join(folder, 'origin'), repository])
  const base = commit(12, 'base')
  git('push', '--quiet', 'origin', 'HEAD')
  const event = path.join(folder, 'event.json')
  writeFileSync(event, JSON.stringify({ pull_request: { number: 7, base: { sha: base } } }))
  const output = path.join(folder, 'output')
  const summary = path.join(folder, 'summary')
  const ports = [await freePort(), await freePort()]
  const action = async () => {
    writeFileSync(output, '')
    const child = spawn(path.join(root, 'ci/action.sh'), {
      cwd: repository,
      env: {
        ...Object.fromEntries(
          Object.entries(process.env).filter(([name]) => !/^(CI_|GITHUB_|GH_)/.test(name)),
        ),
        ACTION_RUN: './shop.js',
        ACTION_FLAGS: "--repeat 5 --warm-up 1s --cool-down 100ms --figures 'p95{name:list},p95{name:pay}'",
        LAS_START: 'node built.js',
        LAS_BUILD: 'cp service.js built.js',
        LAS_PORTS: ports.join(' '),
        GITHUB_ACTIONS: 'true',
        GITHUB_EVENT_NAME: 'pull_request',
        GITHUB_EVENT_PATH: event,
        GITHUB_API_URL: forge,
        GITHUB_SERVER_URL: 'http://forge',
        GITHUB_REPOSITORY: 'a/shop',
        GITHUB_RUN_ID: '11',
        GITHUB_TOKEN: token,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        LAS_PICTURES: 'pictures',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let log = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += data))
    const [code] = await once(child, 'close')
    assert.ok(!log.includes(token), 'the token is in the log')
    return { code, log, outputs: readFileSync(output, 'utf8') }
  }

  commit(12, 'nothing that matters')
  const hook = path.join(folder, 'origin/hooks/pre-receive')
  writeFileSync(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  const same = await action()
  rmSync(hook)
  assert.equal(same.code, 0, same.log)
  assert.match(same.log, /^with-branch\.sh: the branch pictures cannot be pushed$/m)
  assert.match(same.outputs, /^verdict=pass\nreport=results\/.*-ab-.*\/report$/m)
  assert.equal(comments.length, 2)
  assert.match(comments[1]?.body ?? '', /^<!-- load-and-stress: load -->\n\*\*/)
  assert.doesNotMatch(comments[1]?.body ?? '', /\.svg/)
  assert.match(comments[1]?.body ?? '', /\[The whole report\]\(http:\/\/forge\/a\/shop\/actions\/runs\/11\)/)

  const head = commit(60, 'a slow checkout')
  const worse = await action()
  assert.equal(worse.code, 1, worse.log)
  assert.match(worse.outputs, /^verdict=fail$/m)
  assert.match(worse.log, /^::error title=.*p95.*pay.*::/m)
  assert.equal(comments.length, 2)
  const { body = '' } = comments[1] ?? {}
  assert.match(body, /Worse: p95 of pay \+\d+/)
  assert.ok(body.includes(`](http://forge/a/shop/raw/pictures/${head}/comparison.svg)`), body)
  const picture = spawnSync('git', [
    '--git-dir',
    path.join(folder, 'origin'),
    'show',
    `pictures:${head}/comparison.svg`,
  ])
  assert.match(String(picture.stdout), /<svg/)
  assert.match(readFileSync(summary, 'utf8'), /Worse: p95 of pay/)

  // Neither a service nor a worktree is left.
  for (const port of ports) await assert.rejects(fetch(`http://127.0.0.1:${port}/`))
  assert.equal(git('worktree', 'list').split('\n').length, 1)
})
