import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../shell/exit.ts'

export type ResultFolder = {
  readonly id: string
  /** Where it is filled: under a name with a dot, until it is whole. */
  readonly filling: string
  /** Gives it its name; what has been measured is never deleted. */
  complete(): Promise<string>
  /** For when nothing was measured. */
  discard(): Promise<void>
}

export async function resultFolder(out: string, scenario: string, now: Date): Promise<ResultFolder> {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '')
  const id = `${time}-${scenario}-${randomBytes(2).toString('hex')}`
  const filling = path.join(out, `.${id}`)
  await mkdir(filling, { recursive: true }).catch((error: Error) => {
    throw new Failure(
      'environment',
      `${out}: cannot be written (${error.message}); --out names another folder`,
    )
  })
  return {
    id,
    filling,
    async complete() {
      const whole = path.join(out, id)
      await rename(filling, whole)
      return whole
    },
    discard: () => rm(filling, { recursive: true, force: true }),
  }
}

/** Writes a file under another name first, so that nobody ever reads half of it. */
export async function writeWhole(file: string, content: string): Promise<void> {
  const partial = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(4).toString('hex')}`)
  await writeFile(partial, content)
  await rename(partial, file)
}

/** Replaces the report at `folder` as a whole; a folder that holds anything else is left alone. */
export async function writeReport(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  if (!(await isReplaceable(folder))) {
    throw new Failure('usage', `${folder}: holds other things than a report; name a new folder with --out`)
  }
  const fresh = path.join(path.dirname(folder), `.${path.basename(folder)}.${randomBytes(4).toString('hex')}`)
  try {
    await mkdir(fresh, { recursive: true })
    for (const [name, content] of files) await writeFile(path.join(fresh, name), content)
    await rm(folder, { recursive: true, force: true })
    await rename(fresh, folder)
  } catch (error) {
    await rm(fresh, { recursive: true, force: true }).catch(() => {})
    throw new Failure('environment', `${folder}: the report cannot be written (${(error as Error).message})`)
  }
}

async function isReplaceable(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? [] : null,
  )
  if (names === null) return false
  if (names.length === 0) return true
  const statistics = await readFile(path.join(folder, 'statistics.json'), 'utf8').catch(() => '')
  const ours = names.every((name) =>
    /^(index\.html|report\.md|statistics\.json|runs\.csv|[\w-]+\.svg)$/.test(name),
  )
  return ours && statistics.includes('"load-and-stress statistics')
}
