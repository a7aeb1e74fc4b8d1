import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { aClimb, aRun, aScriptRun } from '../../test/samples.ts'
import type { Run } from '../formats/run.ts'
import { runStatistics } from '../run/statistics.ts'
import { compare } from '../runs/compare.ts'
import { type Commands, type Entry, type RunEntry, shortened, startOf } from './results/entries.ts'
import { resultsPage } from './results/page.ts'
import { picked, sideBySide } from './results/sides.ts'
import { nameOf, rowsOf } from './results/table.ts'
import { fragmentOf, optionsOf, shown, viewOf } from './results/view.ts'

const commands: Commands = {
  inTurns: 'in turns {scenario} {a} {b}',
  repeat: 'repeat {scenario} {a} {b}',
  compare: "compare '{a}' '{b}'",
  report: 'report NAME',
  anyway: 'ANYWAY',
}

function entry(path: string, changes: Partial<Run> = {}, count = 1000): RunEntry {
  const source = aClimb(path, [count])
  const figures = shortened(runStatistics({ ...source, run: aRun({ id: path, ...changes }) }))
  return { kind: 'run', path, series: null, files: ['run.json'], figures }
}

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()

const script = { file: 'shop.js', sha256: '0'.repeat(64) }
const entries: Entry[] = [
  entry('20260101T000000Z-constant-00000001', { startedAt: at(0), commit: 'a'.repeat(40) }, 900),
  entry('20260101T000100Z-ramp-00000002', { startedAt: at(1), scenario: 'ramp', labels: { team: 'blue' } }),
  entry('20260101T000200Z-shop-00000003', { startedAt: at(2), scenario: 'shop', script, interrupted: true }),
  {
    ...entry(
      '20260101T000300Z-nightly-00000004/20260101T000301Z-constant-00000005',
      { startedAt: at(3) },
      800,
    ),
    series: '20260101T000300Z-nightly-00000004',
  },
  {
    kind: 'series',
    path: '20260101T000300Z-nightly-00000004',
    series: null,
    files: ['report/index.html', 'history/index.html'],
    of: 'nightly',
    runs: 1,
    words: 'judgement: worse',
  },
  {
    kind: 'broken',
    path: '20260101T000400Z-soak-00000006',
    series: null,
    files: [],
    reason: 'run.json is empty',
  },
]
const of = (fragment: string) =>
  shown(entries, viewOf(fragment)).map(({ path }) => path.split('/').at(-1)?.split('-')[1])

describe('what the page of results shows', () => {
  test('everything, the newest first', () => {
    assert.deepEqual(of(''), ['soak', 'constant', 'nightly', 'shop', 'ramp', 'constant'])
  })

  test('what a filter lets through', () => {
    assert.deepEqual(of('scenario=constant'), ['constant', 'nightly', 'constant'])
    assert.deepEqual(of('scenario=constant&kind=runs'), ['constant', 'constant'])
    assert.deepEqual(of('script=shop.js'), ['shop'])
    assert.deepEqual(of('label=team%3Dblue'), ['ramp'])
    assert.deepEqual(of('commit=aaaaaaaaaa'), ['constant'])
    assert.deepEqual(of('verdict=invalid'), ['shop'])
    assert.deepEqual(of('valid=1'), ['constant', 'nightly', 'ramp', 'constant'])
    assert.deepEqual(of('kind=nights'), ['nightly'])
    assert.deepEqual(of('kind=series'), [])
    assert.deepEqual(of('series=20260101T000300Z-nightly-00000004'), ['constant', 'nightly'])
  })

  test('what has all words of a search', () => {
    assert.deepEqual(of('q=WORSE'), ['nightly'])
    assert.deepEqual(of('q=interrupted shop'), ['shop'])
    assert.deepEqual(of('q=empty'), ['soak'])
    assert.deepEqual(of('q=empty+blue'), [])
  })

  test('in the wanted order, what has no value last', () => {
    assert.deepEqual(of('sort=rate&kind=runs').slice(0, 2), ['constant', 'constant'])
    assert.deepEqual(of('sort=-rate&kind=runs').at(-1), 'soak')
    assert.deepEqual(of('sort=started').at(-1), 'soak')
  })

  test('an address keeps a view, and any fragment is one', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1 })
    const view = fc.record({
      text: fc.string({ unit: 'grapheme' }),
      kind: fc.constantFrom(null, 'runs', 'series', 'nights'),
      chosen: fc.record({ scenario: word, label: word, commit: word }, { requiredKeys: [] }),
      onlyValid: fc.boolean(),
      sort: fc.constantFrom('started', 'rate', 'p95', 'errors', 'verdict'),
      descending: fc.boolean(),
      page: fc.integer({ min: 1, max: 1e6 }),
      a: fc.uniqueArray(word.map((each) => `a${each}`)),
      b: fc.uniqueArray(word.map((each) => `b${each}`)),
      open: fc.boolean(),
    })
    fc.assert(
      fc.property(view, (each) => {
        assert.deepEqual(viewOf(`#${fragmentOf(each)}`), { ...each, chosen: { ...each.chosen } })
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (fragment) => void shown(entries, viewOf(fragment))),
    )
    assert.deepEqual(viewOf('#a=x&b=x&b=y&a=z'), { ...viewOf(''), a: ['z'], b: ['x', 'y'] })
  })

  test('a night is named by its date, a folder by its own name', () => {
    assert.equal(nameOf(entries[4] as Entry), 'Night of 2026-01-01 00:03')
    assert.equal(startOf(entries[5] as Entry), '2026-01-01 00:04:00')
    assert.equal(startOf({ kind: 'broken', path: 'x', series: null, files: [], reason: '' }), null)
  })

  test('the values to choose from are those of the runs', () => {
    const { scenario, script: scripts, verdict } = optionsOf(entries)
    assert.deepEqual([scenario, scripts, verdict], [['constant', 'ramp'], ['shop.js'], ['invalid', 'pass']])
  })
})

describe('side by side', () => {
  const runs = (which: 'a' | 'b', names = {}) =>
    Array.from({ length: 10 }, (_, index) => aScriptRun(which, index, { names }))

  test('what a page keeps of runs gives the comparison that their whole figures give', () => {
    const [a, b] = [runs('a'), runs('b', { checkout: 1.3 })]
    const whole = compare(a, b)
    assert.deepEqual(compare(a.map(shortened), b.map(shortened)), whole)
    assert.ok(whole.groups[0]?.metrics.some(({ metric }) => metric === 'p95{name:checkout}'))
    assert.equal(whole.judgement, 'worse')
    const kept = JSON.stringify(shortened(a[0] as (typeof a)[number]))
    assert.ok(kept.length < JSON.stringify(a[0]).length / 2)
  })

  test('one run a side is a look: figures and differences, curves, and what would give a verdict', () => {
    const [a, b] = [entry('x', {}, 1000), entry('y', {}, 1100)]
    const { markup } = sideBySide([a], [b], commands)
    assert.match(markup, /A look, no verdict/)
    assert.match(markup, /rate \(requests&#47;s\)|rate \(requests\/s\)/)
    assert.match(markup, /<td class="neutral">\+10 %<\/td>/)
    assert.match(markup, /<svg class="drawing"/)
    assert.match(markup, /repeat constant side=a side=b/)
  })

  test('two targets are to be run in turns, two commits compared by commit', () => {
    const target = (url: string) => ({ ...aRun().target, url })
    const side = (changes: Partial<Run>) => [entry('x', changes)]
    const urls = sideBySide(
      side({ target: target('http://a') }),
      side({ target: target('http://b/?x=1&y') }),
      commands,
    )
    assert.match(urls.markup, /in turns constant http:\/\/a &#39;http:\/\/b\/\?x=1&#38;y&#39;/)
    const commits = sideBySide(side({ commit: 'a'.repeat(40) }), side({ commit: 'b'.repeat(40) }), commands)
    assert.match(commits.markup, /repeat constant commit=aaaaaaaaaa commit=bbbbbbbbbb/)
  })

  test('unlike loads have no difference, and the sentence of compare', () => {
    const [stage] = aRun().load.stages
    const load = { ...aRun().load, stages: stage ? [{ ...stage, vus: 9 }] : [] }
    const { markup } = sideBySide([entry('x')], [entry('y', { load })], commands)
    assert.match(markup, /The load differs: 8 VUs for 10 s in the baseline, 9 VUs for 10 s in the candidate/)
    assert.doesNotMatch(markup, /B against A/)
    const five = (name: string, more = {}) =>
      Array.from({ length: 5 }, (_, index) => entry(`${name}${index}`, more))
    assert.match(sideBySide(five('a'), five('b', { load }), commands).markup, /Not compared.*ANYWAY/s)
  })

  test('an invalid run has no curve and no difference, and its reason', () => {
    const { markup } = sideBySide([entry('x')], [entry('y', { interrupted: true })], commands)
    assert.match(markup, /B is invalid: interrupted before/)
    assert.doesNotMatch(markup, /B against A|<svg/)
    assert.match(rowsOf([entry('y', { interrupted: true })], { a: [], b: [] }).markup, /<s>100<\/s>/)
  })

  test('groups have a forest plot and the command that compares the same', () => {
    const side = (which: 'a' | 'b') =>
      Array.from({ length: 5 }, (_, index) =>
        entry(`${which}${index}`, {}, 1000 + 7 * index + (which === 'b' ? 200 : 0)),
      )
    const { markup } = sideBySide(side('a'), side('b'), commands)
    assert.match(markup, /judgement: better/)
    assert.match(markup, /compare &#39;\{a0,a1,a2,a3,a4\}&#39; &#39;\{b0,b1,b2,b3,b4\}&#39;/)
    assert.match(markup, /<text class="better"/)
  })

  test('nothing picked says what to pick', () => {
    assert.match(sideBySide([], [], commands).markup, /Pick a run for A and one for B/)
    assert.match(sideBySide([entry('x')], [], commands).markup, /Pick a run for B/)
    const { a, b } = picked(entries, { a: [entries[1]?.path ?? '', 'gone'], b: [] })
    assert.deepEqual([a.length, b.length], [1, 0])
  })
})

describe('the page', () => {
  const script = 'document.title'
  const label = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      '</script>',
      '<!--',
      '"><img src=x onerror=alert(1)>',
      "' onclick='x",
      '\u2028',
      '--><script>',
    ),
  )

  test('allows only its own script and style, by their hashes', () => {
    const page = resultsPage({ entries, commands }, script)
    const hash = createHash('sha256').update(script).digest('base64')
    assert.ok(page.includes(`script-src 'sha256-${hash}'`))
    assert.match(page, /default-src 'none'/)
    assert.doesNotMatch(page, /\sstyle="|\son\w+="/)
  })

  test('takes no name, label or reason for markup, and keeps each as it was', () => {
    const tags = (page: string) => page.replace(/<option>[^<]*<\/option>/g, '').match(/<\/?[a-z!]+/g)?.length
    const usual = (words: string) =>
      resultsPage(
        {
          entries: [
            entry('x', { labels: { key: words }, commit: words }),
            { kind: 'broken', path: words, series: words, files: ['k6.log'], reason: words },
            { kind: 'series', path: words, series: null, files: [], of: words, runs: 2, words },
          ],
          commands,
        },
        script,
      )
    const plain = tags(usual('word'))
    fc.assert(
      fc.property(label, (words) => {
        fc.pre(words !== '')
        const page = usual(words)
        assert.equal(tags(page), plain)
        const [, data = ''] = /id="data">(.*?)<\/script>/s.exec(page) ?? []
        assert.equal(JSON.parse(data).entries[1].reason, words)
      }),
    )
  })
})
