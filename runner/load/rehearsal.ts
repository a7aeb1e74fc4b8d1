import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { K6 } from '../k6/find.ts'
import type { Planned } from '../k6/inspected.ts'
import { messageIn } from '../k6/log.ts'
import { k6Environment } from '../k6/run.ts'
import { Failure } from '../shell/exit.ts'
import { type Captured, capture } from '../shell/processes.ts'
import type { Shell } from '../shell/shell.ts'
import { temporaryFolder } from '../shell/temporary.ts'
import { outside } from '../targets/reach.ts'
import { addressOf, barePlacesIn, type Consent, nowhere, only, onlyNames, placesIn, refuse } from './hosts.ts'
import { readPoints } from './points.ts'
import { onceEach, rehearsalMs, type Scenarios, someOfEach } from './sizes.ts'

/** What a script does, learned from one iteration of each of its k6 scenarios. */
export type Rehearsal = {
  /** host:port of every place it asked. */
  readonly places: readonly string[]
  /** Values of the tag `name`, the most frequent first. */
  readonly names: readonly string[]
  readonly groups: readonly string[]
  readonly checks: readonly string[]
  /** The type of each metric that had a sample. */
  readonly metrics: Readonly<Record<string, string>>
  /** The k6 scenarios whose iteration was not over when the rehearsal ended. */
  readonly unfinished: readonly string[]
}

export type Trial = {
  readonly k6: K6
  /** As people call it. */
  readonly name: string
  readonly text: string
  readonly at: string
  readonly scenarios: Readonly<Record<string, Planned>>
  readonly environment: Readonly<Record<string, string>>
  readonly consent: Consent
  /** Metrics that it must have. */
  readonly needed?: readonly string[]
}

// A script that asks more places than this in turn is given up on.
const rounds = 5

/**
 * Runs each k6 scenario of a script once, with one VU, so that mistakes show before the load. Every name that nobody
 * agreed to leads nowhere and is not even looked up. A place that is found on the way and is allowed is added, and the
 * rehearsal repeated. A Failure names the first mistake, or the places that need consent.
 */
export async function rehearse(shell: Shell, order: Trial): Promise<Rehearsal> {
  const { consent, name } = order
  const free = consent.reach === 'anywhere'
  const hosts: Record<string, string> = {}
  const admit = async (places: readonly string[]) => {
    const refused: string[] = []
    for (const place of places) {
      const found = await addressOf(place, consent)
      if ('address' in found) hosts[place] = found.address
      else refused.push(found.refused)
    }
    return refused
  }
  // A value that is an address stands in no quotes.
  const texts = [order.text, ...Object.values(order.environment).map((value) => `"${value}"`)]
  const bare = texts.flatMap(barePlacesIn)
  // Chromium would take the rest for everything, so that whom the script names counts as asked.
  const browses = /from ["']k6\/browser["']/.test(order.text)
  if (!free && browses) refuse(name, await admit(placesIn(order.text)))
  if (!free)
    await admit([...texts.flatMap(placesIn), ...bare.filter((place) => /^([\d.]+|localhost):/.test(place))])
  const done = shell.longWork(`${name}: rehearsal, each of its k6 scenarios once …`)
  try {
    for (let round = 0; round < rounds; round++) {
      const { unnamed, mistake, ...found } = await once(
        shell,
        order,
        free ? null : browses ? onlyNames(hosts) : only(hosts),
      )
      if (shell.signal.aborted) throw new Failure('interrupted', 'interrupted before the load started')
      // All others led nowhere.
      const unknown = free ? [] : found.places.filter((place) => !(place in hosts))
      refuse(name, await admit(unknown))
      if (unknown.length > 0) continue
      // gRPC does not say whom it asked.
      const possible = unnamed === null ? [] : bare.filter((place) => !(place in hosts))
      refuse(name, await admit(possible))
      if (possible.length > 0) continue
      if (unnamed !== null)
        throw new Failure(
          'usage',
          `${name}: rehearsal: it asks a host that is not named in it${unnamed}; write out host:port in quotes, or pass it with --env`,
        )
      if (mistake !== null) throw new Failure('usage', `${name}: rehearsal: ${mistake}`)
      for (const each of found.unfinished)
        shell.say(
          `${name}: an iteration of ${each} takes over ${rehearsalMs / 1000} s; what comes later in it is unknown`,
        )
      return found
    }
    throw new Failure(
      'usage',
      `${name}: rehearsal: it asks one more host each time; name them with --allow-host`,
    )
  } finally {
    done()
  }
}

type Once = Rehearsal & {
  /** Where in the script something was refused of which the name is unknown; empty where that is unknown too. */
  readonly unnamed: string | null
  readonly mistake: string | null
}

async function once(
  shell: Shell,
  order: Trial,
  hosts: Readonly<Record<string, string>> | null,
): Promise<Once> {
  const folder = temporaryFolder()
  const points = path.join(folder, 'points.json')
  try {
    const { code, stderr } = await play(shell, order, {
      scenarios: onceEach(order.scenarios),
      hosts,
      out: points,
    })
    const { finished, ...seen } = await readPoints(points)
    const unfinished = Object.keys(order.scenarios).filter((each) => !finished.has(each))
    const lines = stderr.split('\n')
    const refused = lines.find((line) => line.includes(`dial tcp ${nowhere}:`) && placesIn(line).length === 0)
    const failed = lines.find(
      (line) =>
        /^time="[^"]*" level=(error|fatal)/.test(line) &&
        !/source=console|msg="test marked as failed/.test(line),
    )
    // k6's own words would speak of a threshold.
    const missing = /no metric name \\?"([^"\\]+)\\?" found/.exec(failed ?? '')?.[1]
    if (missing !== undefined && order.needed?.includes(missing))
      throw new Failure(
        'usage',
        `--slo: ${order.name} has no metric ${missing}; it makes its metrics with new Trend("…"), Rate, Counter or Gauge`,
      )
    const mistake = failed
      ? `${messageIn(failed)}${place(failed)}`
      : code === 0 || code === 99
        ? null
        : `k6 ended with ${code ?? 'a signal'}`
    return { ...seen, unfinished, unnamed: refused === undefined ? null : place(refused), mistake }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs a script in another size, without thresholds, summary or log. */
function play(
  shell: Pick<Shell, 'env' | 'signal'>,
  { k6, text, at, environment, consent, needed = [] }: Omit<Trial, 'name'>,
  {
    scenarios,
    hosts,
    out,
  }: { scenarios: Scenarios; hosts: Readonly<Record<string, string>> | null; out?: string },
): Promise<Captured> {
  const options = {
    vus: null,
    duration: null,
    iterations: null,
    stages: null,
    scenarios,
    // k6 refuses a script without them.
    thresholds: Object.fromEntries(needed.map((metric) => [metric, []])),
    systemTags: ['name', 'url', 'group', 'check', 'scenario', 'status'],
    ...(hosts && { hosts }),
  }
  return capture(k6.path, ['run', '--quiet', '--summary-mode', 'disabled', '-'], {
    env: k6Environment(shell.env, {
      ...environment,
      LAS_OPTIONS: JSON.stringify({ options }),
      K6_BLACKLIST_IPS: outside([consent.reach]).join(','),
      ...(out !== undefined && { K6_OUT: `json=${out}` }),
    }),
    cwd: at,
    input: text,
    signal: shell.signal,
    timeoutMs: 300_000,
  })
}

/** What another machine is to rehearse, beside its part: plain data. */
export type PodTrial = Omit<Trial, 'k6' | 'at' | 'text' | 'environment'>
export type PodWarmUp = Omit<PodTrial, 'name' | 'needed'> & { readonly forMs: number }

/** Loads the target with a script for a while, before a run of a series. */
export async function warmUpOwn(
  shell: Pick<Shell, 'env' | 'signal'>,
  trial: Omit<Trial, 'name'>,
  forMs: number,
): Promise<void> {
  if (forMs < 1000 || shell.signal.aborted) return
  const scenarios = someOfEach(trial.scenarios, forMs)
  await play(shell, trial, { scenarios, hosts: trial.consent.hosts })
}

/** ` (checkout.ts:12)`: the first place of a stack that is in the script's own files. */
function place(logged: string): string {
  const [, file, line] = /\b(?:file|webpack):\/\/(?:[^\s():]*\/)?([^\s/():]+):(\d+):\d+\(/.exec(logged) ?? []
  return file === undefined || file === '-' ? '' : ` (${file}:${line})`
}
