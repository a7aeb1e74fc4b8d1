import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isReportFile } from '../../analysis/report/files.ts'
import { Failure } from '../shell/exit.ts'

export type ResultFolder = {
  readonly id: string
  /** Where to write until the folder is complete; its name begins with a dot. */
  readonly filling: string
  /** Gives the folder its final name and returns its path. Measurements are never deleted. */
  complete(): Promise<string>
  /** Removes the folder, for when nothing was measured. */
  discard(): Promise<void>
}

/**
 * Creates a folder for one result in `out`; its id is the time in UTC, the name and four random hex digits.
 */
export async function resultFolder(out: string, name: string, now: Date): Promise<ResultFolder> {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '')
  const id = `${time}-${name}-${randomBytes(2).toString('hex')}`
  const filling = path.join(out, `.${id}`)
  await mkdir(filling, { recursive: true }).catch((error: Error) => {
    throw new Failure('environment', `${out}: cannot be written (${error.message}); choose another --out`)
  })
  return {
    id,
    filling,
    async complete() {
      const final = path.join(out, id)
      await rename(filling, final)
      return final
    },
    discard: () => rm(filling, { recursive: true, force: true }),
  }
}

/** A hidden name in the same folder, so that a rename to the final name is atomic. */
const partialName = (final: string): string =>
  path.join(path.dirname(final), `.${path.basename(final)}.${randomBytes(4).toString('hex')}`)

/** Writes a file under another name and renames it, so that nobody ever reads half of it. */
export async function writeAtomically(file: string, content: string): Promise<void> {
  const partial = partialName(file)
  try {
    await writeFile(partial, content)
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

/**
 * Writes a report, by file name, in place of an older report; refuses a folder that contains anything else.
 */
export async function writeReport(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
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
    throw new Failure('environment', `${folder}: cannot write the report (${(error as Error).message})`)
  }
}

async function isReplaceable(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? [] : null,
  )
  if (names === null) return false
  if (names.length === 0) return true
  const statistics = await readFile(path.join(folder, 'statistics.json'), 'utf8').catch(() => '')
  const ours = names.every(isReportFile)
  return ours && statistics.includes('"load-and-stress statistics')
}
