import path from 'node:path'
import { sizesWords } from '../../analysis/formats/load.ts'
import { readSummary, type Source } from '../../analysis/formats/read.ts'
import { formatRun, type Run } from '../../analysis/formats/run.ts'
import { defaultSlos, isLatency, type Slo } from '../../analysis/formats/slo.ts'
import { keep } from '../../analysis/run/kept.ts'
import { runStatistics } from '../../analysis/run/statistics.ts'
import { mix, type ScenarioName } from '../../scenarios/catalogue.ts'
import type { K6 } from '../k6/find.ts'
import { inspect } from '../k6/inspect.ts'
import { outputs } from '../k6/outputs.ts'
import { k6Environment, runK6 } from '../k6/run.ts'
import { resultFolder, writeAtomically } from '../results/folder.ts'
import { gitCommit, hostFacts } from '../shell/host.ts'
import { type Shell, userPath } from '../shell/shell.ts'
import { shownUrl } from '../targets/credentials.ts'
import { probe } from '../targets/probe.ts'
import type { Target } from '../targets/target.ts'
import { type Data, type PlannedRequest, readData } from './data.ts'
import { type LoadOptions, requestPath } from './options.ts'

/** What to run, against what, and where its result folder goes. */
export type Order = {
  readonly scenario: ScenarioName
  /** The scenario, bundled. */
  readonly script: string
  readonly options: LoadOptions
  readonly target: Target
  /** Beside those of the options. */
  readonly labels?: Readonly<Record<string, string>>
  readonly out: string
  readonly k6: K6
}

/** Runs k6 once and puts a complete result folder in place; an interrupted or invalid run leaves one too. */
export async function measure(
  shell: Shell,
  order: Order,
): Promise<{ readonly folder: string; readonly source: Source }> {
  const { options } = order
  const plain = { path: requestPath(options), body: options.body ?? null, headers: options.header ?? {} }
  const data = options.data === undefined ? null : await readData(userPath(shell, options.data), plain)
  try {
    return await measured(shell, order, plain, data)
  } finally {
    await data?.remove()
  }
}

async function measured(
  shell: Shell,
  { scenario, script, options, target, labels, out, k6 }: Order,
  request: PlannedRequest,
  data: Data | null,
): ReturnType<typeof measure> {
  const { url } = target
  const base = url.href.replace(/\/$/, '')
  const settings = scriptSettings(options, base, data)
  const token = (options.path ? shell.env.TARGET_TOKEN : shell.env.STRESS_TOKEN) ?? ''
  const first = data?.requests[0] ?? request
  const [stages] = await Promise.all([
    inspect(k6, script, k6Environment(shell.env, settings)),
    probe(
      base,
      {
        ...first,
        method: options.method ?? 'GET',
        headers: { ...first.headers, ...(token && { authorization: `Bearer ${token}` }) },
        expected: options.expectStatus ?? [[200, 299]],
      },
      shell.signal,
    ),
  ])

  const observation = await target.observe({ scaling: scenario === 'autoscale' })
  const { replicas } = observation
  const named = replicas === null ? scenario : `${scenario}-r${replicas}`
  const folder = await resultFolder(out, named, new Date())
  const commit = gitCommit(shell)
  const startedAt = new Date()
  shell.say(`${scenario}: ${shownUrl(url)}, ${sizesWords(stages)}, k6 ${k6.version}`)
  const extra = outputs(
    shell,
    { ...options, k6Out: options.k6Out ?? [] },
    path.join(folder.filling, 'points.json.gz'),
  )
  const summaryFile = path.join(folder.filling, 'summary.json')
  const { code: exitCode, ...exit } = await runK6(shell, k6, script, {
    env: k6Environment(shell.env, { ...settings, ...extra.environment, LAS_SUMMARY_PATH: summaryFile }),
    logFile: path.join(folder.filling, 'k6.log'),
    args: extra.args,
    plannedMs: Math.max(...stages.map(({ startMs, durationMs }) => startMs + durationMs)),
    secrets: [
      url.username,
      url.password,
      token,
      ...query(request.path).values(),
      ...Object.values(request.headers),
    ],
  })
  const endedAt = new Date()
  const countsWork = request.path.startsWith('/work') && scenario !== 'mix'
  const unjudged: Run = {
    schema: 1,
    id: folder.id,
    scenario,
    load: {
      request: requestWords(scenario, options, data),
      stages,
      connections: options.keepConnections ? 'kept' : 'one per iteration',
    },
    slos: [...slosOf(options)],
    labels: { ...options.label, ...labels },
    target: await observation.finish({ startedAt, endedAt, countsWork }),
    host: hostFacts(k6.version),
    commit: await commit,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    interrupted: shell.signal.aborted,
    k6: { exitCode, ...exit, outputs: [...extra.names] },
  }
  const summary = await readSummary(summaryFile)
  const figures = runStatistics({ name: folder.id, run: unjudged, summary })
  const run = { ...unjudged, verdict: figures.verdict }
  const kept = keep({ ...figures, run }, summaryFile)
  await writeAtomically(path.join(folder.filling, 'run.json'), formatRun(run, kept))
  return { folder: await folder.complete(), source: { name: run.id, run, summary } }
}

/** The script's environment; a size that was not given is left to the scenario. */
function scriptSettings(options: LoadOptions, base: string, data: Data | null): Record<string, string> {
  const durationMs = options.duration ?? (options.quick ? 6000 : undefined)
  const limits = slosOf(options).flatMap(({ figure, limit }) => (isLatency(figure) ? [limit] : []))
  const settings = {
    LAS_REQUEST_PATH: requestPath(options),
    LAS_VUS: options.vus,
    LAS_STAGES: options.stages?.join(','),
    LAS_DURATION: durationMs && `${durationMs}ms`,
    LAS_KEEP_CONNECTIONS: options.keepConnections || undefined,
    LAS_RATE: options.rate,
    LAS_MAX_VUS: options.maxVus,
    LAS_SLO_MS: limits.length > 0 ? Math.max(...limits) : undefined,
    LAS_METHOD: options.method,
    LAS_BODY: options.body,
    LAS_HEADERS: JSON.stringify(options.header ?? {}),
    LAS_EXPECT_STATUS: options.expectStatus?.map(([from, to]) => `${from}-${to}`).join(','),
    LAS_MIX: options.mix,
    LAS_DATA_ROWS: data?.file,
  }
  return {
    BASE_URL: base,
    // An empty one too: a variable of the user's own must not size the load unseen.
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value ?? '')])),
  }
}

const slosOf = ({ slo = defaultSlos }: Pick<LoadOptions, 'slo'>): readonly Slo[] => slo

/** What is requested, for reports and to see whether two runs did the same. */
function requestWords(scenario: ScenarioName, options: LoadOptions, data: Data | null): string {
  const request = requestPath(options)
  if (scenario === 'mix') return `mix ${options.mix ?? mix.sizes.mix}, ${request.replace('/work?', 'work ')}`
  const words = `${options.method ?? 'GET'} ${options.path ? withoutValues(request) : request}`
  return data ? `${words}, ${data.words}` : words
}

const query = (request: string) => new URL(request, 'http://x').searchParams

/** A path for reports: its query may hold a token, so only the names stay. */
function withoutValues(request: string): string {
  const names = [...query(request).keys()]
  const plain = request.replace(/[?#].*$/, '')
  return names.length > 0 ? `${plain}?${names.map((name) => `${name}=…`).join('&')}` : plain
}
