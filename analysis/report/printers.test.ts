import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DOMParser, onErrorStopParsing } from '@xmldom/xmldom'
import fc from 'fast-check'
import {
  aClimb,
  aFactorial,
  aNight,
  aProbe,
  aRun,
  aSearch,
  aSide,
  foreignScripts,
} from '../../test/samples.ts'
import type { Source } from '../formats/read.ts'
import { runStatistics } from '../run/statistics.ts'
import { alarmsOf } from '../runs/alarms.ts'
import { seriesOf } from '../runs/history.ts'
import {
  breakpointStatistics,
  comparison,
  noiseStatistics,
  type Statistics,
  statistics,
} from '../runs/statistics.ts'
import { type Block, cellText, type Table } from './blocks.ts'
import { reportFiles, text } from './files.ts'
import type { HistoryReport } from './history.ts'
import { modelOf } from './model.ts'
import { annotations } from './printers/annotations.ts'
import { csv } from './printers/csv.ts'
import { html } from './printers/html.ts'
import { markdown } from './printers/markdown.ts'
import { terminalText } from './printers/text.ts'

const junitOf = (data: Parameters<typeof reportFiles>[0]): string => reportFiles(data).get('junit.xml') ?? ''

/** A run on a cluster, whose number of replicas was watched. */
function onCluster(name: string, replicas: number, labels = {}): Source {
  const { run, ...source } = aClimb(name, [1000, 1900 * replicas, 2500])
  assert.ok(run)
  const scaling = [
    { atMs: -500, wanted: 1, ready: 1 },
    { atMs: 12_000, wanted: replicas, ready: replicas },
  ]
  const pods = Array.from({ length: replicas }, (_, index) => ({
    name: `pod-${index}`,
    node: 'node1',
    served: 900 + 200 * index,
    cpuCores: 0.2,
  }))
  const cluster = { nodes: 2, image: 'workload:1', cpuLimit: '200m', memoryLimit: null, scaling, pods }
  return { ...source, run: { ...run, labels, target: { ...run.target, replicas, cluster } } }
}

/** A run of one stage against so many replicas, with another SLO where one is given. */
function scaled(name: string, replicas: number, count: number, p95LimitMs?: number): Source {
  const { run, ...source } = aClimb(name, [Math.round(count)])
  assert.ok(run)
  const slos = p95LimitMs === undefined ? run.slos : [{ figure: 'p95', limit: p95LimitMs }]
  return { ...source, run: { ...run, slos, target: { ...run.target, replicas } } }
}

const compared = comparison(aSide('old', 0, 1), aSide('new', 1, 0.8))

const nights = Array.from({ length: 30 }, (_, index) => {
  const p95 = (index >= 27 ? 115 : 100) + (index % 5)
  return aNight(index, [p95 - 1, p95, p95 + 2], { commit: `${index}`.padEnd(40, 'a') })
})
const series = seriesOf(nights)
const history: HistoryReport = {
  kind: 'history',
  nights,
  series,
  alarms: alarmsOf(series, []),
  comparison: compared.comparison,
  remarks: ['3 of 4 planned runs were made.'],
  entries: [
    { name: 'constant', failure: null },
    { name: 'arrival', failure: '2 of 2 runs failed: p95 < 1 ms & more' },
  ],
}

const samples = {
  run: statistics([onCluster('one', 4, { branch: 'main' })]),
  runs: statistics([aClimb('one', [1000, 1900]), aClimb('two', [1200])]),
  capacity: statistics([1, 1, 2, 2, 4, 4].map((replicas, index) => onCluster(`r-${index}`, replicas))),
  factors: statistics(
    aFactorial(
      ['1', '2'].flatMap((replicas) => ['500m', '1'].map((cpu) => ({ replicas, cpu }))),
      3,
      ({ replicas }) => 100 * Number(replicas),
    ),
  ),
  arrivals: statistics(
    ['1', '2', '4'].flatMap((replicas) =>
      [1, 2].flatMap((repeat) => aSearch({ replicas, cpu: '200m' }, repeat, 30 * Number(replicas))),
    ),
    { wanted: 50 },
  ),
  breakpoint: breakpointStatistics([aProbe(20, 0), aProbe(40, 99)], {
    start: 20,
    precision: 0.02,
    repeat: 1,
  }),
  comparison: compared,
  noise: noiseStatistics([aSide('monday', 0, 1), aSide('tuesday', 1, 1.02)], { rounds: 10 }),
  history,
} satisfies Record<Statistics['kind'] | 'history', Statistics | HistoryReport>

type Placed = { readonly table: Table; readonly label: string; readonly terminal: boolean }

const tablesOf = (blocks: readonly Block[], of = '', shown = true): Placed[] =>
  blocks.flatMap((block) =>
    block.kind === 'details'
      ? tablesOf(block.blocks, `, ${block.title}`, shown && block.terminal === true)
      : block.kind === 'table'
        ? [{ table: block, label: `${block.name}${of}`, terminal: shown && block.terminal === true }]
        : [],
  )

const decoded = (markup: string) =>
  markup.replace(/<[^>]*>/g, '').replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))

/** The rows of the table in the region with that label. */
function htmlRows(page: string, label: string): string[][] {
  const region = page
    .split('<div class="scroll"')
    .find((part) => decoded(part.split('>')[0] ?? '').includes(`aria-label="${label}"`))
  assert.ok(region, `no region "${label}"`)
  const [body = ''] = region.split('</table>')
  return body
    .split('<tr')
    .slice(1)
    .map((row) => [...row.matchAll(/<(th|td)[ >].*?<\/\1>/g)].map(([cell]) => decoded(cell)))
}

const markdownRows = (page: string): string[][] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(2, -2)
        .split(/ (?<!\\)\| /)
        .map((cell) => cell.replace(/\\(.)/g, '$1')),
    )

const has = (rows: readonly string[][], row: readonly string[]) =>
  assert.ok(
    rows.some((each) => JSON.stringify(each) === JSON.stringify(row)),
    row.join(' | '),
  )

for (const [kind, data] of Object.entries(samples)) {
  const report = modelOf(data)
  const tables = tablesOf(report.blocks)

  describe(`a report of kind ${kind}`, () => {
    test('is the kind that its statistics state', () => assert.equal(data.kind, kind))

    test('has every cell of its tables in the page', () => {
      const page = html(report)
      assert.ok(tables.length > 0)
      for (const { table, label } of tables) {
        const rows = htmlRows(page, label)
        for (const row of table.rows) has(rows, row.map(cellText))
      }
      const labels = [...page.matchAll(/aria-label="([^"]*)"/g)].map(([, label]) => label)
      assert.equal(new Set(labels).size, labels.length)
    })

    test('has every cell of its tables in Markdown', () => {
      const rows = markdownRows(markdown(report))
      for (const { table } of tables) {
        has(rows, table.heads)
        for (const row of table.rows) has(rows, row.map(cellText))
      }
    })

    test('shows in the terminal the tables for it, in the columns that fit', () => {
      const lines = terminalText(report)
        .split('\n')
        .map((line) => line.trim().split(/ {2,}/))
      for (const line of terminalText(report).split('\n'))
        assert.ok(!/\S {2,}\S/.test(line) || line.length <= 80, line)
      for (const { table, terminal } of tables) {
        const { heads, rows, narrow = heads } = table
        for (const row of terminal ? rows : []) {
          const cells = row.filter((_, column) => narrow.includes(heads[column] ?? '')).map(cellText)
          const [first, last] = [cells[0] ?? '', cells.filter(Boolean).at(-1)]
          const whole = lines.some(
            (line) =>
              first.endsWith((line[0] ?? '').replace(/^.*…/, '')) &&
              line.at(-1) === last &&
              line.slice(1).every((cell) => cells.includes(cell)),
          )
          assert.ok(whole, cells.join(' | '))
        }
      }
    })

    test('has its conclusions and remarks in the page and in Markdown', () => {
      const [page, words] = [decoded(html(report)), markdown(report).replace(/\\(.)/g, '$1')]
      for (const block of report.blocks) {
        const sentences =
          block.kind === 'finding'
            ? [block.text, ...(block.reasons ?? [])]
            : block.kind === 'list'
              ? block.lines
              : []
        for (const sentence of sentences) {
          assert.ok(page.includes(sentence), sentence)
          assert.ok(words.includes(sentence), sentence)
          if (block.terminal) assert.ok(terminalText(report).includes(sentence), sentence)
        }
      }
    })

    test('has its results for CI as well-formed XML', () => {
      const { documentElement: root } = xml(junitOf(data))
      const cases = [...(root?.getElementsByTagName('testcase') ?? [])]
      assert.deepEqual(
        cases.map((each) => ({
          suite: each.getAttribute('classname'),
          name: each.getAttribute('name'),
          failure: each.getElementsByTagName('failure')[0]?.getAttribute('message') ?? null,
          ...(each.hasAttribute('time') && { seconds: Number(each.getAttribute('time')) }),
        })),
        report.cases,
      )
      assert.ok(cases.length > 0)
      assert.equal(root?.getAttribute('tests'), String(cases.length))
      assert.equal(
        root?.getAttribute('failures'),
        String(report.cases.filter(({ failure }) => failure !== null).length),
      )
    })
  })
}

const xml = (text: string) => new DOMParser({ onError: onErrorStopParsing }).parseFromString(text, 'text/xml')

test('JUnit has the time of each run, of all together and of the first start; never 0 for what is unknown', () => {
  const runs = [10, 2.5, 4].map((seconds, index) => ({
    ...runStatistics(aClimb(`r${index}`, [1000])),
    durationMs: 1000 * seconds,
    run: aRun({ startedAt: `2026-01-02T03:04:0${9 - index}.000Z` }),
  }))
  const of = (data: Parameters<typeof junitOf>[0]) => {
    const { documentElement: root } = xml(junitOf(data))
    const [suite] = root?.getElementsByTagName('testsuite') ?? []
    const cases = [...(root?.getElementsByTagName('testcase') ?? [])]
    return [root, suite, ...cases].map((each) => each?.getAttribute('time') ?? null)
  }
  const all: Statistics = { ...samples.runs, runs }
  assert.deepEqual(of(all), ['16.500', '16.500', '10.000', '2.500', '4.000'])
  assert.match(junitOf(all), /<testsuite [^>]*errors="0"[^>]* timestamp="2026-01-02T03:04:07.000Z"/)

  const [first, ...others] = runs
  assert.ok(first, 'there is a first run')
  const unknown: Statistics = { ...all, runs: [{ ...first, durationMs: null, run: null }, ...others] }
  assert.deepEqual(of(unknown), [null, null, null, '2.500', '4.000'])
  assert.doesNotMatch(junitOf(unknown), /timestamp/)

  // A figure compared, or one of a history, takes no time of its own.
  for (const data of [samples.comparison, history])
    assert.ok(
      of(data)
        .slice(2)
        .every((each) => each === null),
      'no time',
    )
  const night = (seconds: number | null) => ({
    ...history,
    series: [],
    alarms: [],
    entries: [
      { name: 'a', failure: null, seconds: 4.5 },
      { name: 'b', failure: 'failed', seconds },
    ],
  })
  assert.deepEqual(of(night(3)), ['7.500', '7.500', '4.500', '3.000'])
  assert.deepEqual(of(night(null)), [null, null, '4.500', null])
  for (const durationMs of [-1, 1e300])
    assert.doesNotMatch(junitOf({ ...all, runs: [{ ...first, durationMs }] }), / time=/)
  const when = (startedAt: string) => junitOf({ ...all, runs: [{ ...first, run: aRun({ startedAt }) }] })
  assert.doesNotMatch(when('yesterday'), /timestamp/)
})

test('a failure for CI is a run that did not pass, a figure that is worse, or an alarm', () => {
  const failures = (data: Statistics | HistoryReport) =>
    modelOf(data).cases.flatMap(({ suite, name, failure }) => (failure ? [[suite, name, failure]] : []))
  const missed = runStatistics({
    ...aClimb('slow', [100]),
    run: aRun({ slos: [{ figure: 'p95', limit: 1 }] }),
  })
  const [[suite, name, words] = []] = failures({ ...samples.run, runs: [missed] })
  assert.deepEqual([suite, name], ['runs', 'slow'])
  assert.match(words ?? '', /^fail: p95/)
  assert.deepEqual(failures(compared), [['ramp', 'rate', 'rate is −20 %: worse.']])
  assert.deepEqual(failures(samples.breakpoint), [])
  assert.deepEqual(
    failures(history).map(([suite, name]) => [suite, name]),
    [
      ['runs', 'arrival'],
      ['changes', 'constant · p95'],
    ],
  )
})

test('the noise of repeats says what tells, or that nothing does', () => {
  const { noise } = samples.noise
  assert.ok(noise)
  const words = (changes: Partial<typeof noise>) =>
    text({ ...samples.noise, noise: { ...noise, ...changes } })
  const recommended = { durationMs: 20_000, repeats: 8, without: ['p99'] }
  assert.match(
    words({ recommended }),
    /\nRepeats of the same run differ by up to 0\.27 % \(rate\); 8 runs of 20 s a side tell 10 % from no change, except in p99\.\n {2}That is 5\.33 minutes of load/,
  )
  assert.match(
    words({ recommended: null }),
    /\nRepeats of the same run differ by up to 0\.27 % \(rate\), too much to tell 10 % from no change\./,
  )
  const [load] = noise.loads
  assert.ok(load)
  const figures = load.figures.map((figure) => ({ ...figure, found: [{ runs: 5, change: null }] }))
  assert.match(
    words({ loads: [{ ...load, sessions: 1, figures }] }),
    /> 100 %.*\n(.*\n)*The difference between sessions is unknown/,
  )
})

test('each judgement of a comparison has its sentence and its tone', () => {
  const words = (candidate: ReturnType<typeof aSide>, baseline = aSide('old', 0, 1)) => {
    const data = comparison(baseline, candidate)
    const { tone } = modelOf(data).blocks.find((block) => block.kind === 'finding') ?? {}
    return `${tone}: ${text(data)}`
  }
  assert.match(
    words(aSide('new', 1, 0.8)),
    /^bad: [\s\S]*judgement: worse\n {2}Worse: rate −20 % \([^)]* to [^)]*\)\.$/m,
  )
  assert.match(words(aSide('new', 1, 1.2)), /^good: [\s\S]*^Better: rate \+20 %\.$/m)
  assert.match(words(aSide('new', 1, 1.001)), /^neutral: [\s\S]*^No difference beyond 5 %: rate\.$/m)
  assert.match(
    words(aSide('new', 1, 1.047)),
    /^doubt: [\s\S]*^Cannot tell: rate – the runs vary too much to show or to exclude a change of 5 %/m,
  )
  assert.match(
    words(aSide('new', 1, 0.8).slice(3), aSide('old', 0, 1).slice(3)),
    /^Cannot tell: rate – 2 and 2 runs are too few for any verdict, which takes 5 a side; about 5 runs/m,
  )
  const [first, ...rest] = aSide('new', 1, 1)
  assert.ok(first)
  const invalid = { ...first, verdict: { kind: 'invalid' as const, reasons: ['no figures'] } }
  assert.match(words([invalid, ...rest]), /^1 invalid run is left out of the figures of speed\.$/m)
  const same = Array.from({ length: 5 }, () => first)
  assert.match(words(same, same), /^No figure that both sides have differs in any run\.$/m)
})

test('a fitted law of growth has its sentences, and its curve is extrapolated', () => {
  const data = statistics(
    [1, 2, 4, 8].flatMap((replicas) =>
      [0.98, 1, 1.01, 0.99, 1.02].map((noise, index) =>
        scaled(`r${replicas}-${index}`, replicas, (noise * 1000 * replicas) / (1 + 0.3 * (replicas - 1))),
      ),
    ),
  )
  assert.match(
    text(data),
    /Of the three laws Amdahl’s law explains the runs best, but the Universal Scalability Law cannot be ruled out \(.*contention α 0\.30/,
  )
  assert.match(text(data), /If the law continues to hold, no number of replicas passes [\d,]+ requests\/s\./)
  assert.match(
    text(data),
    /; “between” is the interval of the typical run \(confidence 93\.8 %\)\. “SLOs held at”/,
  )
  assert.match(reportFiles(data).get('replicas.svg') ?? '', />extrapolated</)
  const failed = statistics([scaled('one', 1, 100), scaled('two', 2, 150, 0)])
  assert.match(
    text(failed),
    /^B · ramp · two\n1 VU makes 15\/s, but not within the SLOs: p95 95 ms, limit 0 ms\.\nverdict: fail\n {2}p95 ≤ 0 ms missed/m,
  )
  assert.doesNotMatch(text(failed), /A · ramp|^Figures/m)
  const falling = statistics(
    [1, 2, 3, 4, 6, 8].flatMap((replicas) =>
      [0.99, 1, 1.01].map((noise, index) =>
        scaled(
          `f${replicas}-${index}`,
          replicas,
          (noise * 1000 * replicas) / (1 + 0.05 * (replicas - 1) + 0.04 * replicas * (replicas - 1)),
        ),
      ),
    ),
  )
  assert.match(text(falling), /Throughput peaks at [\d.]+ .*replicas and falls beyond/)
})

test('what ends a search decides its tone', () => {
  const { breakpoint } = samples.breakpoint
  assert.ok(breakpoint)
  const finding = (changes: Partial<typeof breakpoint>) => {
    const { blocks, cases } = modelOf({
      ...samples.breakpoint,
      breakpoint: { ...breakpoint, done: true, ...changes },
    })
    const [block] = blocks
    return (
      block?.kind === 'finding' &&
      `${block.tone}, ${cases[0]?.failure ? 'fails' : 'passes'}: ${[block.text, ...(block.reasons ?? [])].join(' ')}`
    )
  }
  assert.match(
    finding({}) || '',
    /^good, passes: Holds 20 requests\/s, breaks at 40: p95 95 → 95 ms\. 100 % apart/,
  )
  assert.match(finding({ limit: 'machine' }) || '', /^doubt, passes: .*CPU of k6’s machine was used up/)
  assert.match(finding({ limit: 'generator' }) || '', /^doubt, fails: Holds 20 requests\/s; at 40 k6 was/)
  assert.match(finding({ held: null }) || '', /^bad, fails: No rate held, down to 40 requests\/s\./)
  assert.match(
    finding({ broke: null, done: false }) || '',
    /^doubt, passes: .*the highest rate tried: p95 95 ms\. The search was cut/,
  )
})

test('groups that cannot be compared say so in every format, and fail in CI', () => {
  const refused = comparison(
    aSide('old', 0, 1),
    aSide('new', 1, 1).map((each) => ({
      ...each,
      run: each.run && { ...each.run, load: { ...each.run.load, request: 'GET /cpu' } },
    })),
  )
  const files = reportFiles(refused)
  for (const content of [files.get('index.html'), files.get('report.md'), text(refused)])
    assert.match(content ?? '', /The request differs[\s\S]*Not compared\./)
  assert.match(junitOf(refused), /failures="1"[\s\S]*name="comparable"><failure message="The request/)
})

test('the page of a history has the alarm, the last night and a plot', () => {
  const files = reportFiles(history)
  assert.deepEqual(
    [...files.keys()],
    ['index.html', 'report.md', 'comment.md', 'statistics.json', 'junit.xml', 'history-1-constant.svg'],
  )
  const page = files.get('index.html') ?? ''
  assert.ok(page.includes(files.get('history-1-constant.svg') ?? 'no plot'))
  assert.match(
    page,
    /<h1>Night by night<\/h1>\n<div class="finding bad"><p>constant · p95 is worse since 28 Jan \(\+16 %\)\.</,
  )
  assert.match(
    page,
    /constant · p95 is \+16 % since the night of 2026-01-28 00:00 \(\d+ ms before, \d+ ms after\), between the commits 26a{8} and 27a{8}\./,
  )
  assert.match(page, /Last night against its baseline: worse/)
  assert.match(page, /3 nights so far since a change; an alarm needs 10 before it/)
  const calm = { ...history, nights: nights.slice(0, 1), alarms: [], series: seriesOf(nights.slice(0, 1)) }
  assert.match(html(modelOf(calm)), /Too early to see a change: 1 night so far, and it takes more than 10\./)
})

test('the history in the terminal: the title, the alarms and the remarks', () => {
  const lines = text(history).split('\n')
  assert.equal(lines[1], 'constant · p95 is worse since 28 Jan (+16 %).')
  assert.ok(lines.some((line) => /^ {2}constant · p95 is \+/.test(line)))
  assert.ok(lines.includes('3 of 4 planned runs were made.'))
})

test('an alarm without commits names none, and one between nights of one commit names it', () => {
  const words = (commit: string | null) => {
    const all = seriesOf(nights.map((night) => ({ ...night, commit })))
    return text({ ...history, series: all, alarms: alarmsOf(all, []) })
  }
  assert.match(words(null), /ms after\)\.$/m)
  assert.match(words('b'.repeat(40)), /ms after\); both nights ran the commit b{10}\.$/m)
})

test('a page with more than a hundred runs leaves their details to statistics.json', () => {
  const [first] = samples.runs.runs
  assert.ok(first)
  const many = {
    ...samples.runs,
    runs: Array.from({ length: 101 }, (_, index) => ({ ...first, name: `run-${index}` })),
  }
  const files = reportFiles(many)
  const page = files.get('index.html') ?? ''
  assert.match(page, /CW · run-100/)
  assert.doesNotMatch(page, /<details|href="#/)
  const markdown = files.get('report.md') ?? ''
  assert.match(markdown, /CW · run-100/)
  assert.doesNotMatch(markdown, /What was run/)
  assert.equal(files.get('statistics.json'), `${JSON.stringify(many, null, 2)}\n`)
})

const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '<script>alert(1)</script>',
    '"><img src=x>',
    '| a | b',
    '&amp;',
    '=1+1',
    'a\r\nb',
    '\u0000',
  ),
)

test('names from people are text in HTML, one cell in Markdown, and well-formed XML', () => {
  // Each place has a name of its own, so that a few pages hold many.
  const names = fc.array(nasty, { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(names, (all) => {
      let next = 0
      const name = () => all[next++ % all.length] ?? ''
      const base = samples.runs.runs.map((each) => ({ ...each, name: name() }))
      const named: (Statistics | HistoryReport)[] = [
        {
          ...samples.run,
          runs: [{ ...runStatistics(onCluster(name(), 2, { [name()]: name() })), name: name() }],
        },
        { ...samples.runs, runs: base },
        {
          ...history,
          remarks: [name()],
          series: series.map((each) => ({ ...each, name: name() })),
          alarms: [],
        },
      ]
      for (const data of named) {
        const report = modelOf(data)
        const page = html(report)
        assert.deepEqual(foreignScripts(page), [])
        assert.doesNotMatch(page, /<img/)
        const tables = tablesOf(report.blocks)
        const columns = new Set(tables.map(({ table }) => table.heads.length))
        for (const row of markdownRows(markdown(report))) assert.ok(columns.has(row.length), row.join())
        xml(junitOf(data))
      }
    }),
    { numRuns: 15 },
  )
})

/** RFC 4180, section 2. */
function records(text: string): string[][] {
  assert.ok(text.endsWith('\r\n'))
  const all: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    all.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === '\r\n') all.push([])
  }
  return all.slice(0, -1)
}

test('runs.csv is read back as it was, except for formulas', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.oneof(nasty, fc.double()), { minLength: 1 }), { minLength: 1 }),
      (rows) => {
        const content = csv({ ...modelOf(samples.run), records: rows })
        const expected = rows.map((row) =>
          row.map((value) =>
            /^[=+\-@\t]/.test(String(value)) && typeof value === 'string' ? `'${value}` : String(value),
          ),
        )
        assert.deepEqual(records(content ?? ''), expected)
      },
    ),
  )
  const [head, ...rows] = records(reportFiles(compared).get('runs.csv') ?? '')
  assert.deepEqual(head?.slice(0, 3), ['run', 'side', 'scenario'])
  assert.deepEqual(
    rows.slice(4, 6).map((row) => row.slice(0, 3)),
    [
      ['old-4', 'baseline', 'ramp'],
      ['new-0', 'candidate', 'ramp'],
    ],
  )
})

test('annotations are workflow commands, an error for each failed case, ten at most', () => {
  const failed = { suite: 'run', name: 'p95, of pay', failure: '100 % worse\nthan asked' }
  const cases = [{ suite: 'run', name: 'verdict', failure: null }, ...Array(12).fill(failed)]
  const lines = annotations({ cases }).split('\n')
  assert.equal(lines.length, 11)
  assert.equal(lines[0], '::error title=run%3A p95%2C of pay::100 %25 worse%0Athan asked')
})
