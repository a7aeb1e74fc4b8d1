import { clearJunit, junitFlag } from '../results/junit.ts'
import { historyFlag, historyReport, nightPages, readHistory, writeHistoryReport } from '../results/nights.ts'
import { reportFolderFlag } from '../results/print.ts'
import { tellOfAlarms, webhookFlags } from '../results/webhook.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, parseFlags } from '../shell/flags.ts'
import { type Shell, userPath } from '../shell/shell.ts'

const flags = {
  ...historyFlag,
  ...webhookFlags,
  ...junitFlag,
  ...reportFolderFlag('history-report'),
} satisfies Flags

const usage = {
  command: 'history',
  purpose: 'Draws every figure over the nights, with its changes and alarms.',
  flags,
  notes: `A history is a folder of one small file a night, as npm run nightly adds them. Its acknowledged.json lists known
changes: [{"series": "constant · p95", "night": "…", "reason": "…"}].
${exitCodesHelp}

  npm run history -- --history history --out nights`,
}

/** `history`: fails where a figure is worse than before. */
export async function history(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { history: folder = 'history', junit, out = 'history-report' } = parsed.options
  await clearJunit(shell, junit)
  const nights = await readHistory(userPath(shell, folder))
  if (nights.nights.length === 0)
    throw new Failure(
      'invalid',
      `${folder}: no nights ${nights.remarks.length > 0 ? `that can be read: ${nights.remarks[0]}` : 'yet; npm run nightly adds them'}`,
    )
  const at = userPath(shell, out)
  const results = userPath(shell, shell.env.LAS_RESULTS_DIR || 'results')
  const report = historyReport(nights, { pages: nightPages(nights.nights, results, at) })
  await writeHistoryReport(shell, report, at, { junit })
  await tellOfAlarms(shell, report, { ...parsed.options, history: userPath(shell, folder) })
  return exitCodes[report.alarms.length > 0 ? 'fail' : 'pass']
}
