import path from 'node:path'
import { readSummary, type Source } from '../../analysis/formats/read.ts'
import { formatRun, type Run } from '../../analysis/formats/run.ts'
import { defaultSlos, isLatency, parseSlos, type Slo } from '../../analysis/formats/slo.ts'
import { runStatistics } from '../../analysis/run/statistics.ts'
import type { K6 } from '../k6/find.ts'
import { inspect } from '../k6/inspect.ts'
import { outputs } from '../k6/outputs.ts'
import { k6Environment, runK6 } from '../k6/run.ts'
import { resultFolder, writeAtomically } from '../results/folder.ts'
import { type Given, userPath } from '../shell/flags.ts'
import { gitCommit, hostFacts } from '../shell/host.ts'
import type { Shell } from '../shell/shell.ts'
import { clusterFacts, countedByPods, type PodCount, watchReplicas } from '../targets/deployment.ts'
import { type Asked, insight, probe, shownUrl } from '../targets/url.ts'
import { type Data, type PlannedRequest, readData } from './data.ts'
import { labelsOf, requestOf } from './options.ts'

/** What is to be run, against what, and where its result folder goes. */
export type Order = {
  readonly scenario: string
  readonly script: string
  readonly given: Given
  readonly target: URL
  /** Whether the runner started the workload itself, on this machine. */
  readonly embedded: boolean
  /** How many replicas a sweep has put there; null when the cluster is asked, or it is one run on its own. */
  readonly replicas: number | null
  readonly labels?: Readonly<Record<string, string>>
  readonly out: string
  readonly k6: K6
  readonly shell: Shell
}

/** Runs k6 once and puts a whole result folder in its place; also an interrupted or invalid run leaves one. */
export async function measure(order: Order): Promise<{ readonly folder: string; readonly source: Source }> {
  const { given, target } = order
  const base = target.href.replace(/\/$/, '')
  const plain = { path: requestOf(given), body: given.get('body') ?? null, headers: headersOf(given) }
  const file = given.get('data')
  const data = file ? await readData(userPath(file), plain) : null
  try {
    return await measured(order, base, plain, data)
  } finally {
    await data?.remove()
  }
}

async function measured(
  { scenario, script, given, target, embedded, k6, shell, ...order }: Order,
  base: string,
  plain: PlannedRequest,
  data: Data | null,
): ReturnType<typeof measure> {
  const request = plain.path
  const settings = scriptSettings(given, base, request, data)
  const token = (given.get('path') ? process.env.TARGET_TOKEN : process.env.STRESS_TOKEN) ?? ''
  const [stages] = await Promise.all([
    inspect(k6, script, k6Environment(shell.env, settings)),
    probe(base, asked(given, data?.requests[0] ?? plain, token), shell.signal),
  ])

  const behind = given.get('cluster') === 'true' ? await clusterFacts() : null
  const replicas = behind?.replicas ?? order.replicas
  const named = replicas === null ? scenario : `${scenario}-r${replicas}`
  const folder = await resultFolder(order.out, named, new Date())
  const [before, podsBefore] = await Promise.all([insight(base), behind ? countedByPods() : null])
  const watching = behind && scenario === 'autoscale' ? watchReplicas() : null
  const commit = gitCommit(shell)
  const startedAt = new Date()
  shell.say(`${scenario}: ${shownUrl(target)}, ${sizes(stages)}, k6 ${k6.version}`)
  const extra = outputs(
    shell,
    {
      raw: given.get('raw') === 'true',
      dashboard: given.get('dashboard') === 'true',
      prometheus: given.get('prometheus'),
      otel: given.get('otel') === 'true',
      k6Out: (given.get('k6-out') ?? '').split('\n').filter(Boolean),
    },
    path.join(folder.filling, 'points.json.gz'),
  )
  const exit = await runK6(shell, k6, script, {
    env: k6Environment(shell.env, {
      ...settings,
      ...extra.environment,
      SUMMARY_PATH: path.join(folder.filling, 'summary.json'),
    }),
    logFile: path.join(folder.filling, 'k6.log'),
    args: extra.args,
    plannedMs: Math.max(...stages.map(({ startMs, durationMs }) => startMs + durationMs)),
    secrets: [
      target.username,
      target.password,
      token,
      ...queryValues(given.get('path') ?? ''),
      ...Object.values(headersOf(given)),
    ],
  })
  const endedAt = new Date()
  const scaling = (watching?.stop() ?? []).map(({ at, wanted, ready }) => ({
    atMs: at - startedAt.getTime(),
    wanted,
    ready,
  }))
  // What was measured is kept, whatever has become of the cluster.
  const podsAfter = podsBefore && (await countedByPods().catch(() => new Map<string, PodCount>()))
  const after = await insight(base)

  const unjudged: Run = {
    schema: 1,
    id: folder.id,
    scenario,
    load: {
      request: requestWords(scenario, given, request, data),
      stages,
      connections: given.get('keep-connections') === 'true' ? 'kept' : 'one per iteration',
    },
    slos: chosenSlos(given),
    labels: {
      ...labelsOf(given),
      ...order.labels,
    },
    target: {
      url: shownUrl(target),
      embedded,
      replicas: replicas ?? (embedded ? 1 : null),
      workload: before?.workload ?? null,
      cluster: behind &&
        podsBefore &&
        podsAfter && {
          ...behind.facts,
          scaling,
          pods: podUse(podsBefore, podsAfter, endedAt.getTime() - startedAt.getTime()),
        },
      // Behind a balancer each instance counts only its share.
      workServed:
        embedded && replicas === null && before && after && request.startsWith('/work') && scenario !== 'mix'
          ? after.served - before.served
          : null,
    },
    host: hostFacts(k6.version),
    commit: await commit,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    interrupted: shell.signal.aborted,
    k6: {
      exitCode: exit.code,
      signal: exit.signal,
      cpuSeconds: exit.cpuSeconds,
      waitedSeconds: exit.waitedSeconds,
      machineBusyCores: exit.machineBusyCores,
      maxMemoryMiB: exit.maxMemoryMiB,
      outputs: [...extra.names],
    },
  }
  const summary = await readSummary(path.join(folder.filling, 'summary.json'))
  const { verdict } = runStatistics({ name: folder.id, run: unjudged, summary })
  const run = { ...unjudged, verdict }
  await writeAtomically(path.join(folder.filling, 'run.json'), formatRun(run))
  return { folder: await folder.complete(), source: { name: run.id, run, summary } }
}

const sizes = (stages: Run['load']['stages']): string =>
  stages.some(({ offered }) => offered !== null)
    ? `${stages.map(({ offered }) => offered).join(' → ')} requests/s`
    : `${stages.map(({ vus }) => vus).join(' → ')} VUs`

/** What each pod did between the two; one that came or went meanwhile is named without figures. */
function podUse(
  before: ReadonlyMap<string, PodCount>,
  after: ReadonlyMap<string, PodCount>,
  durationMs: number,
): NonNullable<Run['target']['cluster']>['pods'] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().map((name) => {
    const [then, now] = [before.get(name), after.get(name)]
    // Another instance under the same name has been restarted, and counts from zero.
    const same = then && now && then.instance === now.instance
    return {
      name,
      node: (now ?? then)?.node ?? '',
      served: same ? now.served - then.served : null,
      cpuCores: same ? ((now.cpuSeconds - then.cpuSeconds) * 1000) / durationMs : null,
    }
  })
}

/** The script's environment; a size that was not given is left to the scenario. */
function scriptSettings(
  given: Given,
  base: string,
  request: string,
  data: Data | null,
): Record<string, string> {
  const sizes = [
    ['VUS', given.get('vus')],
    ['STAGES', given.get('stages')],
    ['DURATION', given.get('duration') ?? (given.get('quick') === 'true' ? '6s' : undefined)],
    ['KEEP_CONNECTIONS', given.get('keep-connections')],
    ['RATE', given.get('rate')],
    ['MAX_VUS', given.get('max-vus')],
    ['SLO_MS', longestAllowed(given)],
    ['METHOD', given.get('method')],
    ['BODY', given.get('body')],
    ['HEADERS', JSON.stringify(headersOf(given))],
    ['EXPECT_STATUS', given.get('expect-status')],
    ['MIX', given.get('mix')],
    ['DATA_ROWS', data?.file],
  ] as const
  return Object.fromEntries([
    ['BASE_URL', base],
    ['REQUEST_PATH', request],
    ...sizes.map(([name, value]) => [name, value ?? '']),
  ])
}

/** One a line, as the flag repeated gives them. */
function headersOf(given: Given): Record<string, string> {
  const lines = (given.get('header') ?? '').split('\n').filter(Boolean)
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).trim(), line.slice(line.indexOf(':') + 1).trim()]),
  )
}

/** The request that the load will make, for the one before it. */
const asked = (given: Given, { path, body, headers }: PlannedRequest, token: string): Asked => ({
  path,
  method: given.get('method') ?? 'GET',
  body,
  headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
  expected: (given.get('expect-status') ?? '200-299').split(',').map((part) => {
    const [from = '', to = from] = part.split('-')
    return [Number(from), Number(to)] as const
  }),
})

function chosenSlos(given: Given): Slo[] {
  const text = given.get('slo')
  const parsed = text ? parseSlos(text) : [...defaultSlos]
  return typeof parsed === 'string' ? [] : parsed
}

/** The longest latency that an SLO allows, in ms; undefined where none says. */
function longestAllowed(given: Given): string | undefined {
  const limits = chosenSlos(given).flatMap(({ figure, limit }) => (isLatency(figure) ? [limit] : []))
  return limits.length > 0 ? String(Math.max(...limits)) : undefined
}

/** What was asked, for reports and for telling whether two runs did the same. */
function requestWords(scenario: string, given: Given, request: string, data: Data | null): string {
  if (scenario === 'mix')
    return `mix ${given.get('mix') ?? 'work=8,cpu=1,stress=1'}, ${request.replace('/work?', 'work ')}`
  const asked = `${given.get('method') ?? 'GET'} ${given.get('path') ? withoutValues(request) : request}`
  return data ? `${asked}, ${data.words}` : asked
}

const query = (request: string) => new URL(request, 'http://x').searchParams

const queryValues = (request: string): string[] => [...query(request).values()]

/** A path for reports: its query may hold a token, so only the names stay. */
function withoutValues(request: string): string {
  const names = [...query(request).keys()]
  const plain = request.replace(/[?#].*$/, '')
  return names.length > 0 ? `${plain}?${names.map((name) => `${name}=…`).join('&')}` : plain
}
