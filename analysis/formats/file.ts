import { readFileSync, type Stats, statSync } from 'node:fs'
import type { JsonReading } from './json.ts'
import { signatureOf } from './recognise.ts'

// Node makes no string beyond 512 MiB, and no file of ours has more than a few.
const mostMiB = 256

/** What keeps a file from being read, judging by what the system says of it; it completes the sentence "<file>: …". */
export function obstacle(file: Stats, { pipes = false } = {}): string | null {
  if (file.isDirectory()) return 'is a folder'
  // A pipe without a writer would be waited for, and a device may have no end.
  if (!file.isFile() && !(pipes && file.isFIFO())) return 'is neither a file nor a folder'
  const sizeMiB = file.size / 2 ** 20
  return sizeMiB > mostMiB ? `too large (${Math.round(sizeMiB)} MiB; at most ${mostMiB} are read)` : null
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'no permission to read it',
  ELOOP: 'is a link to itself',
  ENAMETOOLONG: 'its name is too long',
}

/** Why the system refused to read, in words. */
export const readRefusal = ({ code = '', message }: NodeJS.ErrnoException): string => reasons[code] ?? message

/** The text of a file of ours. Synchronous: of thousands of small files, promises read a quarter as many per second. */
export function readText(file: string): JsonReading<string> {
  try {
    const reason = obstacle(statSync(file))
    if (reason) return { kind: 'unreadable', reason }
    const bytes = readFileSync(file)
    const other = signatureOf(bytes)
    return other ? { kind: 'unreadable', reason: other } : { kind: 'ok', value: bytes.toString() }
  } catch (error) {
    return { kind: 'unreadable', reason: readRefusal(error as NodeJS.ErrnoException) }
  }
}
