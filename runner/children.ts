import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Ends the process of that id should this one vanish without a word (a crash, kill -9): a shell waits for the
 * end of a pipe that closes with us. `release` it when the process has ended by itself.
 */
export function guard(pid: number): { release(): void } {
  if (process.platform === 'win32') return { release() {} }
  const shell = spawn('sh', ['-c', 'read -r _ || kill -TERM "$1" 2>/dev/null', 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // In a group of its own, so that Ctrl-C in the terminal does not take the guard away.
    detached: true,
  })
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  shell.unref()
  return {
    release() {
      shell.stdin.end('\n')
    },
  }
}

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

export const exited = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
