import { loadWords } from '../../formats/load.ts'
import { orDash, percent } from '../../formats/words.ts'
import type { RunStatistics } from '../../run/statistics.ts'
import { comparability } from '../../runs/comparability.ts'
import { compare } from '../../runs/compare.ts'
import { type FigureCompared, figuresOfRun } from '../../runs/figures-compared.ts'
import { type Block, type Cell, cellText, present, type Tone } from '../blocks.ts'
import { changeWords, groupName } from '../change-words.ts'
import { comparedBlocks } from '../comparison.ts'
import { type Markup, tag } from '../printers/markup.ts'
import { verdictTones } from '../run.ts'
import { curves, forest } from './drawings.ts'
import type { Commands, Entry, RunEntry } from './entries.ts'
import { nameOf } from './table.ts'
import type { Sides } from './view.ts'

/** Picked runs of both sides, in the order in which `compare` reads them. */
export function picked(entries: readonly Entry[], { a, b }: Sides): { a: RunEntry[]; b: RunEntry[] } {
  const of = (paths: readonly string[]) => {
    const wanted = new Set(paths)
    return entries
      .filter((entry) => entry.kind === 'run')
      .filter(({ path }) => wanted.has(path))
      .sort((x, y) => (x.path < y.path ? -1 : 1))
  }
  return { a: of(a), b: of(b) }
}

/** Two runs beside each other, which is no verdict, or two sets of runs compared as `compare` does it. */
export function sideBySide(a: readonly RunEntry[], b: readonly RunEntry[], commands: Commands): Markup {
  const [first, second] = [a[0], b[0]]
  if (!first || !second)
    return tag`<p>Pick a run for ${first ? 'B' : second ? 'A' : 'A and one for B'} to see them side by side.</p>`
  return a.length === 1 && b.length === 1 ? look(first, second, commands) : compared(a, b, commands)
}

const figures: readonly FigureCompared[] = [
  ...figuresOfRun,
  { metric: 'p99.9', unit: 'ms', better: 'lower', of: ({ total }) => total.p999Ms },
  { metric: 'max', unit: 'ms', better: 'lower', of: ({ total }) => total.maxMs },
]

/** The figures of one run a side; differences only where both are valid and of the same load. */
function look(a: RunEntry, b: RunEntry, commands: Commands): Markup {
  const sides = [a.figures, b.figures] as const
  const { refusals, warnings } = comparability([a.figures], [b.figures])
  const valid = sides.every(({ verdict }) => verdict.kind !== 'invalid')
  const comparable = valid && refusals.length === 0
  const rows = figures.map(({ metric, unit, of }) => {
    const [x, y] = [of(a.figures), of(b.figures)]
    const words = unit === 'share' ? percent : undefined
    return [
      unit === 'share' ? metric : `${metric} (${unit})`,
      orDash(x, words),
      orDash(y, words),
      ...(comparable ? [x === null || y === null ? '–' : differenceWords(unit, x, y)] : []),
    ]
  })
  return tag`${blocks([
    {
      kind: 'finding',
      text: 'A look, no verdict: one run a side cannot tell a change from noise.',
      tone: 'doubt',
      reasons: [
        ...refusals,
        ...(refusals.length > 0 ? ['Not compared.'] : []),
        ...sides.flatMap(({ verdict }, index) =>
          verdict.kind === 'invalid'
            ? [`${index === 0 ? 'A' : 'B'} is invalid: ${verdict.reasons.join(' ')}`]
            : [],
        ),
        ...warnings,
      ],
    },
    {
      kind: 'table',
      name: 'Figures',
      heads: ['figure', 'A', 'B', ...(comparable ? ['B against A'] : [])],
      rows: [
        ['run', nameOf(a), nameOf(b), ...(comparable ? [''] : [])],
        ['load', ...sides.map(loadOf), ...(comparable ? [''] : [])],
        [
          'verdict',
          ...sides.map(({ verdict }): Cell => ({ text: verdict.kind, tone: verdictTones[verdict.kind] })),
          ...(comparable ? [''] : []),
        ],
        ...rows,
      ],
    },
  ])}${valid ? curves(a.figures, b.figures) : null}${command('What would give a verdict', verdictCommand(a, b, commands))}`
}

const loadOf = ({ run }: RunStatistics): string => (run ? loadWords(run.load.stages) : '–')

/** As `compare` words a change: a ratio in per cent, of shares and of what may be 0 the difference. */
const differenceWords = (unit: string, x: number, y: number): string =>
  unit !== 'share' && x > 0
    ? changeWords({ scale: 'ratio', change: y / x })
    : changeWords({ scale: 'difference', change: y - x })

function compared(a: readonly RunEntry[], b: readonly RunEntry[], commands: Commands): Markup {
  const comparison = compare(
    a.map((run) => run.figures),
    b.map((run) => run.figures),
  )
  const refused = comparison.groups.some((group) => group.refused.length > 0)
  return tag`${blocks(comparedBlocks(comparison))}${comparison.groups.map((group) => {
    const drawn = forest(group.metrics, comparison.effect)
    return drawn && tag`<h3>Candidate against baseline: ${groupName(group)}</h3>${drawn}`
  })}${command(
    'The same on the command line, with its report',
    `${filled(commands.compare, { a: patternOf(a), b: patternOf(b) })}${refused ? ` ${commands.anyway}` : ''}`,
  )}`
}

/** Two targets are run in turns; else each side is repeated and compared by what tells them apart. */
function verdictCommand(a: RunEntry, b: RunEntry, commands: Commands): string {
  const [x, y] = [a.figures.run, b.figures.run]
  if (!x || !y) return filled(commands.compare, { a: patternOf([a]), b: patternOf([b]) })
  const scenario = quoted(x.script?.file ?? x.scenario)
  if (!x.target.embedded && !y.target.embedded && x.target.url !== y.target.url && !x.target.cluster)
    return filled(commands.inTurns, { a: quoted(x.target.url), b: quoted(y.target.url), scenario })
  const commits = x.commit && y.commit && x.commit !== y.commit
  const side = (value: string | null, name: string) =>
    commits && value ? `commit=${value.slice(0, 10)}` : `side=${name}`
  return filled(commands.repeat, { scenario, a: side(x.commit, 'a'), b: side(y.commit, 'b') })
}

/** A glob of exactly these folders. */
const patternOf = (runs: readonly RunEntry[]): string =>
  runs.length === 1 ? (runs[0]?.path ?? '') : `{${runs.map(({ path }) => path).join(',')}}`

const filled = (command: string, values: Readonly<Record<string, string>>): string =>
  command.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)

/** For a shell. */
const quoted = (text: string): string =>
  /^[\w./:=@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

const command = (name: string, text: string): Markup =>
  tag`<h3>${name}</h3><pre tabindex="0" aria-label="${name}">${text}</pre>`

/** The blocks of a report that a comparison has. */
function blocks(all: readonly Block[]): Markup {
  return tag`${present(all).map(block)}`
}

function block(each: Block): Markup | null {
  switch (each.kind) {
    case 'finding':
      return tag`<div class="finding ${each.tone}"><p>${each.text}</p>${bullets(each.reasons ?? [])}</div>`
    case 'list':
      return tag`${each.name ? tag`<h3>${each.name}</h3>` : null}${bullets(each.lines)}`
    case 'table':
      return tag`<h3>${each.name}</h3><div class="scroll" tabindex="0" role="region" aria-label="${each.name}"><table class="figures"><thead><tr>${each.heads.map((head) => tag`<th scope="col">${head}</th>`)}</tr></thead><tbody>${each.rows.map(
        ([name = '', ...cells]) =>
          tag`<tr><th scope="row">${cellText(name)}</th>${cells.map((cell) => tag`<td class="${toneOf(cell)}">${cellText(cell)}</td>`)}</tr>`,
      )}</tbody></table></div>`
    default:
      return null
  }
}

const toneOf = (cell: Cell): Tone => (typeof cell === 'string' ? 'neutral' : (cell.tone ?? 'neutral'))

const bullets = (lines: readonly string[]): Markup | null =>
  lines.length === 0 ? null : tag`<ul>${lines.map((line) => tag`<li>${line}</li>`)}</ul>`
