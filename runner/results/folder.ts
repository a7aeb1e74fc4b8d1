import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isReportFile, type ReportFile } from '../../analysis/report/files.ts'
import { Failure } from '../shell/exit.ts'
import { refusal } from '../shell/refusal.ts'

export type ResultFolder = {
  readonly id: string
  /** Where to write until the folder is complete; its name begins with a dot. */
  readonly filling: string
  /** Gives the folder its final name and returns its path. Measurements are never deleted. */
  complete(): Promise<string>
  /** For what failed: removes the folder if it holds nothing, else gives its path. */
  giveUp(): Promise<string | null>
}

/**
 * Creates a folder for one result in `out`, which nobody else has; its id is the time in UTC, the name and eight random
 * hex digits.
 */
export async function resultFolder(out: string, name: string, now: Date): Promise<ResultFolder> {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '')
  let id = ''
  const filling = () => path.join(out, `.${id}`)
  try {
    await mkdir(out, { recursive: true })
    for (let tries = 1; id === ''; tries++) {
      id = `${time}-${name}-${randomBytes(4).toString('hex')}`
      if (existsSync(path.join(out, id))) id = ''
      // Fails where another run has just taken the name.
      else
        await mkdir(filling()).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST' || tries === 10) throw error
          id = ''
        })
    }
  } catch (error) {
    throw new Failure(
      'environment',
      `${out}: cannot be written (${refusal(error as Error)}); choose another --out`,
    )
  }
  return {
    id,
    filling: filling(),
    async complete() {
      const final = path.join(out, id)
      await rename(filling(), final)
      return final
    },
    async giveUp() {
      if (await holdsSomething(filling())) return filling()
      await rm(filling(), { recursive: true, force: true })
      return null
    },
  }
}

async function holdsSomething(folder: string): Promise<boolean> {
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    const found = await stat(path.join(folder, name)).catch(() => null)
    if (found?.isFile() && found.size > 0) return true
  }
  return false
}

/** A hidden name in the same folder, so that a rename to the final name is atomic. */
export const partialName = (final: string): string =>
  path.join(path.dirname(final), `.${path.basename(final)}.${randomBytes(4).toString('hex')}`)

/** Writes a file under another name and renames it, so that nobody ever reads half of it. */
export async function writeAtomically(file: string, content: string, mode = 0o666): Promise<void> {
  const partial = partialName(file)
  try {
    await writeFile(partial, content, { mode })
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

/**
 * Writes a report, file by file, in place of an older report; refuses a folder that contains anything else.
 */
export async function writeReport(folder: string, files: Iterable<ReportFile>): Promise<void> {
  if (!(await isReplaceable(folder)))
    throw new Failure('usage', `${folder}: contains more than a report; choose a new folder with --out`)
  const partial = partialName(folder)
  try {
    await mkdir(partial, { recursive: true })
    for (const [name, content] of files) await writeFile(path.join(partial, name), content)
    await rm(folder, { recursive: true, force: true })
    await rename(partial, folder)
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => {})
    throw new Failure('environment', `${folder}: cannot write the report (${refusal(error as Error)})`)
  }
}

const ours = '"load-and-stress statistics'

/** The first characters of a file, which may have tens of megabytes; none where it cannot be read. */
export async function startOf(file: string): Promise<string> {
  if (!(await stat(file).catch(() => null))?.isFile()) return ''
  const parts = createReadStream(file, { encoding: 'utf8', end: 1000 })
  return (await parts.toArray().catch(() => [])).join('')
}

async function isReplaceable(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? [] : null,
  )
  if (names === null) return false
  if (names.length === 0) return true
  return names.every(isReportFile) && (await startOf(path.join(folder, 'statistics.json'))).includes(ours)
}
