import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

// With the host's name, because containers may share a folder and have the same process ids.
const owned = () => `load-and-stress-${os.hostname()}-`

/**
 * A new temporary folder that only its owner can open, named after this process. Synchronous, so that an interruption
 * finds either no folder or one that the caller removes.
 */
export const temporaryFolder = (within = os.tmpdir()): string =>
  mkdtempSync(path.join(within, `${owned()}${process.pid}-`))

/** Removes the temporary folders of processes that were killed before they could. */
export function clearAbandoned(within = os.tmpdir()): void {
  for (const name of namesIn(within)) {
    const [, pid] = name.startsWith(owned()) ? (/^(\d+)-\w{6}$/.exec(name.slice(owned().length)) ?? []) : []
    if (pid === undefined || lives(Number(pid))) continue
    try {
      const folder = path.join(within, name)
      const found = lstatSync(folder)
      if (found.isDirectory() && found.uid === process.getuid?.()) rmSync(folder, { recursive: true })
    } catch {
      // Another start was faster.
    }
  }
}

/** None where the folder is not there: who needs it will say so. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
