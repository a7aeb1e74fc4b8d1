const terminal = process.stderr.isTTY === true

/** A sentence for whoever watches; results go to stdout, everything for people to stderr. */
export const say = (sentence: string): void => {
  process.stderr.write(`${sentence}\n`)
}

/**
 * Says that something long is going on and for how long it has been, or how it stands: one line redrawn on a
 * terminal, a line every 15 s elsewhere. Call what it returns when it is over.
 */
export function longWork(what: string, standing: () => string = () => ''): () => void {
  const start = performance.now()
  const line = () => `${what} ${standing() || `${Math.round((performance.now() - start) / 1000)} s`}`
  if (!terminal) say(what)
  const timer = setInterval(
    // What was longer before must not show behind what is shorter now.
    () => (terminal ? process.stderr.write(`\r${line()}\x1b[K`) : say(line())),
    terminal ? 1000 : 15_000,
  ).unref()
  if (terminal) process.stderr.write(what)
  return () => {
    clearInterval(timer)
    if (terminal) process.stderr.write('\n')
  }
}
