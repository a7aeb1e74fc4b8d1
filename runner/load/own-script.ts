import path from 'node:path'
import { figuresOfType, hasFigure, type Slo } from '../../analysis/formats/slo.ts'
import type { K6 } from '../k6/find.ts'
import { inspect, scenariosIn } from '../k6/inspect.ts'
import type { Inspected } from '../k6/inspected.ts'
import { openedFiles } from '../k6/opened.ts'
import { k6Environment } from '../k6/run.ts'
import { Failure } from '../shell/exit.ts'
import type { OptionsOf } from '../shell/flags.ts'
import { secretsOfEnvironment } from '../shell/secrets.ts'
import type { Shell } from '../shell/shell.ts'
import { nearbyOnly, outside, type Reach } from '../targets/reach.ts'
import type { Target } from '../targets/target.ts'
import { trustOf } from '../targets/trust.ts'
import { sharing } from './generator-limits.ts'
import type { Consent } from './hosts.ts'
import { checkStages } from './limits.ts'
import type { LoadOptions } from './options.ts'
import type { Prepared } from './order.ts'
import { type Elsewhere, packed } from './part.ts'
import { type Rehearsal, rehearse, warmUpOwn } from './rehearsal.ts'
import { rehearseInPod } from './rehearse-in-pod.ts'
import type { OwnScript, Script } from './script.ts'
import { atRate, sized } from './sizes.ts'
import { submetrics } from './submetrics.ts'
import type { generatorFlags } from './target-options.ts'

export type OwnOptions = LoadOptions &
  Partial<OptionsOf<typeof generatorFlags>> & { readonly allowPublic?: boolean | undefined }

/**
 * Sizes a script of somebody's own and rehearses it, before anything is loaded.
 * @param target whose URL the script gets as BASE_URL; null for one that names its hosts itself
 * @param search iterations a second of a search, instead of the script's own load
 * @param warmUpMs for how long it loads the target before the run
 */
export async function prepareOwn(
  shell: Shell,
  k6: K6,
  { name, text, own }: Script & { readonly own: OwnScript },
  target: Target | null,
  options: OwnOptions,
  { search, warmUpMs = 0 }: { readonly search?: number | undefined; readonly warmUpMs?: number | undefined },
): Promise<Prepared> {
  const at = path.dirname(own.file)
  const base = target?.url.href.replace(/\/$/, '') ?? ''
  const reach: Reach = options.allowPublic ? 'anywhere' : (target?.reach ?? nearbyOnly)
  const environment = {
    ...options.env,
    ...(target && { BASE_URL: base }),
    ...trustOf(shell, options).variables,
  }
  const script = await inspect(k6, text, k6Environment(shell.env, environment), { signal: shell.signal, at })
  const hosts = { ...script.hosts, ...options.hosts }
  const consent: Consent = {
    reach,
    named: [...(options.allowHost ?? []), ...(target ? [target.url.hostname] : [])],
    hosts,
  }
  const scenarios =
    search === undefined
      ? sized(script, options)
      : atRate(script, search, options.duration ?? 10_000, options.maxVus)
  const planned = { ...script, ...(scenarios && { scenarios: scenarios as Inspected['scenarios'] }) }
  const stages = checkStages(scenariosIn(planned), sharing(options))
  const trial = { text, scenarios: script.scenarios, environment, consent }
  // Nothing here reaches what only pods reach.
  const inside = target?.inside
  const forPods =
    inside && (await filesFor(shell, k6, own, { text, at, environment, insecure: options.insecure }))
  const needed = [...new Set((options.slo ?? []).flatMap(({ tags }) => tags?.metric ?? []))]
  own.rehearsed ??= (
    options.noRehearsal
      ? Promise.resolve(null)
      : inside && forPods
        ? rehearseInPod(shell, inside, options, forPods, { ...trial, name, needed })
        : rehearse(shell, { ...trial, k6, name, at, needed })
  ).then((found) => found && relative(found, target))
  const rehearsal = await own.rehearsed
  if (rehearsal) checkSlos(options.slo ?? [], rehearsal)
  if (!inside) await warmUpOwn(shell, { ...trial, k6, at }, warmUpMs)
  const asked = submetrics(script, stages, rehearsal, base, options.slo)
  for (const sentence of [...(search === undefined ? [] : leftOut(script, planned)), ...asked.said]) {
    if (!own.said.has(sentence)) shell.say(`${name}: ${sentence}`)
    own.said.add(sentence)
  }
  const shortcuts = { vus: null, duration: null, iterations: null, stages: null }
  const changed = {
    ...(scenarios && { ...shortcuts, scenarios }),
    ...(Object.keys(hosts).length > 0 && { hosts }),
  }
  const settings = {
    ...environment,
    LAS_OPTIONS: JSON.stringify({
      options: changed,
      submetrics: asked.metrics,
      search: search !== undefined,
      http: rehearsal === null || rehearsal.names.length > 0,
    }),
    K6_BLACKLIST_IPS: [...outside([reach]), ...(script.blacklistIPs ?? [])].join(','),
  }
  return {
    settings,
    stages,
    load: {
      request: `${path.basename(own.file)} ${own.sha256.slice(0, 8)}`,
      connections: script.noVUConnectionReuse || script.noConnectionReuse ? 'one per iteration' : 'kept',
    },
    script: { file: path.basename(own.file), sha256: own.sha256 },
    // Those without a limit are ours, for sub-metrics.
    judged: Object.values(script.thresholds ?? {}).some((limits) => (limits as unknown[]).length > 0),
    shown: target ? undefined : shownPlaces(rehearsal),
    workload: false,
    countsWork: false,
    through: '',
    paths: true,
    secrets: secretsOfEnvironment(options.env ?? {}),
    at,
    ...(forPods && {
      elsewhere: { ...forPods, first: { warmUp: { scenarios: script.scenarios, consent, forMs: warmUpMs } } },
    }),
    release: async () => {},
  }
}

/** What pods need beside their parts: the files that the script opens, and the authority that it trusts. */
async function filesFor(
  { env, signal }: Shell,
  k6: K6,
  own: OwnScript,
  script: {
    readonly text: string
    readonly at: string
    readonly environment: Readonly<Record<string, string>>
    readonly insecure: boolean
  },
): Promise<Omit<Elsewhere, 'first'>> {
  const { text, at, environment, insecure } = script
  own.opened ??= openedFiles(k6, text, k6Environment(env, environment), { signal, at })
  const opened = await own.opened
  const { SSL_CERT_FILE: authority } = environment
  return {
    at: opened.at,
    files: [...opened.files, ...(await packed(authority === undefined ? [] : [authority]))],
    insecure,
  }
}

/** What a metric does not have cannot be limited. */
function checkSlos(slos: readonly Slo[], { metrics }: Rehearsal): void {
  for (const { figure, tags: { metric = '' } = {} } of slos) {
    const type = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
    if (type !== undefined && !hasFigure(type, figure))
      throw new Failure(
        'usage',
        `--slo ${figure}{metric:${metric}}: it is a ${type}, of which ${figuresOfType[type]?.join(', ')} can be limited`,
      )
  }
}

/** What a search does not run of a script, in a sentence. */
function leftOut({ scenarios }: Inspected, searched: Inspected): string[] {
  const without = Object.keys(scenarios).filter((each) => !(each in searched.scenarios))
  if (without.length === 0) return []
  return 'default' in searched.scenarios && !('default' in scenarios)
    ? ['no k6 scenario of it has an arrival rate, so the search runs its default function']
    : [`the search leaves out ${without.join(', ')}, which has no arrival rate`]
}

/** Names without the target's URL, which differs between the sides of a comparison. */
function relative(found: Rehearsal, target: Target | null): Rehearsal {
  if (!target) return found
  const { origin } = target.url
  return {
    ...found,
    names: [
      ...new Set(
        found.names.map((name) => (name.startsWith(`${origin}/`) ? name.slice(origin.length) : name)),
      ),
    ],
  }
}

function shownPlaces(rehearsal: Rehearsal | null): string {
  if (!rehearsal) return 'the hosts of the script'
  return rehearsal.places.map((place) => place.replace(/:(80|443)$/, '')).join(', ') || 'no host'
}
