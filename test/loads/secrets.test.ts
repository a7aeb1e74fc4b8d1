import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandIn, type Ended, noneLeft, said, startIn } from '../command.ts'
import { type Serving, serving } from '../service.ts'

/**
 * A canary in every place where a secret can be, and every verb run with them, failing ones too: none is found in what
 * is printed, in results and temporary folders, or in the arguments of any process.
 */
let out = ''
let temporary = ''
let target: Serving
let requests: string[] = []
const seen = new Set<string>()
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-secrets-'))
  temporary = path.join(out, 'tmp')
  await mkdir(temporary)
  target = await serving((request, response) => {
    requests.push(`${request.url} ${JSON.stringify(request.headers)}`)
    if (request.url?.startsWith('/denied')) response.writeHead(401)
    if (request.url?.startsWith('/moved'))
      response.writeHead(302, { location: `${target.url}/next?ticket=c4nary-location` })
    request.resume().on('end', () => response.end('fine'))
  })
})
after(async () => {
  target.close()
  await rm(out, { recursive: true })
})

const secretUrl = (name: string) => target.url.replace('//', `//us3r:c4nary-${name}@`)

/** Everything secret by variable, as in CI. */
const environment = () => ({
  TMPDIR: temporary,
  TARGET_TOKEN: 'c4nary-target-token',
  STRESS_TOKEN: 'c4nary-stress-token',
  LAS_HEADER: 'x-api-key: c4nary-header\ncookie: session=c4nary-cookie',
  LAS_METHOD: 'POST',
  LAS_BODY: '{"pin": "c4nary-body"}',
  LAS_REQUEST_PATH: '/items?key=c4nary-query',
  LAS_PROMETHEUS_URL: `${secretUrl('prometheus')}/write`,
  LAS_K6_OUTPUTS: `influxdb=${secretUrl('output')}/db`,
})
const at = () => ({ BASE_URL: secretUrl('url') })
const url = () => ['--url', secretUrl('url')]
const short = ['--vus', '1', '--duration', '1s']

/** The arguments of all processes, again and again until the work is done. */
async function watched<T>(work: Promise<T>): Promise<T> {
  let over = false
  const watch = (async () => {
    while (!over) {
      for (const pid of await readdir('/proc').catch(() => []))
        if (/^\d+$/.test(pid)) seen.add(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
      await sleep(30)
    }
  })()
  try {
    return await work
  } finally {
    over = true
    await watch
  }
}

async function finished(args: readonly string[], more: Record<string, string> = {}): Promise<Ended> {
  const folder = path.join(out, 'work')
  await mkdir(folder, { recursive: true })
  const started = startIn(folder, args, { ...environment(), ...more })
  const code = await watched(started.ended)
  await noneLeft(started.mark)
  nothingIn(started.stdout + started.stderr)
  return { code: code ?? -1, stdout: started.stdout, stderr: started.stderr }
}

const nothingIn = (text: string) => assert.doesNotMatch(text, /c4nary/)

/** tsx keeps compiled code there. */
const temporaries = async () => (await readdir(temporary)).filter((name) => !name.startsWith('tsx-'))

async function nothingLeft(): Promise<void> {
  const files = (await readdir(out, { recursive: true, withFileTypes: true })).filter((each) => each.isFile())
  for (const { parentPath, name } of files)
    if (!name.startsWith('given-'))
      assert.ok(
        !/c4nary/.test(await readFile(path.join(parentPath, name), 'latin1')),
        path.join(parentPath, name),
      )
  assert.deepEqual(await temporaries(), [])
  for (const each of seen) nothingIn(each)
}

/** A file of the user's own, which may hold what it likes. */
async function given(name: string, content: string): Promise<string> {
  const file = path.join(out, `given-${name}`)
  await writeFile(file, content)
  return file
}

test('a run, and a report of it', async () => {
  const run = await finished(['run', 'constant', ...short], at())
  assert.equal(run.code, 0, run.stderr)
  for (const each of ['target-token', 'header', 'cookie', 'query'])
    assert.ok(
      requests.some((request) => request.includes(`c4nary-${each}`)),
      each,
    )
  assert.ok(!requests.some((request) => request.includes('c4nary-stress-token')))
  // The outputs had their passwords, and the process list was looked at.
  for (const output of [/^\/write \{/, /^\/write\?.*db=db/])
    assert.ok(
      requests.some((request) => output.test(request)),
      String(output),
    )
  assert.ok([...seen].some((command) => /k6\0run\0--quiet/.test(command)))
  const results = path.join(out, 'work')
  const [folder = ''] = (await readdir(results)).filter((name) => name.includes('-constant-'))
  await finished(['report', path.join(results, folder)])
  await finished(['compare', path.join(results, folder), path.join(results, folder)])
  // What runs inside k6 only, and by flags, where the process list of our own is that of the test.
  const data = await given(
    'rows.csv',
    'path,pin\n/x/c4nary-row-1,c4nary-row-2\n/y/c4nary-row-3,c4nary-row-4\n',
  )
  const flags = ['--path', '{{path}}', '--method', 'PUT', '--body', '{{pin}}', '--header', 'x-pin: {{pin}}']
  const rows = await watched(
    commandIn(path.join(out, 'work'), ['run', 'constant', ...short, ...url(), ...flags, '--data', data], {
      TARGET_TOKEN: 'c4nary-target-token',
    }),
  )
  assert.equal(rows.code, 0, rows.stderr)
  nothingIn(rows.stdout + rows.stderr)
  await nothingLeft()
})

test('series: ab interrupted and resumed, noise, sweep, breakpoint, a night', async () => {
  requests = []
  const series = ['--warm-up', '200ms', '--cool-down', '1ms', '--repeat', '1']
  const folder = path.join(out, 'work')
  const sides = ['--a', target.url, '--b', `${target.url}/b`]
  const ab = startIn(folder, ['ab', ...short, ...sides, ...series], environment())
  await said(ab, 'k6 runs')
  ab.process.kill('SIGINT')
  assert.equal(await watched(ab.ended), 130, ab.stderr)
  nothingIn(ab.stdout + ab.stderr)
  const [, resume = ''] = /--resume (\S+), and --path and --header and --body/.exec(ab.stderr) ?? []
  await nothingLeft()
  const without = await finished(['ab', '--resume', path.join(folder, resume)], { LAS_BODY: '' })
  assert.equal(without.code, 2, without.stderr)
  assert.match(without.stderr, /cannot resume without --body/)
  const resumed = await finished(['ab', '--resume', path.join(folder, resume)])
  assert.match(resumed.stderr, /^report: /m)
  assert.ok(!requests.some((request) => request.includes('c4nary-stress-token')))

  await finished(['noise', '--vus', '1', '--durations', '1s', '--url', target.url, ...series])
  const ours = { LAS_HEADER: '', LAS_METHOD: '', LAS_BODY: '', LAS_REQUEST_PATH: '' }
  const sweep = await finished(['sweep', '--local', '--replicas', '1', ...short, ...series], ours)
  assert.equal(sweep.code, 0, sweep.stderr)
  const probes = [
    '--rate',
    '20',
    '--precision',
    '50',
    '--repeat',
    '1',
    '--duration',
    '1s',
    '--slo',
    'p50=0.001',
  ]
  const search = startIn(folder, ['breakpoint', ...probes], { ...environment(), ...at() })
  await said(search, 'k6 runs')
  search.process.kill('SIGINT')
  assert.equal(await watched(search.ended), 130, search.stderr)
  nothingIn(search.stdout + search.stderr)
  await nothingLeft()
  const [, half = ''] = /--resume (\S+), and .*--url/.exec(search.stderr) ?? []
  const again = ['breakpoint', '--resume', path.join(folder, half)]
  const nowhere = await finished(again)
  assert.match(nowhere.stderr, /cannot resume without --url/)
  const found = await finished(again, at())
  assert.match(found.stderr, /^report: /m)
  const plan = await given(
    'plan.json',
    JSON.stringify({
      repeats: 1,
      runs: [
        {
          scenario: 'constant',
          flags: { vus: 1, duration: '1s', path: '/n?key=c4nary-plan', header: 'x-key: c4nary-plan-header' },
        },
      ],
    }),
  )
  const history = path.join(out, 'history')
  await mkdir(history)
  const night = await finished(['nightly', '--plan', plan, '--history', history, '--url', target.url])
  assert.equal(night.code, 0, night.stderr)
  await finished(['history', '--history', history])
  await nothingLeft()
})

test('what fails before the load', async () => {
  const run = ['run', 'smoke', '--duration', '1s']
  const broken = await given('broken.json', 'c4nary-broken')
  const headless = await given('headless.csv', 'c4nary-cell,x\n')
  const plan = await given('plan-broken.json', '{"runs": c4nary-plan}')
  const fails: [args: string[], more?: Record<string, string>][] = [
    [[...run, ...url(), '--path', '/denied?key=c4nary-denied']],
    [[...run, ...url(), '--path', '/moved?key=c4nary-moved']],
    [[...run, '--url', 'http://us3r:c4nary-refused@127.0.0.1:9']],
    [[...run, '--url', 'http://us3r:c4nary@x-bad@[::1']],
    [[...run, '--url', 'htp://us3r:c4nary-scheme@127.0.0.1']],
    [[...run, '--url', `${target.url}/?key=c4nary-url-query`]],
    [[...run, ...url(), '--path', 'items?key=c4nary-path']],
    [[...run, ...url(), '--prometheus', 'us3r:c4nary-bad@127.0.0.1']],
    [[...run, ...url(), '--k6-out', 'http://us3r:c4nary-bad@127.0.0.1']],
    [[...run, ...url(), '--k6-out', 'influxdb=http://us3r:c4nary-db@127.0.0.1/a,b']],
    [[...run, ...url(), '--header', 'c4nary-no-header']],
    [[...run, ...url(), '--haeder=x-key: c4nary-typo']],
    [[...run, ...url(), '--data', broken, '--path', '/{{id}}']],
    [[...run, ...url(), '--data', headless, '--path', '/{{id}}']],
    [['nightly', '--plan', plan]],
    [['ab', ...short, '--a', secretUrl('side')]],
    [[...run, ...url()], { TARGET_TOKEN: 'c4nary-first\nc4nary-second' }],
    [[...run, ...url()], { HTTP_PROXY: 'http://us3r:c4nary-proxy@127.0.0.1:9', LAS_PROXY: 'true' }],
    [[...run, ...url()], { npm_command: 'run', npm_lifecycle_event: 'x', npm_config_header: 'c4nary-npm' }],
    ...['http://us3r:c4nary-mirror@127.0.0.1:9/k6', 'us3r:c4nary-mirror@', 'http://us3r:c4nary@[::1'].map(
      (mirror): [string[], Record<string, string>] => [
        [...run],
        { K6_RELEASES: mirror, K6_FROM: 'release', PATH: '/none', XDG_CACHE_HOME: path.join(out, 'cache') },
      ],
    ),
  ]
  const folder = path.join(out, 'work')
  for (const [args, more] of fails) {
    const { LAS_REQUEST_PATH, LAS_PROMETHEUS_URL, LAS_K6_OUTPUTS, TMPDIR, ...rest } = environment()
    const { code, stdout, stderr } = await watched(
      commandIn(folder, args, { ...rest, ...(!args.includes('--path') && { LAS_REQUEST_PATH }), ...more }),
    )
    assert.ok([2, 4].includes(code), `${args.join(' ')}: ${code} ${stderr}`)
    nothingIn(stdout + stderr)
    assert.match(stderr, /^load-and-stress: .{10,}/m)
    assert.doesNotMatch(stderr, /fault of load-and-stress itself/)
  }
  await nothingLeft()
})

test('rows of a run that was killed go with the next start', async () => {
  const data = await given('killed.csv', 'pin\nc4nary-killed\n')
  const flags = ['--path', '/x', '--body', '{{pin}}', '--data', data]
  const killed = startIn(path.join(out, 'work'), ['run', 'constant', '--vus', '1', ...flags], {
    ...environment(),
    ...at(),
    LAS_REQUEST_PATH: '',
    LAS_BODY: '',
  })
  await said(killed, 'k6 runs')
  assert.equal((await temporaries()).length, 1)
  killed.process.kill('SIGKILL')
  await killed.ended
  await noneLeft(killed.mark)
  assert.equal((await temporaries()).length, 1)
  await finished(['--version'])
  await nothingLeft()
})

test('a script of somebody’s own: its variables, its URL, its mistakes, and a series of it', async () => {
  requests = []
  const folder = path.join(out, 'work')
  await mkdir(folder, { recursive: true })
  const script = (name: string, iteration: string, base = `'${secretUrl('script')}'`) =>
    given(
      name,
      `import http from 'k6/http'
const base = ${base}
export const options = { vus: 1, duration: '1s', thresholds: { http_reqs: ['count>0'] } }
export default () => { ${iteration} }`,
    )
  const asks = `http.get(base + '/a?key=c4nary-script-query', { headers: { authorization: 'Bearer ' + __ENV.TOKEN } })
    http.get(base + '/b', { tags: { name: 'b' } })
    console.error('logged', __ENV.TOKEN)`
  const fine = await script('fine.js', asks)
  const based = await script('based.js', asks, '__ENV.BASE_URL')
  const variables = ['--env', 'TOKEN=c4nary-env', '--env', 'PIN=c4nary-pin']
  // The process list of our own is that of the test.
  const run = await watched(commandIn(folder, ['run', fine, ...variables]))
  assert.equal(run.code, 0, run.stderr)
  nothingIn(run.stdout + run.stderr)
  assert.ok(requests.some((request) => request.includes('c4nary-env')))
  const inEnvironment = { TMPDIR: temporary, LAS_ENV: 'TOKEN=c4nary-las-env' }
  const started = startIn(folder, ['run', fine], inEnvironment)
  assert.equal(await watched(started.ended), 0, started.stderr)
  nothingIn(started.stdout + started.stderr)

  const mistakes: [iteration: string, code: number][] = [
    ["throw new Error('no ' + __ENV.TOKEN)", 2],
    ["http.get('http://us3r:c4nary-elsewhere@' + ['192', '0', '2', '1'].join('.') + '/?key=c4nary-far')", 2],
    ["http.get('http://us3r:c4nary-refused@127.0.0.1:9/?key=c4nary-nine')", 3],
    ["http.get(base + '/denied?key=c4nary-denied')", 3],
  ]
  for (const [iteration, code] of mistakes) {
    const wrong = await script('wrong.js', iteration)
    const ended = await watched(commandIn(folder, ['run', wrong, ...variables]))
    assert.equal(ended.code, code, `${iteration}: ${ended.stderr}${ended.stdout}`)
    nothingIn(ended.stdout + ended.stderr)
  }
  await nothingLeft()

  const series = ['--warm-up', '1ms', '--cool-down', '1ms', '--repeat', '1']
  const sides = ['--a', target.url, '--b', `${target.url}/b`]
  const ab = await watched(commandIn(folder, ['ab', '--scenario', based, ...sides, ...series, ...variables]))
  nothingIn(ab.stdout + ab.stderr)
  assert.match(ab.stderr, /^report: /m)
  await nothingLeft()
  const stopping = startIn(folder, ['ab', '--scenario', based, ...sides, ...series], inEnvironment)
  await said(stopping, 'k6 runs')
  stopping.process.kill('SIGINT')
  assert.equal(await watched(stopping.ended), 130, stopping.stderr)
  nothingIn(stopping.stdout + stopping.stderr)
  const [, resume = ''] = /--resume (\S+), and --env/.exec(stopping.stderr) ?? []
  const without = await watched(commandIn(folder, ['ab', '--resume', path.join(folder, resume)]))
  assert.equal(without.code, 2, `${stopping.stderr}${without.stderr}`)
  assert.match(without.stderr, /cannot resume without --env/)
  await nothingLeft()
})
