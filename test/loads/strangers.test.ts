import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { exitCodes } from '../../runner/shell/exit.ts'
import { commandIn } from '../command.ts'
import { certificate, copyExamples, k6Source, routeGuide } from './strangers/examples.ts'
import { playHosts } from './strangers/hosts.ts'

const source = await k6Source()
const folder = await mkdtemp(path.join(os.tmpdir(), 'las-strangers-'))
after(() => rm(folder, { recursive: true, force: true }))

/** Why a script is not run. */
const leftOut: [RegExp, reason: string][] = [
  [/^browser\//, 'needs a Chromium that k6 starts'],
  [/^pantheon\.js$/, 'waits for 30 s after each page'],
  [/^malicious\.js$/, 'never ends an iteration'],
  [/^secrets\/multi-source/, 'needs two sources of secrets, which k6 takes only as flags'],
  [/^webcrypto\/(?!digest|sign_verify\/sign-verify-hmac)/, 'asks no host; two of its kind are run'],
]

/** What makes those shorter that have a duration. */
const shorter: Readonly<Record<string, readonly string[]>> = {
  'stages.js': ['--duration', '2s'],
  'thresholds_readme_example.js': ['--duration', '2s'],
  'docker-compose/opentelemetry/script.js': ['--duration', '2s'],
}

/** Those that end otherwise than a pass, and that ask a host or are refused. */
const otherwise: Readonly<Record<string, RegExp>> = {
  'enhanced/abort.ts': /^2 .*test aborted: failed \(abort\.ts:4\)$/,
  'enhanced/user.ts': /^2 .*function 'default' not found in exports$/,
  'source_map/issue_1804/imported.js': /^2 .*function 'default' not found in exports$/,
  'source_map/issue_1804/main.js': /^2 .*line 6 \(imported\.js:6\)$/,
  'source_map/typescript_template/test1.js': /^2 .*cool is cool \(test1\.ts:2\)$/,
  'source_map/typescript_template/test1.ts': /^2 .*cool is cool \(test1\.ts:2\)$/,
  // Uses variables that it does not declare.
  'pantheontest.js': /^2 .*ReferenceError: formdata is not defined \(pantheontest\.js:190\)$/,
  // By chance more than half of its only random value.
  'es6sample.js': /^(0 pass|1 fail; .*(my_rate rate>=0\.4|http_req_duration avg<1000))/,
  // Its checks want the pages of the real host.
  'thresholds_readme_example.js': /^[013] /,
  // k6 counts the first answer, 401, and not the second (k6#800).
  'http_digest_auth.js': /^3 invalid; all 1 request failed/,
}
/** How fast the machine is decides over thresholds on times and rates; all else must pass. */
const asked = /^(0 pass|1 fail(; k6 threshold crossed: http_req(_duration|s)\b[^;]*)+)$/
const noHost = /^(0 pass|3 invalid; no request was made: nothing was measured)$/

test('every example of k6 that asks a host runs as it is', {
  skip: source === null && 'k6’s examples come with its source, which needs go',
}, async (t) => {
  assert.ok(source !== null)
  const scripts = await copyExamples(source, folder)
  const [{ key, cert }, grpc] = await Promise.all([
    certificate(path.join(folder, 'certificate')),
    routeGuide(folder, path.join(folder, 'route-guide')),
  ])
  const hosts = await playHosts(key, cert)
  t.after(() => {
    hosts.close()
    grpc.process.stdin?.end()
  })
  const { plain, secure } = hosts.ports
  const named =
    'quickpizza.grafana.com httpbin.org api.github.com stackoverflow.com sha256.badssl.com dev-li-david.pantheonsite.io echo.websocket.org foo.com bar.com baz.com'
  const mapped = [
    ...named
      .split(' ')
      .flatMap((name) => [`${name}:443=127.0.0.1:${secure}`, `${name}:80=127.0.0.1:${plain}`]),
    ...['localhost:8080', 'localhost:8888'].map((place) => `${place}=127.0.0.1:${plain}`),
  ]
  const tried = async (script: string): Promise<string> => {
    const reason = leftOut.find(([pattern]) => pattern.test(script))?.[1]
    if (reason) return `not run: it ${reason}`
    const text = await readFile(path.join(folder, 'examples', script), 'utf8')
    if (/from ['"]https?:/.test(text)) return 'not run: it imports from the network'
    const at = path.join(folder, 'examples', path.dirname(script))
    const out = path.join(folder, 'results', script)
    await mkdir(out, { recursive: true })
    const flags = [
      '--insecure',
      '--hosts',
      mapped.join(','),
      '--env',
      `GRPC_ADDR=${grpc.address}`,
      '--out',
      out,
    ]
    const secrets =
      script === 'secrets/url-source.test.js'
        ? `url=urlTemplate=http://127.0.0.1:${plain}/secrets/{key}/decrypt,responsePath=plaintext`
        : 'file=file.secret'
    const { code, stdout, stderr } = await commandIn(
      at,
      ['run', `./${path.basename(script)}`, ...flags, ...(shorter[script] ?? [])],
      script.startsWith('secrets/') ? { K6_SECRET_SOURCE: secrets } : {},
    )
    const words = `${script}: ${code}\n${stdout}${stderr}`
    assert.ok(Object.values<number>(exitCodes).includes(code), words)
    assert.doesNotMatch(
      stdout + stderr,
      /unexpected|fault of|^\s+at .*:\d+:\d+|NaN|(?<!property .*of )undefined/m,
      words,
    )
    const verdict = /^verdict: (.*(?:\n {2}.*)*)/m.exec(stdout)?.[1]?.replace(/\n\s+/g, '; ')
    const sentence = /^load-and-stress: (.*)$/m.exec(stderr)?.[1]
    assert.ok(verdict ?? sentence, words)
    return `${code} ${verdict ?? sentence}`
  }
  const rows = new Map<string, string>()
  const waiting = [...scripts]
  const worker = async () => {
    for (let script = waiting.shift(); script !== undefined; script = waiting.shift())
      rows.set(script, await tried(script))
  }
  await Promise.all([worker(), worker()])
  for (const script of scripts) t.diagnostic(`${script}: ${rows.get(script)}`)
  for (const [script, row] of rows) {
    if (row.startsWith('not run')) continue
    const text = await readFile(path.join(folder, 'examples', script), 'utf8')
    const asksHost = /https?:|wss?:|GRPC_ADDR/.test(text.replace(/^\s*\/\/.*$/gm, ''))
    assert.match(row, otherwise[script] ?? (asksHost ? asked : noHost), script)
  }
})
