import { outFlag } from '../load/options.ts'
import { checkResults, pageFile, writeResults } from '../results/browse.ts'
import { exitCodes, exitCodesHelp } from '../shell/exit.ts'
import { type Flags, grouped, parseFlags, toggle } from '../shell/flags.ts'
import { type Shell, shownPath, userPath } from '../shell/shell.ts'

const flags = {
  ...outFlag,
  ...grouped('Results', {
    open: toggle('LAS_OPEN', 'serve the folder on 127.0.0.1 until Ctrl-C, and open the page in a browser'),
  }),
} satisfies Flags

const usage = {
  command: 'results',
  purpose: 'Writes the page of all runs, series and nights: to search, filter and compare them.',
  flags,
  notes: `The page is index.html in the folder of results and needs no server. A run adds itself to it; this adds what was
copied there, and runs of an older version. Pick a run for A and one for B to see them side by side, or five and more a
side for a verdict; the address keeps filters and picks.
${exitCodesHelp}

  npm run results
  npm run results -- --open
  npm run results -- --out /mnt/results`,
}

/** `results`: see its help. */
export async function results(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { out: named = 'results', open } = parsed.options
  const out = userPath(shell, named)
  await checkResults(shell, out)
  const start = performance.now()
  const { entries } = await writeResults(shell, out)
  shell.say(
    `${entries} ${entries === 1 ? 'entry' : 'entries'}, indexed in ${Math.round(performance.now() - start)} ms`,
  )
  shell.say(`results: ${shownPath(shell, pageFile(out))}`)
  if (open) {
    const { serveResults } = await import('../results/serve.ts')
    await serveResults(shell, out)
  }
  return exitCodes.pass
}
