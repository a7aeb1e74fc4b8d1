import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { framed } from '../../analysis/formats/framed.ts'
import { readSource } from '../../analysis/formats/read.ts'
import { formatRun } from '../../analysis/formats/run.ts'
import { findMetric } from '../../analysis/formats/summary.ts'
import { aRun, fixture, requests, summaryText } from '../../test/samples.ts'
import { testShell } from '../../test/shell.ts'
import { mergeInto } from './merged.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'las-merged-'))
})
after(() => rm(folder, { recursive: true }))

const file = async (name: string, text: string): Promise<string> => {
  const at = path.join(folder, name)
  await mkdir(path.dirname(at), { recursive: true })
  await writeFile(at, text)
  return at
}

const merged = (...named: string[]) => mergeInto(testShell(), named, path.join(folder, 'results'))

const told = (count: number, segment: string) =>
  JSON.stringify({
    ...JSON.parse(summaryText(requests(count), 60)),
    generator: { name: null, segment, startedAt: '2026-01-01T00:00:00.012Z', load: 'x' },
  })

test('logs become a run with each part kept, and never overwrite one', async () => {
  const warnings = 'level=warning msg="Request Failed"\n'.repeat(1000)
  const one = await file('1.log', `${warnings}${framed('summary.json', told(100, '0:1/2'))}${warnings}`)
  const other = await file('2.log', `${warnings}[pod] ${told(200, '1/2:1')}\n`)
  const { folder: at, source } = await merged(one, other)
  assert.deepEqual(source.run?.merge?.problems, [])
  const again = await readSource(at)
  assert.ok(again.kind === 'source' && again.source.summary.kind === 'summary', 'a result folder')
  assert.equal(findMetric(again.source.summary.summary, 'http_reqs')?.values.count, 300)
  assert.deepEqual(again.source.run, source.run)
  assert.deepEqual(
    source.run?.generators?.map(({ name, segment, skewMs }) => [name, segment, skewMs]),
    [
      ['1', '0:1/2', 0],
      ['2', '1/2:1', 0],
    ],
  )
  assert.equal(await readFile(path.join(at, 'generators/2/summary.json'), 'utf8'), told(200, '1/2:1'))
  const { folder: second } = await merged(one, other)
  assert.notEqual(at, second)
})

test('a part that is missing, damaged or of k6’s text makes the run invalid', async () => {
  const whole = await file('a.json', told(100, '0:1/2'))
  const cut = framed('summary.json', told(100, '1/2:1').repeat(9)).split('\n').slice(1).join('\n')
  const { source } = await merged(whole, await file('b.log', cut))
  assert.equal(source.run?.verdict?.kind, 'invalid')
  assert.match(
    source.run?.verdict?.reasons.join('; ') ?? '',
    /generator b left no figures: summary.json: 1 of \d+ lines are missing.*; no generator made the part 0.500 to 1/,
  )
  const text = '  █ TOTAL RESULTS\n    http_reqs......................: 40  9.9/s\n'
  const { source: printed } = await merged(whole, await file('c.log', text))
  assert.match(
    printed.run?.verdict?.reasons.join() ?? '',
    /generator c left no figures: has the text that k6 prints/,
  )
})

test('result folders of several machines are merged as one load', async () => {
  for (const [index, count] of [100, 300].entries()) {
    await file(`machine-${index}/run/summary.json`, summaryText(requests(count), 10))
    await file(
      `machine-${index}/run/run.json`,
      formatRun(aRun({ labels: { machine: String(index), team: 'a' } })),
    )
  }
  const { folder: at, source } = await merged(
    path.join(folder, 'machine-0/run'),
    path.join(folder, 'machine-1/run'),
  )
  assert.equal(source.run?.verdict?.kind, 'pass', source.run?.verdict?.reasons.join())
  assert.deepEqual(
    [source.run?.load.stages[0]?.vus, source.run?.k6.cpuSeconds, source.run?.labels],
    [16, 4, { team: 'a' }],
  )
  assert.deepEqual(await readdir(path.join(at, 'generators')), ['machine-0-run', 'machine-1-run'])
})

test('what cannot be merged is refused in a sentence', async () => {
  const whole = await file('a.json', told(100, '0:1/2'))
  const points = await file('p.json', '{"type":"Metric","data":{},"metric":"http_reqs"}\n{"type":"Point"}\n')
  await assert.rejects(merged(whole), /only one summary was found; --merge needs those of two/)
  await assert.rejects(merged(whole, points), /p.json: k6’s single measurements/)
  await assert.rejects(merged(whole, path.join(folder, 'none.json')), /none.json: no such file or folder/)
  await assert.rejects(
    merged(await file('x.log', 'hello\n'), await file('y.log', 'hello\n')),
    /x: has no summary of k6; let the script export handleSummary as framedSummary/,
  )
  await assert.rejects(merged(whole, await file('other.json', '{"a":1}')), /other.json: not a k6 summary/)
  const machineReadable = await file('m.json', fixture('2.2.0-machine-readable.json'))
  const { source } = await merged(machineReadable, await file('n.json', fixture('2.2.0-handle-summary.json')))
  assert.match(source.run?.merge?.notes.join() ?? '', /too few percentiles/)
})

test('what nothing limits is not judged', async () => {
  const { source } = await merged(
    await file('a.json', told(100, '0:1/2')),
    await file('b.json', told(101, '1/2:1')),
  )
  assert.equal(source.run?.verdict?.kind, 'not judged')
})

test('a duration that no date can hold is no fault', async () => {
  const long = (name: string) =>
    file(
      name,
      `{"state":{"testRunDurationMs":9641795711155624},"metrics":{"http_reqs":{"values":{"count":5}}}}`,
    )
  const { source } = await merged(await long('a.json'), await file('b.json', told(101, '1/2:1')))
  assert.equal(source.run?.verdict?.kind, 'invalid')
  assert.ok(!Number.isNaN(Date.parse(source.run?.startedAt ?? '')), source.run?.startedAt)
})
