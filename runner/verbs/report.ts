import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { distinctNames, readSource, type Source, type SourceReading } from '../../analysis/formats/read.ts'
import { statistics } from '../../analysis/runs/statistics.ts'
import { addToResults } from '../results/browse.ts'
import { clearJunit, junitFlag } from '../results/junit.ts'
import { mergeInto } from '../results/merged.ts'
import { reportFolderFlag, wantedFlag, writeAndPrint } from '../results/print.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, grouped, parseFlags, toggle } from '../shell/flags.ts'
import { type Shell, userPath } from '../shell/shell.ts'

const flags = {
  ...grouped('Several generators', {
    merge: toggle(
      'LAS_MERGE',
      'the arguments are parts of one load: merge them into a new result folder, exactly',
    ),
  }),
  ...reportFolderFlag('in the result folder; with --merge the folder of results, default: results'),
  ...junitFlag,
  ...wantedFlag,
} satisfies Flags

/** A summary on standard input, by way of a file: its start shows what it is, and its size whether it can be read. */
async function readPiped(): Promise<SourceReading> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'load-and-stress-'))
  const file = path.join(folder, 'summary.json')
  try {
    await writeFile(file, process.stdin, { mode: 0o600 })
    const reading = await readSource(file)
    if (reading.kind === 'source') return reading
    return { ...reading, reason: reading.reason.replace(file, 'standard input') }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const usage = {
  command: 'report RUN...',
  purpose: 'Makes the report of result folders again, or of the JSON summary of any k6 script.',
  flags,
  arguments: [1, Infinity] as const,
  notes: `One result folder gets its report inside unless --out names a place; several, and bare summary files, need --out.
With --merge: result folders, summaries, and logs that hold a summary, such as those of k6-operator's runners; thresholds
are judged on the whole, and a part that is missing or unlike the others makes the run invalid. docs/several-generators.md
${exitCodesHelp}

  npm run report -- results/20261124T101500Z-ramp-3fa94c01
  npm run report -- results/*-ramp-* --out before-and-after
  npm run report -- summary.json --out my-report
  gzip -dc summary.json.gz | npm run report -- - --out my-report
  npm run report -- --merge machine-1.json machine-2.json machine-3.json
  kubectl logs -l k6_cr=my-test --tail=-1 | npm run report -- --merge -`,
}

/** `report`: everything that is computed after a run, from its files. */
export async function report(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { options, positionals } = parsed
  const { out, junit, for: wanted = null, merge } = options
  await clearJunit(shell, junit)
  if (merge) {
    const results = userPath(shell, out ?? 'results')
    const { folder, source } = await mergeInto(shell, positionals, results)
    const code = await writeAndPrint(shell, statistics([source], { wanted }), path.join(folder, 'report'), {
      junit,
    })
    await addToResults(shell, results)
    return code
  }
  const sources: Source[] = []
  const paths = positionals.map((each) => userPath(shell, each))
  const names = distinctNames(paths)
  for (const [index, each] of paths.entries()) {
    const piped = positionals[index] === '-'
    const reading = piped ? await readPiped() : await readSource(each)
    if (reading.kind === 'unreadable') throw new Failure('usage', reading.reason)
    sources.push({
      ...reading.source,
      name: piped ? 'standard input' : (names[index] ?? reading.source.name),
    })
  }
  if (!out && (sources.length > 1 || !sources[0]?.run))
    throw new Failure(
      'usage',
      'where should the report go? add --out DIR (only a single result folder has a place for it)',
    )
  const folder = out ? userPath(shell, out) : path.join(userPath(shell, positionals[0] ?? ''), 'report')
  return writeAndPrint(shell, statistics(sources, { wanted }), folder, { junit })
}
