import { loadFlags } from '../load/options.ts'
import type { Script } from '../load/script.ts'
import { namedDeployment, placeOf } from '../load/target.ts'
import { deploymentFlags, generatorFlags } from '../load/target-options.ts'
import { Failure } from '../shell/exit.ts'
import { optionsFrom } from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'
import type { Target } from '../targets/target.ts'
import { trustOf } from '../targets/trust.ts'
import { isLevels, runLevels } from './factors.ts'
import type { Plan, PlannedRun } from './plan.ts'

/** What the runs of a series load. */
export type Targets = {
  open(
    run: PlannedRun,
    script: Script,
  ): Promise<{ readonly target: Target | null; release(): Promise<unknown> }>
  /**
   * Gives false where the deployment could not be restored.
   * @param always also where no run has opened it, if the plan knows what it was
   */
  close(options: { readonly always: boolean }): Promise<boolean>
}

/** The deployment is one for the whole series, restored at its end; the workload started here is new for every run. */
export function targetsOf(
  shell: Shell,
  plan: Plan,
  {
    allowPublic = false,
    unitsPerMs,
  }: { readonly allowPublic?: boolean; readonly unitsPerMs?: number | undefined },
): Targets {
  const generators = optionsFrom(generatorFlags, plan.generators ?? {})
  let deployment: Promise<Target> | undefined
  const openDeployment = () => {
    deployment ??= import('../targets/deployment.ts').then(({ deploymentTarget }) =>
      deploymentTarget(shell, {
        named: namedDeployment(optionsFrom(deploymentFlags, plan.deployment ?? {})),
        patient: true,
        allowPublic,
        before: plan.before,
        on: placeOf(generators.on),
      }),
    )
    return deployment
  }
  return {
    async open(run, { name, own }) {
      const place = run.side ? plan.sides[run.side] : null
      if (own && !own.readsBase) {
        if (place === null && run.replicas === null && !run.factors)
          return { target: null, release: async () => {} }
        throw new Failure(
          'usage',
          `${name} does not read __ENV.BASE_URL, so it would ask the same hosts whatever is varied`,
        )
      }
      const { replicas, ...levels } = runLevels(run, place)
      if (place !== null && !isLevels(place)) {
        const { urlTarget } = await import('../targets/url.ts')
        const trust = trustOf(shell, optionsFrom(loadFlags, run.flags))
        const target = await urlTarget(place, { allowPublic, flag: `--${run.side}`, trust })
        return { target, release: async () => {} }
      }
      if (place === null && plan.local) {
        const { embeddedTarget } = await import('../targets/embedded.ts')
        const target = await embeddedTarget(shell, { replicas, unitsPerMs, env: levels.env })
        return { target, release: () => target.restore() }
      }
      const target = await openDeployment()
      await target.vary({ ...levels, ...(replicas && { replicas }) }, shell.signal)
      return { target, release: async () => {} }
    },
    async close({ always }) {
      const opened = always && plan.before ? openDeployment() : deployment
      const target = await opened?.catch(() => null)
      return opened === undefined || (target !== null && (await target?.restore()) === true)
    },
  }
}
