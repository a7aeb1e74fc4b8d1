import path from 'node:path'
import { distinctNames, readSource, type Source } from '../../analysis/formats/read.ts'
import { statistics } from '../../analysis/runs/statistics.ts'
import { reportFolderFlag, wantedFlag, writeAndPrint } from '../results/print.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, parseFlags } from '../shell/flags.ts'
import { type Shell, userPath } from '../shell/shell.ts'

const flags = { ...reportFolderFlag('in the result folder'), ...wantedFlag } satisfies Flags

const usage = {
  command: 'report RUN...',
  purpose: 'Makes the report of result folders again, or of the JSON summary of any k6 script.',
  flags,
  arguments: [1, Infinity] as const,
  notes: `One result folder gets its report inside unless --out names a place; several, and bare summary files, need --out.
${exitCodesHelp}

  npm run report -- results/20261124T101500Z-ramp-3fa9
  npm run report -- results/*-ramp-* --out before-and-after
  npm run report -- summary.json --out my-report`,
}

/** `report`: everything that is computed after a run, from its files. */
export async function report(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { options, positionals } = parsed
  const { out, for: wanted = null } = options
  const sources: Source[] = []
  const paths = positionals.map((each) => userPath(shell, each))
  const names = distinctNames(paths)
  for (const [index, each] of paths.entries()) {
    if (positionals[index] === '-')
      throw new Failure('usage', '-: standard input is not read; save the summary in a file and name that')
    const reading = await readSource(each)
    if (reading.kind === 'unreadable') throw new Failure('usage', reading.reason)
    sources.push({ ...reading.source, name: names[index] ?? reading.source.name })
  }
  if (!out && (sources.length > 1 || !sources[0]?.run))
    throw new Failure(
      'usage',
      'where should the report go? add --out DIR (only a single result folder has a place for it)',
    )
  const folder = out ? userPath(shell, out) : path.join(userPath(shell, positionals[0] ?? ''), 'report')
  return writeAndPrint(shell, statistics(sources, { wanted }), folder)
}
