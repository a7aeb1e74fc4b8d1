import path from 'node:path'
import { maskOf, secretsOfEnvironment, withoutUrlSecrets } from './secrets.ts'

/** Everything that a command takes from the process it runs in, so that a test can run whole commands in its own. */
export type Shell = {
  readonly env: NodeJS.ProcessEnv
  /** Where the user stands, an absolute path; npm itself runs scripts in the project's folder. */
  readonly cwd: string
  /** Aborts at the first Ctrl-C: whatever runs then stops in order and keeps what it has. */
  readonly signal: AbortSignal
  /** Aborts at the second Ctrl-C: whatever is still stopping does not wait any longer. */
  readonly urgent: AbortSignal
  /** Whether somebody watches stderr on a terminal. */
  readonly terminal: boolean
  /** What nothing that is printed may show; flags add to it. */
  readonly secrets: Set<string>
  /** A result, to stdout. */
  print(text: string): void
  /** A sentence for whoever watches, to stderr. */
  say(sentence: string): void
  /**
   * Says that something long is going on, and for how long it has been or how it stands: one line redrawn on a terminal, a
   * line every 15 s elsewhere. Call what it returns when it is over.
   */
  longWork(what: string, standing?: () => string): () => void
}

type Output = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number }

export function shellOf(
  given: Pick<Shell, 'env' | 'cwd' | 'signal' | 'urgent'>,
  { stdout, stderr }: { readonly stdout: Output; readonly stderr: Output },
): Shell {
  const terminal = stderr.isTTY === true
  const secrets = new Set(secretsOfEnvironment(given.env))
  const hide = (sentence: string) => withoutUrlSecrets(maskOf(secrets)(sentence))
  const say = (sentence: string) => void stderr.write(`${visible(hide(sentence))}\n`)
  // A longer line would wrap, and be drawn again below itself each second.
  const fitting = (line: string) => line.slice(0, (stderr.columns ?? 80) - 1)
  return {
    ...given,
    terminal,
    secrets,
    say,
    // A token of digits would hide figures, among which no token is.
    print: (text) =>
      void stdout.write(visible(maskOf([...secrets].filter((each) => /[^\d.,]/.test(each)))(text))),
    longWork(what, standing = () => '') {
      const start = performance.now()
      const line = () => `${what} ${standing() || `${Math.round((performance.now() - start) / 1000)} s`}`
      if (terminal) stderr.write(fitting(hide(what)))
      else say(what)
      const timer = setInterval(
        // What was longer before must not show behind what is shorter now.
        () => (terminal ? stderr.write(`\r${fitting(hide(line()))}\x1b[K`) : say(line())),
        terminal ? 1000 : 15_000,
      ).unref()
      return () => {
        clearInterval(timer)
        if (terminal) stderr.write('\n')
      }
    },
  }
}

/** Names and values may hold control characters, which would steer the terminal. */
const visible = (text: string): string =>
  text.replace(/[^\P{Cc}\n\t]/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)

/** A file as the user names it, absolute. */
export const userPath = ({ cwd }: Pick<Shell, 'cwd'>, named: string): string => path.resolve(cwd, named)

/** The other way round: a file as somebody who stands there names it. */
export const shownPath = ({ cwd }: Pick<Shell, 'cwd'>, at: string): string => path.relative(cwd, at) || '.'
