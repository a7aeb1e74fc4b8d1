import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { root } from '../command.ts'
import { commands, needsCluster, pages } from '../documents.ts'

/**
 * Every command of README and docs, as it stands there, by the package in a folder outside of the project – with less
 * time: what a line does not say itself is shortened by variables, and its durations and repeats are cut. It runs in a
 * network namespace, where the addresses of the examples are servers of this test.
 */

const inside = process.env.DOCS_NAMESPACE === 'true'
const possible = process.platform === 'linux' && spawnSync('unshare', ['-n', 'true']).status === 0

if (!inside)
  test('every command of README and docs runs in a namespace of its own', {
    skip: !possible && 'needs Linux and root, for a network namespace',
  }, async () => {
    const addresses = ['10.0.0.7', '10.0.0.8'].map((each) => `ip addr add ${each}/32 dev lo`).join(' && ')
    const script = `ip link set lo up && ${addresses} && exec "$@"`
    const child = spawn(
      'unshare',
      [
        '-n',
        'sh',
        '-c',
        script,
        'sh',
        process.execPath,
        '--import',
        'tsx',
        '--test-reporter=spec',
        '--test',
        import.meta.filename,
      ],
      {
        cwd: root,
        env: { ...withoutRunner(), DOCS_NAMESPACE: 'true', DOCS_FOLDER: folder },
        stdio: 'inherit',
      },
    )
    const [code] = await once(child, 'close')
    assert.equal(code, 0, 'a command of the documentation failed; see above')
  })

/** Without what makes a test runner inside of another report to it. */
const withoutRunner = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'NODE_TEST_CONTEXT'))

const folder = process.env.DOCS_FOLDER ?? mkdtempSync(path.join(os.tmpdir(), 'docs-'))
const work = path.join(folder, 'work')
const program = path.join(folder, 'node_modules/.bin/load-and-stress')
const servers: Server[] = []

before(async () => {
  if (!inside) return prepare()
  for (const [host, port] of [
    ['127.0.0.1', 3000],
    ['127.0.0.1', 3001],
    ['10.0.0.7', 8080],
    ['10.0.0.8', 8080],
  ] as const)
    servers.push(await aService(host, port))
})
after(() => {
  for (const server of servers) server.close()
  if (!inside) rmSync(folder, { recursive: true, force: true })
})

/** A service that answers four requests at a time, in 10 ms, with what the script of `new` looks for: 400 a second. */
async function aService(host: string, port: number): Promise<Server> {
  const waiting: (() => void)[] = []
  let free = 4
  const server = createServer(async (_, response) => {
    if (free === 0) await new Promise<void>((go) => waiting.push(go))
    else free--
    setTimeout(() => {
      response.end('{"instance":"a","units":1}')
      const next = waiting.shift()
      if (next) next()
      else free++
    }, 10)
  })
  await once(server.listen(port, host), 'listening')
  return server
}

function run(name: string, ...args: readonly string[]) {
  const { status, stderr } = spawnSync(name, args, { cwd: work, encoding: 'utf8', env: withoutRunner() })
  assert.equal(status, 0, `${name} ${args.join(' ')}: ${stderr}`)
}

/** The package, installed; the files that the pages speak of; and results to look at. */
function prepare(): void {
  mkdirSync(work)
  const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', work], {
    cwd: root,
    encoding: 'utf8',
  })
  assert.equal(packed.status, 0, packed.stderr)
  const tarball = path.join(work, packed.stdout.trim())
  run('npm', 'install', '--silent', '--no-save', '--prefix', folder, tarball)
  const [, shop = ''] = /```js\n(.*?)```/s.exec(pages.get('README.md') ?? '') ?? []
  writeFileSync(path.join(work, 'shop.js'), shop)
  writeFileSync(path.join(work, 'users.csv'), 'id,name\n1,Ada\n2,Grace\n')
  const entry = { scenario: 'constant', flags: { vus: 2, duration: '2s' } }
  writeFileSync(path.join(work, 'nightly.json'), JSON.stringify({ minutes: 5, repeats: 1, runs: [entry] }))
  for (const part of ['constant', 'ramp']) {
    run(program, 'run', part, '--quick')
    const results = path.join(work, 'results')
    const made = readdirSync(results).find((each) => each.includes(part)) ?? ''
    /** Its latencies a little longer, as of another run. */
    const copy = (to: string, commit: string, longer = 0) => {
      cpSync(path.join(results, made), path.join(results, to), { recursive: true })
      const file = path.join(results, to, 'run.json')
      const { kept: _, ...run } = JSON.parse(readFileSync(file, 'utf8'))
      writeFileSync(file, JSON.stringify({ ...run, commit }))
      const summaryFile = path.join(results, to, 'summary.json')
      const summary = JSON.parse(readFileSync(summaryFile, 'utf8'))
      for (const [name, { values }] of Object.entries<{ values: Record<string, number> }>(summary.metrics))
        if (name.startsWith('http_req_duration'))
          for (const [key, value] of Object.entries(values))
            if (key !== 'count') values[key] = value * (1 + longer)
      writeFileSync(summaryFile, JSON.stringify(summary))
    }
    copy(`20261124T101500Z-${part}-3fa94c01`, 'f00')
    if (part === 'constant')
      for (const index of [1, 2, 3, 4, 5]) {
        copy(`monday/before-${index}`, '1a2b3c', index / 100)
        copy(`tuesday/after-${index}`, '4d5e6f', index / 90)
      }
  }
  run(program, 'run', 'arrival', '--quick', '--rate', '30', '--generators', '3', '--out', 'shared')
  const shared = path.join(
    work,
    'shared',
    readdirSync(path.join(work, 'shared')).find((each) => each.includes('arrival')) ?? '',
  )
  for (const [index, name] of readdirSync(path.join(shared, 'generators')).entries())
    for (const copied of [`machine-${index + 1}.json`, `${index + 1}.log`])
      cpSync(path.join(shared, 'generators', name, 'summary.json'), path.join(work, copied))
  cpSync(
    path.join(work, 'results/20261124T101500Z-constant-3fa94c01'),
    path.join(work, 'results/20261124T101500Z-ab-3fa94c01'),
    {
      recursive: true,
    },
  )
}

const shorter: Record<string, string> = {
  LAS_WARM_UP: '1s',
  LAS_COOL_DOWN: '100ms',
}

/** Needs what is not here: Docker, or this project's own folder. */
const elsewhere = /^npm run workload|^docker|^npm (ci|test|install)|^npm run (scenario:ramp|new|site)$/

if (inside) {
  const seen = new Set<string>()
  for (const { page, line, args } of commands) {
    // Several pages show the same one.
    const key = args?.join(' ') ?? ''
    if (args === null || needsCluster.test(line) || elsewhere.test(line) || seen.has(key)) continue
    seen.add(key)
    test(`${page}: ${line}`, { timeout: 180_000 }, async () => {
      const given = args.map((word, index) => {
        const flag = args[index - 1] ?? ''
        if (flag === '--duration') return '2s'
        // More than this service could answer.
        if (flag === '--rate' && Number(word) > 200) return '200'
        return flag === '--repeat' ? '1' : word
      })
      const repeats = { ab: '1', sweep: '1', noise: '2' }[args[0] as 'ab']
      const env = {
        ...withoutRunner(),
        ...shorter,
        ...(repeats && { LAS_REPEAT: repeats }),
        // Few probes.
        ...(args[0] === 'breakpoint' && { LAS_RATE: '100', LAS_PRECISION: '20', LAS_REPEAT: '1' }),
        ...(args[0] === 'noise' ? { LAS_DURATIONS: '1s,2s' } : { LAS_QUICK: 'true' }),
      }
      const child = spawn(program, given, { cwd: work, env, stdio: ['ignore', 'pipe', 'pipe'] })
      let said = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (data) => {
          said += data
          // It serves until it is interrupted.
          if (given.includes('--open') && /http:\/\/127\.0\.0\.1:\d+/.test(said)) child.kill('SIGINT')
        })
      const [code] = await once(child, 'close')
      // Of so few repeats nothing can be recommended.
      const fine = given.includes('--open') ? [0, 130] : args[0] === 'noise' ? [0, 3] : [0]
      assert.ok(fine.includes(code), `exit code ${code}: ${said}`)
    })
  }
}
