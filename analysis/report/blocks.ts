export type Tone = 'good' | 'bad' | 'doubt' | 'neutral'

/**
 * Text; a tone colours it, a colour puts a key before it, a link leads to the details with that id or to the
 * file of a path, and what is not to be used is crossed out.
 */
export type Cell =
  | string
  | {
      readonly text: string
      readonly tone?: Tone
      readonly colour?: string
      readonly link?: string
      readonly crossed?: boolean
    }

/** The conclusion, in a word or a sentence, and the reasons for it. */
export type Finding = {
  readonly kind: 'finding'
  readonly text: string
  readonly tone: Tone
  readonly reasons?: readonly string[]
}

/** A few figures in large type. */
export type Tiles = {
  readonly kind: 'tiles'
  /** A caveat is what to know before trusting the value. */
  readonly tiles: readonly (readonly [name: string, value: string, caveat?: string])[]
}

export type Table = {
  readonly kind: 'table'
  readonly name: string
  /** What the reader needs to know first. */
  readonly note?: string
  /** All empty where the rows are names and values. */
  readonly heads: readonly string[]
  /** The first cell names the row. */
  readonly rows: readonly (readonly Cell[])[]
  /** Index of the row that summarises the others. */
  readonly emphasised?: number
  /** The heads that fit a terminal; default: all. */
  readonly narrow?: readonly string[]
}

export type Plot = {
  readonly kind: 'plot'
  /** Names the file: `<name>.svg`. */
  readonly name: string
  readonly title: string
  /** What it shows, in a sentence. */
  readonly finding?: string
  readonly svg: string
  /** The same for a phone. */
  readonly narrow?: string
  /** What a pointer over it reads, for each panel that has `data-frame`, from the top. */
  readonly values?: readonly Readings[]
}

/** The values of a panel's curves at places of its x axis, in words. */
export type Readings = {
  /** As shares of the x axis, ascending. */
  readonly at: readonly number[]
  readonly x: readonly string[]
  /** What the values are, with their unit. */
  readonly y: string
  /** A value for each place; null where the curve has none. */
  readonly curves: readonly {
    readonly label: string
    readonly colour: string
    readonly values: readonly (string | null)[]
  }[]
  /** Whether x is a time axis, which can be zoomed. */
  readonly time?: boolean
}

/** Views of the same data to switch between; all of them where nothing can switch. */
type Choice = { readonly kind: 'choice'; readonly name: string; readonly plots: readonly Plot[] }

/** Sentences; a single one without a name is a paragraph. */
export type List = { readonly kind: 'list'; readonly name?: string; readonly lines: readonly string[] }

/** A section about one of several runs. */
type Details = {
  readonly kind: 'details'
  readonly id: string
  readonly title: string
  /** What to know without opening it. */
  readonly gist?: string
  readonly colour: string
  readonly blocks: readonly Block[]
}

export type Block = (Finding | Tiles | Table | Plot | Choice | List | Details) & {
  /** Whether the short text for a terminal has it too. */
  readonly terminal?: boolean
  /** Why its figures are not to be used: a page crosses them out. */
  readonly invalid?: string
  /** Whether a page shows only its name until it is opened. */
  readonly folded?: boolean
}

/** One check for CI; `failure` says why it failed, null where it passed. */
export type Case = {
  readonly suite: string
  readonly name: string
  readonly failure: string | null
  /** Why it was neither passed nor failed. */
  readonly skipped?: string
  /** How long it took, where it is something that takes time and that is known. */
  readonly seconds?: number
}

/** What every printer prints, the same for every kind of report. */
export type Report = {
  /** Names the test suite for CI. */
  readonly suite: string
  readonly title: string
  readonly subtitle?: string
  readonly blocks: readonly Block[]
  /** Below everything else: how to read it. */
  readonly foot: string
  readonly cases: readonly Case[]
  /** When the first of it began, ISO 8601; null where that is unknown. */
  readonly startedAt: string | null
  /** How long its runs took together; null where that is unknown of one, or of no runs. */
  readonly seconds: number | null
  /** What `statistics.json` holds. */
  readonly figures: unknown
  /** Further files to apply or to hand on. */
  readonly files?: readonly (readonly [name: string, content: string])[]
  /** A head and a record for each run, for spreadsheets; empty where there are no runs. */
  readonly records: readonly (readonly (string | number)[])[]
}

type Line = string | false | undefined

export const list = (...lines: readonly (Line | readonly Line[])[]): List => ({
  kind: 'list',
  lines: lines.flat().filter((line) => typeof line === 'string'),
})

/** Blocks without those that have nothing to show. */
export const present = (blocks: readonly (Block | null | false)[]): Block[] =>
  blocks.flatMap((block) =>
    !block ||
    (block.kind === 'list' && block.lines.length === 0) ||
    (block.kind === 'table' && block.rows.length === 0)
      ? []
      : [block],
  )

// A longer page is slow to open and too long to read; statistics.json and runs.csv have every run.
const mostDetails = 100

/** What a page shows: no details if there are more than a hundred. */
export const fewDetails = (blocks: readonly Block[]): readonly Block[] => {
  const rest = blocks.filter(({ kind }) => kind !== 'details')
  return blocks.length - rest.length > mostDetails ? rest : blocks
}

export type Column<Row> = readonly [head: string, cell: (row: Row) => Cell]

export const tableOf = <Row>(name: string, rows: readonly Row[], columns: readonly Column<Row>[]): Table => ({
  kind: 'table',
  name,
  heads: columns.map(([head]) => head),
  rows: rows.map((row) => columns.map(([, cell]) => cell(row))),
})

export const cellText = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text)
