import { rmSync, writeFileSync } from 'node:fs'
import { readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { obstacle } from '../../analysis/formats/file.ts'
import { Failure } from '../shell/exit.ts'
import { temporaryFolder } from '../shell/temporary.ts'
import { requestNames } from './names.ts'
import { rowsIn } from './rows.ts'
import { filler, has, type PlannedRequest, placeholdersOf } from './template.ts'

/** A request, and the name that results have for it; without one where all would have the same (`requestNames`). */
type NamedRequest = PlannedRequest & { readonly name?: string }

/** One request for each row of a data file, and the file from which k6 reads them. */
export type Data = {
  readonly requests: readonly NamedRequest[]
  readonly file: string
  /** For the report: the number of rows and the file's name. */
  readonly words: string
  remove(): Promise<void>
}

/**
 * Reads a data file (`rowsIn`) and fills the request in for each row. Bad data is a `Failure` that names the
 * file and the row.
 */
export async function readRequests(
  file: string,
  request: PlannedRequest,
): Promise<Pick<Data, 'requests' | 'words'>> {
  const name = path.basename(file)
  const wrong = (sentence: string) => new Failure('usage', `--data: ${name}: ${sentence}`)
  const refused = (error: NodeJS.ErrnoException) => {
    throw wrong(error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code})`)
  }
  const against = obstacle(await stat(file).catch(refused), { pipes: true })
  if (against) throw wrong(against)
  const bytes = await readFile(file).catch(refused)
  const rows = rowsIn(name, bytes, wrong)
  const [first] = rows
  if (!first) throw wrong('has no rows')
  const columns = Object.keys(first)
  for (const column of placeholdersOf(request)) {
    if (!columns.includes(column))
      // Without a header, what looks like names are values.
      throw wrong(`has no column "${column}"; the first line names the columns, or each object does`)
    const without = rows.findIndex((row) => !has(row, column))
    if (without >= 0) throw wrong(`row ${without + 1} has no "${column}"`)
  }
  const [names, filled] = [requestNames(rows, request), filler(request)]
  const requests = rows.map((row, index) => ({ ...filled(row), ...(names[index] && { name: names[index] }) }))
  // A path that begins with anything else would continue the host: `@elsewhere/` makes it a user's name.
  const astray = requests.findIndex(({ path }) => !path.startsWith('/'))
  if (astray >= 0) throw wrong(`row ${astray + 1} gives a path that does not begin with /`)
  return { requests, words: `${rows.length} rows of ${name}` }
}

/** The requests of a data file, with a copy of them for k6. Call `remove` after the run. */
export async function readData(file: string, request: PlannedRequest): Promise<Data> {
  const { requests, words } = await readRequests(file, request)
  const folder = temporaryFolder()
  const copy = path.join(folder, 'rows.json')
  try {
    // Data may contain passwords: only its owner can read it.
    writeFileSync(copy, JSON.stringify(requests), { mode: 0o600 })
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return {
    requests,
    file: copy,
    words,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
