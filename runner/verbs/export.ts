import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Night } from '../../analysis/formats/night.ts'
import { readTimeline } from '../../analysis/formats/read.ts'
import { quantity } from '../../analysis/formats/words.ts'
import { type Export, exports } from '../../analysis/report/exports.ts'
import type { RunStatistics } from '../../analysis/run/statistics.ts'
import { nightOf } from '../../analysis/runs/night.ts'
import { writeAtomically } from '../results/folder.ts'
import { historyFlag, readHistory } from '../results/nights.ts'
import { reportFolderFlag } from '../results/print.ts'
import { resultFoldersNamed, runsNamed } from '../results/select.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, parseFlags } from '../shell/flags.ts'
import { refusal } from '../shell/refusal.ts'
import { type Shell, shownPath, userPath } from '../shell/shell.ts'

const flags = { ...historyFlag, ...reportFolderFlag('standard output, where it is one file') } satisfies Flags

const usage = {
  command: 'export FORMAT [RUN...]',
  purpose: 'Hands figures to other tools, in their format.',
  flags,
  arguments: [1, Infinity] as const,
  notes: `Formats:
${Object.entries(exports)
  .map(
    ([name, { what, from }]) =>
      `  ${name.padEnd(18)}${what}${from === 'nights' ? '; of a history, or of runs' : ''}`,
  )
  .join('\n')}
A run is a result folder, a folder of them, a quoted glob, or a label such as commit=abc. Without one, the history is
exported. Existing files are not overwritten.
${exitCodesHelp}

  npm run export -- github-benchmark results/20261124T101500Z-constant-3fa94c01 --out benchmark
  npm run export -- otava --history history --out otava
  npm run export -- openmetrics 'results/*-ramp-*' > metrics.txt`,
}

/** `export`: what other tools read, from result folders or a history. */
export async function exportRuns(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { options, positionals } = parsed
  const [name = '', ...named] = positionals
  const format = Object.hasOwn(exports, name) ? exports[name] : undefined
  if (!format)
    throw new Failure('usage', `"${name}" is not a format; there are ${Object.keys(exports).join(', ')}`)
  const files = [...(await filesOf(shell, name, format, named, options.history ?? 'history'))]
  if (files.length === 0) throw new Failure('invalid', `${name}: no figures to export`)
  await handOver(shell, name, files, options.out)
  return exitCodes.pass
}

async function filesOf(
  shell: Shell,
  name: string,
  format: Export,
  named: readonly string[],
  folder: string,
): Promise<Iterable<readonly [string, string]>> {
  if (named.length === 0) {
    if (format.from !== 'nights')
      throw new Failure('usage', `${name} is of runs: name a result folder, a quoted glob or a label`)
    const { nights, remarks } = await readHistory(userPath(shell, folder))
    for (const remark of remarks) shell.say(remark)
    if (nights.length === 0)
      throw new Failure('usage', `${folder}: no nights; --history names another folder`)
    return format.files(nights)
  }
  const within = userPath(shell, shell.env.LAS_RESULTS_DIR || 'results')
  if (format.from === 'timelines') {
    const folders = (await Promise.all(named.map((each) => resultFoldersNamed(shell, each, within)))).flat()
    return format.files(timelinesOf(folders))
  }
  const runs = (await Promise.all(named.map((each) => runsNamed(shell, each, within)))).flat()
  return format.from === 'runs' ? format.files(runs) : format.files([nightOfRuns(runs)])
}

function timelinesOf(folders: readonly string[]) {
  return folders.flatMap((folder) => {
    const reading = readTimeline(folder)
    if (reading?.kind === 'unreadable') throw new Failure('usage', reading.reason)
    return reading ? [{ name: path.basename(folder), timeline: reading.value }] : []
  })
}

/** Runs as if one night had made them. */
function nightOfRuns(runs: readonly RunStatistics[]): Night {
  const first = runs[0]?.run
  return nightOf(runs, {
    id: runs.length === 1 ? (runs[0]?.name ?? '') : quantity(runs.length, 'run'),
    startedAt: first?.startedAt ?? '',
    commit: first?.commit ?? null,
    labels: {},
    planned: runs.length,
  })
}

/** To standard output where it is one file and no folder is named. */
async function handOver(
  shell: Shell,
  format: string,
  files: readonly (readonly [name: string, content: string])[],
  out: string | undefined,
): Promise<void> {
  const [[, content] = ['', '']] = files
  if (out === undefined && files.length === 1) return shell.print(content)
  if (out === undefined)
    throw new Failure('usage', `${format} is ${quantity(files.length, 'file')}: name their folder with --out`)
  const folder = userPath(shell, out)
  const there = files.map(([name]) => path.join(folder, name)).find((file) => existsSync(file))
  if (there)
    throw new Failure(
      'usage',
      `${shownPath(shell, there)} exists and is not overwritten; choose another --out`,
    )
  try {
    await mkdir(folder, { recursive: true })
    for (const [name, content] of files) await writeAtomically(path.join(folder, name), content)
  } catch (error) {
    throw new Failure('environment', `${out}: cannot be written (${refusal(error as Error)})`)
  }
  shell.say(`${quantity(files.length, 'file')} in ${shownPath(shell, folder)}`)
}
