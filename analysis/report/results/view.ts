import { type Entry, labelsOf, type RunEntry, shortCommit, startOf } from './entries.ts'

/** By what runs can be chosen; each is one value or none. */
export const choices = {
  scenario: ({ figures: { run } }) => (run && !run.script ? [run.scenario] : []),
  script: ({ figures: { run } }) => (run?.script ? [run.script.file] : []),
  label: labelsOf,
  commit: ({ figures: { run } }) => (run?.commit ? [shortCommit(run.commit)] : []),
  verdict: ({ figures: { verdict } }) => [verdict.kind],
  series: ({ series }) => series ?? [],
} satisfies Record<string, (run: RunEntry) => string | readonly string[]>
export type Choice = keyof typeof choices
const names = Object.keys(choices) as Choice[]

export const kinds = { runs: 'runs', series: 'series', nights: 'nights' } as const
type Kind = keyof typeof kinds

const sorts = {
  started: (entry) => orderOf(entry),
  rate: ({ figures }) => figures.total.rate,
  p95: ({ figures }) => figures.total.p95Ms,
  errors: ({ figures }) => figures.total.errors,
  verdict: ({ figures }) => figures.verdict.kind,
} satisfies Record<string, (run: RunEntry) => string | number | null>
export type Sort = keyof typeof sorts

export type Sides = { readonly a: readonly string[]; readonly b: readonly string[] }

/** What the page shows: everything that its address keeps. `a` and `b` are the paths of picked runs. */
export type View = Sides & {
  readonly text: string
  readonly kind: Kind | null
  readonly chosen: Readonly<Partial<Record<Choice, string>>>
  readonly onlyValid: boolean
  readonly sort: Sort
  readonly descending: boolean
  /** From 1. */
  readonly page: number
  /** Whether the picked runs are shown side by side. */
  readonly open: boolean
}

/** The view that a fragment such as `#scenario=ramp&a=…` keeps; what it does not know is left out. */
export function viewOf(fragment: string): View {
  const given = new URLSearchParams(fragment.replace(/^#/, ''))
  const [, sign, sort = ''] = /^(-?)(.*)$/.exec(given.get('sort') ?? '-started') ?? []
  const known = Object.hasOwn(sorts, sort)
  const kind = given.get('kind')
  const b = [...new Set(given.getAll('b'))]
  return {
    text: given.get('q') ?? '',
    kind: kind !== null && Object.hasOwn(kinds, kind) ? (kind as Kind) : null,
    chosen: Object.fromEntries(
      names.flatMap((name) => {
        const value = given.get(name)
        return value ? [[name, value] as const] : []
      }),
    ),
    onlyValid: given.has('valid'),
    sort: known ? (sort as Sort) : 'started',
    descending: !known || sign === '-',
    page: Math.max(1, Math.floor(Number(given.get('page'))) || 1),
    // One run is on one side.
    a: [...new Set(given.getAll('a'))].filter((path) => !b.includes(path)),
    b,
    open: given.has('open'),
  }
}

/** The fragment that keeps a view, without its `#`; empty for the usual view. */
export function fragmentOf(view: View): string {
  const { text, kind, chosen, onlyValid, sort, descending, page, a, b, open } = view
  const order = `${descending ? '-' : ''}${sort}`
  const kept = new URLSearchParams()
  const keep = (name: string, value: string | null | false) => value && kept.append(name, value)
  keep('q', text)
  keep('kind', kind)
  for (const [name, value] of Object.entries(chosen)) keep(name, value)
  keep('valid', onlyValid && '1')
  keep('sort', order !== '-started' && order)
  keep('page', page > 1 && String(page))
  for (const path of a) keep('a', path)
  for (const path of b) keep('b', path)
  keep('open', open && '1')
  return kept.toString()
}

const orderOf = (entry: Entry): string => startOf(entry) ?? ''

const words = new WeakMap<Entry, string>()

/** What a search finds an entry by. */
function wordsOf(entry: Entry): string {
  let found = words.get(entry)
  if (found === undefined) {
    const run = entry.kind === 'run' ? entry.figures.run : null
    found = [
      entry.path,
      startOf(entry),
      ...(entry.kind === 'run'
        ? [entry.figures.verdict.kind, ...entry.figures.verdict.reasons, ...labelsOf(entry)]
        : entry.kind === 'series'
          ? [entry.of, entry.words]
          : ['broken', entry.reason]),
      ...(run ? [run.scenario, run.script?.file, run.load.request, run.target.url, run.commit] : []),
    ]
      .join('\n')
      .toLowerCase()
    words.set(entry, found)
  }
  return found
}

/** The entries that a view shows, in its order; without a value they come last. */
export function shown(all: readonly Entry[], view: View): Entry[] {
  const { text, kind, chosen, onlyValid, sort, descending } = view
  const sought = text.toLowerCase().split(/\s+/).filter(Boolean)
  const found = (entry: Entry) => sought.every((word) => wordsOf(entry).includes(word))
  const limits = Object.entries(chosen) as [Choice, string][]
  const fits = (run: RunEntry) =>
    limits.every(([name, value]) => choices[name](run).includes(value)) &&
    !(onlyValid && run.figures.verdict.kind === 'invalid')
  const fitting = new Set(all.filter((entry) => entry.kind === 'run' && fits(entry)))
  const ofSeries = new Set([...fitting].flatMap(({ series }) => series ?? []))
  const limited = limits.length > 0 || onlyValid
  const kept = all.filter((entry) => {
    if (!found(entry)) return false
    if (entry.kind === 'run') return fitting.has(entry) && (kind === null || kind === 'runs')
    if (entry.kind === 'broken') return !limited && (kind === null || kind === 'runs')
    const night = entry.of === 'nightly'
    return (kind === null || kind === (night ? 'nights' : 'series')) && (!limited || ofSeries.has(entry.path))
  })
  const keyOf = (entry: Entry) =>
    sort === 'started' ? orderOf(entry) : entry.kind === 'run' ? sorts[sort](entry) : null
  const ordered = kept.map((entry) => ({ entry, value: keyOf(entry) }))
  ordered.sort((x, y) => {
    if (x.value === null || y.value === null) return Number(x.value === null) - Number(y.value === null)
    const order = x.value < y.value ? -1 : x.value > y.value ? 1 : 0
    return (descending ? -order : order) || (x.entry.path < y.entry.path ? 1 : -1)
  })
  return ordered.map(({ entry }) => entry)
}

/** Every value of each choice that some run has, in alphabetical order. */
export const optionsOf = (all: readonly Entry[]): Record<Choice, string[]> =>
  Object.fromEntries(
    names.map((name) => {
      const values = all.flatMap((entry) => (entry.kind === 'run' ? choices[name](entry) : []))
      return [name, [...new Set(values)].sort()]
    }),
  ) as Record<Choice, string[]>
