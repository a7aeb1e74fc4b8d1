import path from 'node:path'
import { readSummary } from '../analysis/read.ts'
import { formatRun, type Run } from '../analysis/run.ts'
import { defaultSlos, parseSlos, type Slo } from '../analysis/slo.ts'
import { statistics } from '../analysis/statistics.ts'
import { bundle, scenarioNames } from './bundle.ts'
import { exitCodes, Failure } from './exit.ts'
import { type Given, parseFlags } from './flags.ts'
import { gitCommit, hostFacts } from './host.ts'
import { findK6, type K6 } from './k6.ts'
import { inspect, k6Environment, runK6 } from './k6-process.ts'
import { say } from './progress.ts'
import { userPath, writeAndPrint } from './report.ts'
import { resultFolder, writeWhole } from './result-folder.ts'
import { runFlags, runHelp } from './run-options.ts'
import { checkTarget, insight, probe, shownUrl, startWorkload } from './target.ts'

/** `npm run scenario:…`: one run, from finding k6 to the printed report. Returns the exit code. */
export async function run([scenario = '', ...args]: string[]): Promise<number> {
  if (!scenarioNames().includes(scenario)) {
    throw new Failure('usage', `"${scenario}" is no scenario; there are ${scenarioNames().join(', ')}`)
  }
  const given = parseFlags(runFlags, args, process.env)
  if (given.help) {
    process.stdout.write(runHelp(scenario))
    return exitCodes.pass
  }
  checkCombination(scenario, given)
  const url = given.get('url')
  const target = url ? await checkTarget(url, given.get('allow-public') === 'true') : null
  const signal = interruption()
  const [k6, script] = await Promise.all([findK6(process.env, signal), bundle(scenario)])
  const embedded = target ? null : await startWorkload(process.env)
  try {
    return await measure(
      scenario,
      given,
      target ?? new URL(embedded?.url ?? ''),
      embedded !== null,
      k6,
      script,
      signal,
    )
  } finally {
    await embedded?.stop()
  }
}

function checkCombination(scenario: string, given: Given): void {
  const [unexpected] = given.positionals
  if (unexpected) throw new Failure('usage', `"${unexpected}" is not expected here; flags begin with --`)
  if (!given.get('stages')) return
  if (scenario !== 'ramp')
    throw new Failure('usage', `--stages is for ramp; ${scenario} has one plateau, sized by --vus`)
  if (given.get('vus')) throw new Failure('usage', '--stages and --vus both size the ramp; give one of them')
}

/** Aborts at the first Ctrl-C or request to end; whatever runs then stops in order and keeps what it has. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!controller.signal.aborted) say('interrupted: stopping, and keeping what was measured …')
      controller.abort()
    })
  }
  return controller.signal
}

async function measure(
  scenario: string,
  given: Given,
  target: URL,
  embedded: boolean,
  k6: K6,
  script: string,
  signal: AbortSignal,
): Promise<number> {
  const base = target.href.replace(/\/$/, '')
  const request = given.get('path') ?? `/work?ms=${given.get('work-ms') ?? '5'}`
  const settings = scriptSettings(given, base, request)
  const stages = await inspect(k6, script, k6Environment(process.env, settings))
  const token = given.get('path') ? '' : (process.env.STRESS_TOKEN ?? '')
  await probe(base + request, token, signal)

  const folder = await resultFolder(userPath(given.get('out') ?? 'results'), scenario, new Date())
  const before = await insight(base)
  const startedAt = new Date()
  say(`${scenario}: ${shownUrl(target)}, ${stages.map(({ vus }) => vus).join(' → ')} VUs, k6 ${k6.version}`)
  const exit = await runK6(k6, script, {
    env: k6Environment(process.env, { ...settings, SUMMARY_PATH: path.join(folder.filling, 'summary.json') }),
    logFile: path.join(folder.filling, 'k6.log'),
    args: given.get('raw') === 'true' ? ['--out', `json=${path.join(folder.filling, 'points.json.gz')}`] : [],
    plannedMs: Math.max(...stages.map(({ startMs, durationMs }) => startMs + durationMs)),
    secrets: [target.username, target.password, token, ...queryValues(given.get('path') ?? '')],
    signal,
  })
  const endedAt = new Date()
  const after = await insight(base)

  const unjudged: Run = {
    schema: 1,
    id: folder.id,
    scenario,
    load: {
      request: `GET ${given.get('path') ? withoutValues(request) : request}`,
      stages,
      connections: given.get('keep-connections') === 'true' ? 'kept' : 'one per iteration',
    },
    slos: chosenSlos(given),
    labels: Object.fromEntries((given.get('label')?.split(',') ?? []).map(keyAndValue)),
    target: {
      url: shownUrl(target),
      embedded,
      workload: before?.workload ?? null,
      // Behind a balancer each instance counts only its share.
      workServed:
        embedded && before && after && request.startsWith('/work') ? after.served - before.served : null,
    },
    host: hostFacts(k6.version),
    commit: await gitCommit(),
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    interrupted: signal.aborted,
    k6: {
      exitCode: exit.code,
      signal: exit.signal,
      cpuSeconds: exit.cpuSeconds,
      maxMemoryMiB: exit.maxMemoryMiB,
    },
  }
  const summary = await readSummary(path.join(folder.filling, 'summary.json'))
  const judged = (run: Run) => statistics([{ name: run.id, run, summary }])
  const verdict = judged(unjudged).runs[0]?.verdict
  const run = { ...unjudged, ...(verdict && { verdict }) }
  await writeWhole(path.join(folder.filling, 'run.json'), formatRun(run))
  const kept = await folder.complete()
  const code = await writeAndPrint(judged(run), path.join(kept, 'report'))
  return run.interrupted ? exitCodes.interrupted : code
}

/** The script's environment; a size that was not given is left to the scenario. */
function scriptSettings(given: Given, base: string, request: string): Record<string, string> {
  const sizes = [
    ['VUS', given.get('vus')],
    ['STAGES', given.get('stages')],
    ['DURATION', given.get('duration')],
    ['KEEP_CONNECTIONS', given.get('keep-connections')],
  ] as const
  return Object.fromEntries([
    ['BASE_URL', base],
    ['REQUEST_PATH', request],
    ...sizes.map(([name, value]) => [name, value ?? '']),
  ])
}

function chosenSlos(given: Given): Slo[] {
  const text = given.get('slo')
  const parsed = text ? parseSlos(text) : [...defaultSlos]
  return typeof parsed === 'string' ? [] : parsed
}

const keyAndValue = (label: string): [string, string] => [
  label.slice(0, label.indexOf('=')),
  label.slice(label.indexOf('=') + 1),
]

const query = (request: string) => new URL(request, 'http://x').searchParams

const queryValues = (request: string): string[] => [...query(request).values()]

/** A path for reports: its query may hold a token, so only the names stay. */
function withoutValues(request: string): string {
  const names = [...query(request).keys()]
  const plain = request.replace(/[?#].*$/, '')
  return names.length > 0 ? `${plain}?${names.map((name) => `${name}=…`).join('&')}` : plain
}
