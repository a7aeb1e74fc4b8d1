import path from 'node:path'
import { bundle, unknownScenario } from '../k6/bundle.ts'
import { findK6 } from '../k6/find.ts'
import { runFlags, runHelp } from '../load/options.ts'
import { exitCodes, Failure } from '../shell/exit.ts'
import { type Given, parseFlags, userPath } from '../shell/flags.ts'
import { type Shell, shellOf } from '../shell/shell.ts'
import { needAutoscaler, serviceUrl } from '../targets/deployment.ts'
import { checkTarget, startWorkload } from '../targets/url.ts'

/** `npm run scenario:…`: one run, from finding k6 to the printed report. Returns the exit code. */
export async function run([scenario = '', ...args]: string[]): Promise<number> {
  const unknown = unknownScenario(scenario)
  if (unknown) throw new Failure('usage', unknown)
  const given = parseFlags(runFlags, args, process.env)
  if (given.help) {
    process.stdout.write(runHelp(scenario))
    return exitCodes.pass
  }
  checkCombination(scenario, given)
  if (scenario === 'autoscale') await needAutoscaler()
  const target = await targetOf(given)
  const shell = interruption()
  // Whatever has nothing to wait for begins at once: a short run is not to spend its time on starting.
  const starting = target ? null : startWorkload(process.env)
  starting?.catch(() => {})
  try {
    const [k6, script, embedded, { measure }, { writeAndPrint }, { statistics }] = await Promise.all([
      findK6(shell),
      bundle(scenario),
      starting,
      import('../load/measure.ts'),
      import('./report.ts'),
      import('../../analysis/runs/statistics.ts'),
    ])
    const { folder, source } = await measure({
      scenario,
      script,
      given,
      target: target ?? new URL(embedded?.url ?? ''),
      embedded: embedded !== null,
      replicas: null,
      out: userPath(given.get('out') ?? 'results'),
      k6,
      shell,
    })
    // In its own time, while the report is made.
    embedded?.stop()
    const code = await writeAndPrint(statistics([source]), path.join(folder, 'report'))
    return source.run?.interrupted ? exitCodes.interrupted : code
  } finally {
    await (await starting?.catch(() => null))?.stop()
  }
}

/** What is to be loaded: the cluster's service, or the URL that was given; null for a workload to be started here. */
export async function targetOf(given: Given): Promise<URL | null> {
  const onCluster = given.get('cluster') === 'true'
  const url = onCluster ? await serviceUrl() : given.get('url')
  // Whoever may change the cluster of the current context may load its service too.
  return url ? await checkTarget(url, onCluster || given.get('allow-public') === 'true') : null
}

export function checkCombination(scenario: string, given: Given): void {
  const [unexpected] = given.positionals
  if (unexpected) throw new Failure('usage', `"${unexpected}" is not expected here; flags begin with --`)
  if (given.get('cluster') === 'true') {
    if (given.get('url'))
      throw new Failure('usage', '--cluster finds the URL itself; leave --url and BASE_URL out')
    if (given.get('path'))
      throw new Failure('usage', '--cluster is for the workload itself; give --url for another path')
  }
  if (scenario === 'autoscale' && given.get('cluster') !== 'true')
    throw new Failure('usage', 'autoscale watches the replicas of a cluster: add --cluster')
  const open = ['arrival', 'spike', 'soak'].includes(scenario)
  for (const flag of ['rate', 'max-vus'])
    if (given.get(flag) && !open)
      throw new Failure('usage', `--${flag} is for arrival, spike and soak; ${scenario} is sized by --vus`)
  if (given.get('vus') && open)
    throw new Failure('usage', `--vus: ${scenario} is sized by --rate; --max-vus bounds how many may wait`)
  if (given.get('mix') && scenario !== 'mix')
    throw new Failure('usage', `--mix is for the scenario mix; ${scenario} makes one kind of request`)
  if (scenario === 'mix' && given.get('path'))
    throw new Failure(
      'usage',
      'mix asks the workload; for a service of your own give --data rows with the column of --path "{{path}}" to another scenario',
    )
  if (given.get('body') && ['GET', 'HEAD'].includes(given.get('method') ?? 'GET'))
    throw new Failure('usage', '--body needs a --method that sends one, such as POST')
  if (!given.get('path'))
    for (const flag of ['method', 'body', 'header', 'expect-status', 'data'])
      if (given.get(flag)) throw new Failure('usage', `--${flag} is for a service of your own: add --path`)
  if (!given.get('stages')) return
  if (scenario !== 'ramp')
    throw new Failure('usage', `--stages is for ramp; ${scenario} has one plateau, sized by --vus`)
  if (given.get('vus')) throw new Failure('usage', '--stages and --vus both size the ramp; give one of them')
}

/** Aborts at the first Ctrl-C or request to end; whatever runs then stops in order and keeps what it has. */
export function interruption(): Shell {
  const [first, second] = [new AbortController(), new AbortController()]
  const shell = shellOf(
    {
      env: process.env,
      cwd: process.env.INIT_CWD ?? process.cwd(),
      signal: first.signal,
      urgent: second.signal,
    },
    process,
  )
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (first.signal.aborted) return second.abort()
      shell.say('interrupted: stopping, and keeping what was measured …')
      first.abort()
    })
  }
  return shell
}
