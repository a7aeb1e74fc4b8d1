import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { aClimb, aRun, aSummary, requests } from '../../test/samples.ts'
import { readSource, type Source } from '../formats/read.ts'
import type { Run } from '../formats/run.ts'
import { type RunStatistics, runStatistics } from '../run/statistics.ts'
import { statistics } from '../runs/statistics.ts'
import { reportFiles, text } from './files.ts'
import { runSentence } from './run-finding.ts'

const recorded = async (name: string): Promise<Source> => {
  const reading = await readSource(path.join(import.meta.dirname, '../../test/fixtures/runs', name))
  assert.equal(reading.kind, 'source')
  return (reading as { source: Source }).source
}

/** A climb whose stages have that rate and p95. */
function climb(...stages: readonly (readonly [rate: number, p95Ms: number])[]): RunStatistics {
  const run = runStatistics(
    aClimb(
      'climb',
      stages.map(([rate]) => rate * 10),
    ),
  )
  const made = run.stages.map((stage, index) => {
    const [rate = 0, p95Ms = 0] = stages[index] ?? []
    return { ...stage, rate, p95Ms, meanMs: p95Ms / 2, inFlight: stage.vus }
  })
  const powers = made.map(({ rate, meanMs }) => rate / meanMs)
  const best = made[powers.indexOf(Math.max(...powers))]
  return { ...run, stages: made, knee: made.length > 2 ? (best?.vus ?? null) : null }
}

/** An open load whose stages have that rate, whether they held, and a p95. */
function open(
  ...stages: readonly (readonly [rate: number, holds: boolean | null, p95Ms: number])[]
): RunStatistics {
  const run = runStatistics(
    aClimb(
      'open',
      stages.map(() => 1000),
    ),
  )
  return {
    ...run,
    run: run.run && { ...run.run, scenario: 'spike', slos: [{ figure: 'p95', limit: 250 }] },
    stages: run.stages.map((stage, index) => {
      const [offered = 0, holds = null, p95Ms = 0] = stages[index] ?? []
      return { ...stage, offered, holds, p95Ms }
    }),
  }
}

const single = (changes: Partial<Run>, metrics = requests(1000)) =>
  runStatistics({ name: 'x', run: aRun(changes), summary: { kind: 'summary', summary: aSummary(metrics) } })

const arrival: Run['load'] = {
  request: 'GET /work',
  stages: [{ stage: '1', vus: 150, offered: 100, startMs: 0, durationMs: 10_000 }],
  connections: 'kept',
}

describe('the sentence of a run', () => {
  test('of recorded runs', async () => {
    const sentences = await Promise.all(
      ['ramp', 'arrival', 'mix'].map(async (name) => runSentence(runStatistics(await recorded(name)))),
    )
    assert.deepEqual(sentences, [
      'Saturates at 2 VUs: 264/s; 4 VUs add 18 % and take 1.6 times as long.',
      'Holds 50/s: p95 14.4 ms, no errors.',
      'Of 3 kinds of request stress is slowest: p95 106 ms; fastest is cpu with 3.57 ms.',
    ])
  })

  test('of a climb says where it saturates, and what more VUs cost', () => {
    const words = (...stages: (readonly [number, number])[]) => runSentence(climb(...stages))
    assert.equal(
      words([90, 10], [170, 11], [290, 12], [300, 25], [313, 34.8]),
      'Saturates at 4 VUs: 290/s; 16 VUs add 7.9 % and take 2.9 times as long.',
    )
    assert.equal(
      words([100, 10], [200, 10], [150, 40]),
      'Saturates at 2 VUs: 200/s; 4 VUs do 25 % less and take 4 times as long.',
    )
    assert.equal(
      words([100, 10], [190, 10], [190, 20]),
      'Saturates at 2 VUs: 190/s; 4 VUs add nothing and take 2 times as long.',
    )
    assert.equal(
      words([100, 10], [150, 20], [210, 60]),
      'Most throughput for its latency at 1 VU: 100/s; 4 VUs add 110 % and take 6 times as long.',
    )
    assert.equal(
      words([100, 10], [200, 10], [400, 10]),
      'No saturation up to 4 VUs: 400/s, p95 10 ms, no errors.',
    )
    assert.equal(words([100, 10], [190, 19]), '1 VU makes 100/s; 2 VUs add 90 % and take 1.9 times as long.')
  })

  test('of a climb with VUs that idled claims less', () => {
    const run = climb([100, 10], [200, 10], [190, 20])
    const idle = { ...run, stages: run.stages.map((stage) => ({ ...stage, inFlight: 1 })) }
    assert.match(runSentence(idle), /^Seems to saturate at 2 VUs: .* Not every stage was steady\.$/)
  })

  test('of an open load says whether it holds', () => {
    const words = (limit: number, metrics = requests(1000)) =>
      runSentence(single({ load: arrival, slos: [{ figure: 'p95', limit }] }, metrics))
    assert.equal(words(250), 'Holds 100/s: p95 95 ms, limit 250 ms.')
    assert.equal(words(50), 'Does not hold 100/s: p95 95 ms, limit 50 ms.')
    assert.equal(
      runSentence(single({ load: arrival }, requests(1000, 23))),
      'Does not hold 100/s: 2.30 % errors, limit 1 %.',
    )
    assert.equal(
      runSentence({ ...single({ load: arrival }), queueGrowth: 0.04 }),
      'Does not keep up with 100/s: requests arrived 4.0 % faster than they were answered.',
    )
    assert.equal(words(250, requests(10)), 'Nothing can be concluded from this run.')
  })

  test('of a rush says what it holds, and whether it recovers', () => {
    assert.equal(
      runSentence(open([20, true, 10], [100, false, 812], [20, true, 12])),
      'Holds 20/s, but not 100/s: p95 812 ms, limit 250 ms.',
    )
    assert.equal(
      runSentence(open([20, true, 10], [100, false, 812], [20, false, 400])),
      'Holds 20/s before the peak of 100/s, but not after it: p95 400 ms, limit 250 ms.',
    )
    assert.equal(
      runSentence(open([20, true, 10], [100, true, 30], [20, true, 10])),
      'Holds up to 100/s: p95 30 ms, limit 250 ms.',
    )
    assert.equal(
      runSentence(open([20, true, 10], [20, true, 12], [20, false, 300])),
      'Holds 20/s in 2 of 3 windows: p95 10 to 300 ms, limit 250 ms.',
    )
    assert.equal(
      runSentence(open([20, null, 10], [100, null, 30])),
      'At the peak of 100/s: p95 30 ms, limit 250 ms.',
    )
  })

  test('of one plateau, of an invalid run, and of too few requests', () => {
    assert.equal(
      runSentence(single({ slos: [{ figure: 'p95', limit: 250 }] })),
      '8 VUs make 100/s: p95 95 ms, limit 250 ms.',
    )
    assert.equal(
      runSentence(single({ slos: [{ figure: 'p95', limit: 50 }] })),
      '8 VUs make 100/s, but not within the SLOs: p95 95 ms, limit 50 ms.',
    )
    assert.equal(runSentence(single({}, requests(10, 10))), 'Nothing can be concluded from this run.')
    assert.equal(runSentence(single({}, requests(5))), '8 VUs make 0.500/s: no errors.')
  })

  test('never shows a number that is none, whatever was measured', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(counts, fc.integer({ min: 0, max: 5 }), (each, failed) => {
        for (const run of [
          runStatistics(aClimb('x', each)),
          single({ load: arrival }, requests(each[0] ?? 0, failed)),
        ])
          assert.match(runSentence(run), /^(?!.*(NaN|Infinity|undefined|null|–)).+\.$/)
      }),
      { numRuns: 100 },
    )
  })
})

test('page, Markdown and terminal begin with the sentence, and the verdict follows', () => {
  const data = statistics([aClimb('climb', [1000, 1900, 2000])])
  const [run] = data.runs
  assert.ok(run)
  const files = reportFiles(data)
  const sentence = runSentence(run)
  assert.match(sentence, /^No saturation|^Saturates|^Most/)
  assert.ok(text(data).startsWith(`ramp · climb\n${sentence}\nverdict: pass\n`))
  assert.ok(files.get('report.md')?.startsWith(`# ramp · climb\n\n**${sentence}**\n\n**verdict: pass**`))
  assert.ok(files.get('index.html')?.includes(`</h1>\n<div class="finding neutral"><p>${sentence}</p>`))
})

test('the mixture of several stages or kinds of request makes no tile', async () => {
  const tiles = async (name: string) =>
    reportFiles(statistics([await recorded(name)]))
      .get('report.md')
      ?.split('\n\n')[3]
      ?.replace(/\\/g, '') ?? ''
  assert.match(await tiles('ramp'), /^requests at 2 VUs \*\*[\d,]+\*\* · requests\/s at 2 VUs \*\*264\*\*/)
  assert.match(
    await tiles('mix'),
    /^p95 ms of work \*\*[\d.]+\*\* · p95 ms of cpu \*\*3\.57\*\* · p95 ms of stress \*\*106\*\*$/,
  )
  assert.match(await tiles('arrival'), /^requests \*\*/)
})

test('at most three caveats stand beside their figures, and all remarks come last, folded', () => {
  const target = { ...aRun().target, embedded: true, workServed: 900 }
  const k6 = { ...aRun().k6, outputs: ['csv'] }
  const run = single({ target, k6, load: { ...aRun().load, proxy: 'http://10.0.0.1:3128', thinkMs: 100 } })
  assert.equal(run.caveats.length, 3)
  assert.match(run.remarks[0] ?? '', /^The load went through the proxy/)
  const page = reportFiles({ ...statistics([]), kind: 'run', runs: [run] }).get('report.md') ?? ''
  assert.match(
    page,
    /requests\/s \*\*100\*\* \(of the proxy and the target; k6 was slowed by its outputs; as many as the pauses allow\)/,
  )
  for (const remark of run.remarks) assert.ok(page.replace(/\\/g, '').includes(`- ${remark}`), remark)
})

test('the figures of an invalid run are crossed out, with the reason', () => {
  const summary = {
    kind: 'summary',
    summary: aSummary({ ...requests(1000), dropped_iterations: { count: 9 } }),
  } as const
  const files = reportFiles(statistics([{ name: 'x', run: aRun({ load: arrival }), summary }]))
  const page = files.get('index.html') ?? ''
  assert.match(page, /<div class="invalid"><p>Not to be used: k6 dropped 9 of .*<\/p>\n<dl class="tiles">/)
  assert.match(page, /<div class="invalid"><p>Not to be used: the run is invalid<\/p>\n<figure/)
  assert.match(page, /\.invalid :is\(td[^{]*\{[^}]*line-through/)
  const markdown = files.get('report.md') ?? ''
  assert.match(markdown, /\*Not to be used: k6 dropped 9 of [^*]*\*\n\nrequests \*\*1,000/)
  assert.doesNotMatch(
    reportFiles(statistics([aClimb('ok', [1000])])).get('index.html') ?? '',
    /class="invalid"/,
  )
})
