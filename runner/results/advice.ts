import type { Commands } from '../../analysis/report/results/entries.ts'
import type { Statistics } from '../../analysis/runs/statistics.ts'

/** What to do about what a report says, in this tool's own flags and commands: the analysis knows none of them. */
export function adviceFor({ comparison, noise, runs, replicas, recommendation, kind }: Statistics): string[] {
  const groups = comparison?.groups ?? []
  const reasons = runs.flatMap(({ verdict }) => verdict.reasons)
  const noSlo = kind === 'capacity' && runs.every(({ run }) => (run?.slos.length ?? 0) === 0)
  return [
    ...(groups.some(({ refused }) => refused.length > 0) ? ['--anyway compares them all the same'] : []),
    ...(runs.every(({ run }) => run) &&
    groups.some(({ interleaved, refused }) => !interleaved && refused.length === 0)
      ? ['npm run ab runs the two sides in turns']
      : []),
    ...(noise?.recommended
      ? [
          `as flags: --repeat ${noise.recommended.repeats} --duration ${noise.recommended.durationMs / 1000}s; a nightly plan takes them from "noise": this series’ folder`,
        ]
      : []),
    ...(noSlo && recommendation ? ['--slo says what a recommended number of replicas must hold'] : []),
    ...(recommendation && replicas.some(({ heldVus }) => heldVus !== null)
      ? ['npm run scenario:breakpoint searches the arrival rate that a target holds']
      : []),
    ...(reasons.some((reason) => reason.startsWith('k6 dropped'))
      ? ['--max-vus allows more VUs to wait for answers']
      : []),
    ...(reasons.some((reason) => reason.startsWith('the generator was the bottleneck'))
      ? ['take a larger machine for k6, or less load']
      : []),
  ]
}

/** The commands that the page of a folder of results shows. */
export const commandsOf = (out: string): Commands => ({
  inTurns: 'npm run ab -- --scenario {scenario} --a {a} --b {b} --repeat 10',
  repeat:
    'npm run scenario -- {scenario} --label {a}    # five times or more\nnpm run scenario -- {scenario} --label {b}    # likewise, in turns\nnpm run compare -- {a} {b}',
  compare: `npm run compare -- '${out}/{a}' '${out}/{b}'`,
  report: `npm run report -- ${out}/NAME`,
  anyway: '--anyway',
})
