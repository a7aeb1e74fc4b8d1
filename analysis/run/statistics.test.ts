import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { aClimb, aRun, aSummary, fixture, requests } from '../../test/samples.ts'
import { readSource } from '../formats/read.ts'
import { formatRun, parseRun } from '../formats/run.ts'
import { Statistics, statistics } from '../runs/statistics.ts'

const only = (source: Parameters<typeof statistics>[0][number]) => {
  const { runs } = statistics([source])
  assert.ok(runs[0])
  return runs[0]
}

describe('stages', () => {
  test('have rates over their own time and are judged each', () => {
    const source = aClimb('climb', [1000, 1900, 2500])
    const run = source.run && { ...source.run, slos: [{ figure: 'rate', limit: 150 }] }
    const { stages } = only({ ...source, run })
    assert.deepEqual(
      stages.map(({ vus, rate, holds, durationMs }) => [vus, rate, holds, durationMs]),
      [
        [1, 100, false, 10_000],
        [2, 190, true, 10_000],
        [4, 250, true, 10_000],
      ],
    )
  })

  test('an interrupted one has the rate of the time that it stood', () => {
    const source = aClimb('climb', [1000, 500])
    const interrupted = {
      ...source,
      summary: {
        kind: 'summary' as const,
        summary: { ...(source.summary.kind === 'summary' && source.summary.summary), durationMs: 15_000 },
      },
    } as typeof source
    const [, last] = only(interrupted).stages
    assert.deepEqual([last?.durationMs, last?.rate], [5000, 100])
  })

  test('of a summary on its own are known by their tag, without size or rate', () => {
    const { summary } = aClimb('climb', Array<number>(11).fill(100))
    const { stages } = only({ name: 'bare', run: null, summary })
    assert.deepEqual(
      stages.map(({ stage }) => stage),
      ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'],
    )
    assert.ok(
      stages.every(({ vus, rate, requests: count }) => vus === null && rate === null && count === 100),
    )
  })
})

describe('remarks', () => {
  const remarks = (changes: Parameters<typeof aRun>[0], failed = 0) =>
    only({
      name: 'x',
      run: aRun(changes),
      summary: { kind: 'summary', summary: aSummary(requests(1000, failed)) },
    }).remarks.join('\n')
  const target = aRun().target

  test('say whether the workload counted as many requests as k6', () => {
    assert.match(remarks({ target: { ...target, workServed: 1000 } }), /counted the same 1,000/)
    assert.match(remarks({ target: { ...target, workServed: 1200 } }), /counted 1,200 .* k6 1,000/)
  })
  test('say when generator and target shared a machine', () => {
    assert.match(
      remarks({ target: { ...target, embedded: true } }),
      /shared the 4 cores .* k6 itself used 0\.200/,
    )
    assert.doesNotMatch(remarks({}), /shared/)
  })
  test('say whose latencies they are when requests failed', () => {
    assert.match(remarks({}, 10), /of the 990 successful requests; the 10 failed/)
  })
})

test('a run is written and read without loss, and what is no run is told', () => {
  const run = aRun({ labels: { replicas: '2' }, verdict: { kind: 'fail', reasons: ['p95'] } })
  assert.deepEqual(parseRun(formatRun(run)), { kind: 'run', run })
  const reason = (text: string) => {
    const reading = parseRun(text)
    assert.equal(reading.kind, 'unreadable')
    return (reading as { reason: string }).reason
  }
  assert.match(reason(formatRun(run).slice(0, -9)), /killed/)
  assert.match(reason('{"schema":2}'), /newer load-and-stress \(schema 2/)
  assert.match(reason('{"schema":1}'), /^not a run \(id: /)
  assert.match(reason('null'), /^not a run \(top level: /)
})

describe('reading', () => {
  const inFolder = async (work: (folder: string) => Promise<void>) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'las-read-'))
    try {
      await work(folder)
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  const reason = async (at: string) => {
    const reading = await readSource(at)
    assert.equal(reading.kind, 'unreadable')
    return (reading as { reason: string }).reason
  }

  test('a folder without a summary is an invalid run, not an error', () =>
    inFolder(async (folder) => {
      await writeFile(path.join(folder, 'run.json'), formatRun(aRun()))
      const reading = await readSource(folder)
      assert.equal(reading.kind, 'source')
      assert.equal(reading.kind === 'source' && only(reading.source).verdict.kind, 'invalid')
    }))

  test('a bare summary is named by its file', () =>
    inFolder(async (folder) => {
      const file = path.join(folder, 'mine.json')
      await writeFile(file, fixture('1.8.1-export.json'))
      const reading = await readSource(file)
      assert.equal(reading.kind === 'source' && reading.source.name, 'mine.json')
    }))

  test('what cannot be read gets a sentence with the file and the reason', () =>
    inFolder(async (folder) => {
      assert.match(await reason(path.join(folder, 'none')), /none: no such file or folder$/)
      assert.match(await reason(folder), /not a result folder \(no run\.json\)$/)
      const torn = path.join(folder, 'torn.json')
      await writeFile(torn, '{"metrics":')
      assert.match(await reason(torn), /torn\.json: not whole JSON/)
      await writeFile(path.join(folder, 'run.json'), '{}')
      assert.match(await reason(folder), /run\.json: not a run/)
    }))
})

test('the documented schema is the one that is written; UPDATE=1 writes it anew', async () => {
  const file = path.join(import.meta.dirname, '../statistics.schema.json')
  const schema = `${JSON.stringify(z.toJSONSchema(Statistics, { target: 'draft-2020-12' }), null, 2)}\n`
  if (process.env.UPDATE) await writeFile(file, schema)
  assert.equal(await readFile(file, 'utf8'), schema)
})
