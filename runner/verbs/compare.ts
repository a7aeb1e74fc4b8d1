import path from 'node:path'
import { comparison } from '../../analysis/runs/statistics.ts'
import { addToResults } from '../results/browse.ts'
import { resultFolder } from '../results/folder.ts'
import { clearJunit, junitFlag } from '../results/junit.ts'
import { checkFigures, effectFlag, figuresFlag, reportFolderFlag, writeAndPrint } from '../results/print.ts'
import { runsNamed } from '../results/select.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, grouped, option, parseFlags, text, toggle } from '../shell/flags.ts'
import { type Shell, userPath } from '../shell/shell.ts'

const flags = {
  ...grouped('Report', {
    in: option('LAS_RESULTS_DIR', 'dir', 'where labels are searched (results)', text),
    anyway: toggle('LAS_ANYWAY', 'compare even runs of another load, request or limit'),
  }),
  ...effectFlag,
  ...figuresFlag,
  ...junitFlag,
  ...reportFolderFlag('a new folder in results'),
} satisfies Flags

const usage = {
  command: 'compare BASELINE CANDIDATE',
  purpose: 'Better or worse? From repeated runs of both sides, never from one.',
  flags,
  arguments: [2, Infinity] as const,
  notes: `A side is a result folder, a folder of them, a quoted glob, or a label such as commit=abc (of runs below --in).
Summaries of any k6 script are compared with --anyway, which says that all are of the same load.
${exitCodesHelp}

  npm run compare -- commit=1a2b3c commit=4d5e6f
  npm run compare -- 'results/*-r2-*' 'results/*-r4-*' --anyway
  npm run compare -- monday tuesday --effect 10%
  npm run compare -- 'before/*.json' 'after/*.json' --anyway
  npm run compare -- monday tuesday --figures 'p50{name:checkout},errors{name:pay},rate{check:paid}'`,
}

/** `compare`: two sets of runs that exist already. */
export async function compare(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { effect, anyway, figures: declared = null, junit, out, in: labelled = 'results' } = parsed.options
  await clearJunit(shell, junit)
  const within = userPath(shell, labelled)
  const [first = '', second = '', ...more] = parsed.positionals
  if (more.length > 0)
    throw new Failure(
      'usage',
      `${parsed.positionals.length} names are given, and where one side ends is unknown; quote patterns, so that the shell leaves them: 'a*' 'b*'`,
    )
  const [baseline, candidate] = [
    await runsNamed(shell, first, within, { summaries: true }),
    await runsNamed(shell, second, within, { summaries: true }),
  ]
  const both = baseline.find(({ name }) => candidate.some((other) => other.name === name))
  if (both) throw new Failure('usage', `${both.name} is on both sides`)
  checkFigures([...baseline, ...candidate], declared)
  const figures = comparison(baseline, candidate, {
    ...(effect !== undefined && { effect }),
    anyway,
    figures: declared,
  })
  if (out) return writeAndPrint(shell, figures, userPath(shell, out), { junit })
  const folder = await resultFolder(within, 'compare', new Date())
  const code = await writeAndPrint(shell, figures, path.join(await folder.complete(), 'report'), { junit })
  await addToResults(shell, within)
  return code
}
