import { copyFile } from 'node:fs/promises'
import path from 'node:path'
import { sizesWords } from '../../analysis/formats/load.ts'
import { readSummary, type Source } from '../../analysis/formats/read.ts'
import { formatRun, type Run } from '../../analysis/formats/run.ts'
import { keep } from '../../analysis/run/kept.ts'
import { runStatistics } from '../../analysis/run/statistics.ts'
import { mix, type ScenarioName } from '../../scenarios/catalogue.ts'
import type { K6 } from '../k6/find.ts'
import { inspect, type Stage } from '../k6/inspect.ts'
import { outputs } from '../k6/outputs.ts'
import { k6Environment, runK6 } from '../k6/run.ts'
import { type ResultFolder, resultFolder, writeAtomically } from '../results/folder.ts'
import { shownUrl } from '../shell/credentials.ts'
import { Failure } from '../shell/exit.ts'
import { gitCommit, hostFacts } from '../shell/host.ts'
import { refusal } from '../shell/refusal.ts'
import { type Shell, shownPath, userPath } from '../shell/shell.ts'
import { probe } from '../targets/probe.ts'
import { outside } from '../targets/reach.ts'
import type { Observation, Target } from '../targets/target.ts'
import { withBody } from './body.ts'
import { type Data, readData } from './data.ts'
import { checkStages } from './limits.ts'
import { type LoadOptions, requestPath } from './options.ts'
import { proxyFor } from './proxy.ts'
import { isWorkload, plannedRequest, sentRequest, tokenFor } from './request.ts'
import { scriptSettings, slosOf } from './settings.ts'
import { needNoData, type PlannedRequest } from './template.ts'

/** What to run, against what, and where its result folder goes. */
export type Order = Load &
  Side & {
    /** The other side of a duet: both are loaded at the same moment, each with half of the load. */
    readonly duet?: Side
  }

/** What receives load, and the labels of its run beside those of the options. */
type Side = {
  readonly target: Target
  readonly labels?: Readonly<Record<string, string>>
}

type Load = {
  readonly scenario: ScenarioName
  /** The scenario, bundled. */
  readonly script: string
  readonly options: LoadOptions
  readonly out: string
  readonly k6: K6
}

type Measured = { readonly folder: string; readonly source: Source }

/**
 * Runs k6 once and puts a complete result folder in place, for a duet one of each side; an interrupted or invalid run
 * leaves them too. Gives the first.
 */
export async function measure(shell: Shell, order: Order): Promise<Measured> {
  const options = await withBody(shell, order.options)
  const plain = plannedRequest(options)
  if (options.data === undefined) needNoData(plain)
  const data = options.data === undefined ? null : await readData(userPath(shell, options.data), plain)
  const folders: ResultFolder[] = []
  try {
    return await measured(shell, { ...order, options }, plain, data, folders)
  } catch (error) {
    throw await saying(shell, error as NodeJS.ErrnoException, folders)
  } finally {
    await data?.remove()
  }
}

/** The error of a run that could not be finished, saying where its files are; a folder that holds nothing is removed. */
async function saying(
  shell: Shell,
  error: NodeJS.ErrnoException,
  folders: readonly ResultFolder[],
): Promise<Error> {
  const left = await Promise.all(folders.map((each) => each.giveUp().catch(() => each.filling)))
  const kept = left.flatMap((at) => (at === null ? [] : [shownPath(shell, at)]))
  const [place] = folders
  const { syscall = 'spawn' } = error
  const failure =
    syscall.startsWith('spawn') || !place
      ? error
      : new Failure('environment', `${place.filling}: cannot be written (${refusal(error)})`)
  if (kept.length === 0) return failure
  const { kind } = await readSummary(path.join(left.find((at) => at !== null) ?? '', 'summary.json'))
  const advice = kind === 'summary' ? `; "npm run report -- ${kept[0]}/summary.json --out DIR" reads it` : ''
  failure.message += `; what was measured is in ${kept.join(' and ')}${advice}`
  return failure
}

async function measured(
  shell: Shell,
  { scenario, script, options, out, k6, duet, ...first }: Order,
  request: PlannedRequest,
  data: Data | null,
  folders: ResultFolder[],
): Promise<Measured> {
  const sides: [Side, ...Side[]] = duet ? [first, duet] : [first]
  const urls = sides.map(({ target }) => target.url)
  const bases = urls.map(({ href }) => href.replace(/\/$/, ''))
  const targets = sides.map(({ target }) => target)
  const proxy = options.proxy ? await proxyFor(shell.env, urls) : null
  // Our own requests would not take it.
  const workload = isWorkload(options) && !proxy
  const token = await tokenFor(shell, options, targets)
  const insecure = options.insecure || shell.env.K6_INSECURE_SKIP_TLS_VERIFY === 'true'
  const settings = {
    ...scriptSettings(options, bases, data),
    ...(insecure && { K6_INSECURE_SKIP_TLS_VERIFY: 'true' }),
    ...proxy?.variables,
    // By this variable, because it counts more than what a script says.
    K6_BLACKLIST_IPS: outside([...targets, ...(proxy ? [proxy] : [])].map(({ reach }) => reach)).join(','),
    // The script knows which of them it would send, but not to whom.
    STRESS_TOKEN: token,
    TARGET_TOKEN: token,
  }
  const probed = data?.requests[0] ?? request
  const [stages] = await Promise.all([
    inspect(k6, script, k6Environment(shell.env, settings), shell.signal).then((all) => checkStages(all)),
    ...(proxy ? [] : targets).map(({ reach }, index) =>
      probe(
        bases[index] ?? '',
        {
          ...sentRequest(options, probed, token),
          reach,
          expected: options.expectStatus ?? [[200, 299]],
          insecure,
        },
        shell.signal,
      ),
    ),
  ])

  if (shell.signal.aborted) throw new Failure('interrupted', 'interrupted before the load started')
  const observations = await Promise.all(
    sides.map(({ target }) => target.observe({ scaling: scenario === 'autoscale', workload })),
  )
  const places = await Promise.all(
    sides.map(async (side, index) => {
      const observation = observations[index] as Observation
      const { replicas } = observation
      const named = replicas === null ? scenario : `${scenario}-r${replicas}`
      const folder = await resultFolder(out, named, new Date())
      folders.push(folder)
      return { ...side, observation, folder }
    }),
  )
  const commit = gitCommit(shell)
  const startedAt = new Date()
  const [place] = places as [(typeof places)[number]]
  const what = `${urls.map(shownUrl).join(' and ')}, ${sizesWords(stagesOf(stages, 'a'))}`
  const through = proxy ? ` through the proxy ${proxy.shown}` : ''
  shell.say(`${scenario}: ${what}${duet ? ' each' : ''}${through}, k6 ${k6.version}`)
  const extra = outputs(
    shell,
    { ...options, k6Out: options.k6Out ?? [] },
    path.join(place.folder.filling, 'points.json.gz'),
  )
  const [summaryFile = '', otherFile = ''] = places.map(({ folder }) =>
    path.join(folder.filling, 'summary.json'),
  )
  const logFile = path.join(place.folder.filling, 'k6.log')
  const { code: exitCode, ...exit } = await runK6(shell, k6, script, {
    env: k6Environment(shell.env, {
      ...settings,
      ...extra.environment,
      LAS_SUMMARY_PATH: summaryFile,
      LAS_DUET_SUMMARY_PATH: otherFile,
    }),
    logFile,
    args: extra.args,
    plannedMs: Math.max(...stages.map(({ startMs, durationMs }) => startMs + durationMs)),
    paths: data === null,
    secrets: [
      ...urls.flatMap(({ username, password }) => [username, password]),
      token,
      ...query(request.path).values(),
      ...Object.values(request.headers),
    ],
  })
  const endedAt = new Date()
  const countsWork = request.path.startsWith('/work') && scenario !== 'mix'
  const facts = {
    schema: 1 as const,
    scenario,
    load: {
      request: requestWords(scenario, options, data),
      connections: options.keepConnections ? ('kept' as const) : ('one per iteration' as const),
      ...(proxy && { proxy: proxy.shown }),
    },
    slos: [...slosOf(options)],
    host: hostFacts(k6.version),
    commit: await commit,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    interrupted: shell.signal.aborted,
    k6: { exitCode, ...exit, outputs: [...extra.names] },
  }
  const measured = await Promise.all(
    places.map(async ({ labels, observation, folder }, index): Promise<Measured> => {
      const unjudged: Run = {
        ...facts,
        id: folder.id,
        load: { ...facts.load, stages: stagesOf(stages, index === 0 ? 'a' : 'b') },
        labels: { ...options.label, ...labels },
        target: await observation.finish({ startedAt, endedAt, countsWork }),
        ...(duet && { duet: duetWith(urls[1 - index] as URL, urls) }),
      }
      if (index > 0) await copyFile(logFile, path.join(folder.filling, 'k6.log')).catch(() => {})
      const summaryFile = path.join(folder.filling, 'summary.json')
      const summary = await readSummary(summaryFile)
      const figures = runStatistics({ name: folder.id, run: unjudged, summary })
      const run = { ...unjudged, verdict: figures.verdict }
      const kept = keep({ ...figures, run }, summaryFile)
      await writeAtomically(path.join(folder.filling, 'run.json'), formatRun(run, kept))
      return { folder: folder.filling, source: { name: run.id, run, summary } }
    }),
  )
  const complete = await Promise.all(places.map(({ folder }) => folder.complete()))
  return { folder: complete[0] as string, source: (measured[0] as Measured).source }
}

/** Of a duet the stages of that side; of any other load all of them. */
const stagesOf = (stages: readonly Stage[], wanted: 'a' | 'b'): Run['load']['stages'] =>
  stages.flatMap(({ side = wanted, ...stage }) => (side === wanted ? [stage] : []))

const duetWith = (other: URL, sides: readonly URL[]): Run['duet'] => ({
  with: shownUrl(other),
  sameHost: new Set(sides.map(({ hostname }) => hostname)).size === 1,
})

/** What is requested, for reports and to see whether two runs did the same. */
function requestWords(scenario: ScenarioName, options: LoadOptions, data: Data | null): string {
  const request = requestPath(options)
  if (scenario === 'mix') return `mix ${options.mix ?? mix.sizes.mix}, ${request.replace('/work?', 'work ')}`
  const words = `${options.method ?? 'GET'} ${options.path ? withoutValues(request) : request}`
  return data ? `${words}, ${data.words}` : words
}

const query = (request: string) => new URLSearchParams(/\?([^#]*)/.exec(request)?.[1])

/** A path for reports: its query may hold a token, so only the names stay. */
function withoutValues(request: string): string {
  const names = [...query(request).keys()]
  const plain = request.replace(/[?#].*$/, '')
  return names.length > 0 ? `${plain}?${names.map((name) => `${name}=…`).join('&')}` : plain
}
