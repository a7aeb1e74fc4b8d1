import assert from 'node:assert/strict'
import { appendFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { aClimb, aRun, fixture, k6Versions, requests, summaryText } from '../../test/samples.ts'
import { readSource } from '../formats/read.ts'
import { formatRun, type Run } from '../formats/run.ts'
import { comparedPercentiles, keep, readFigures } from './kept.ts'
import { type RunStatistics, runStatistics } from './statistics.ts'

describe('figures kept in run.json', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'las-kept-'))
  })
  after(() => rm(folder, { recursive: true }))

  const file = (name: string) => path.join(folder, name)

  /** From the summary, without whole curves. */
  async function computed(): Promise<RunStatistics> {
    const reading = await readSource(folder)
    assert.ok(reading.kind === 'source')
    const { stages, percentiles, ...rest } = runStatistics(reading.source)
    const few = percentiles.filter(([p]) => comparedPercentiles.includes(p))
    return { ...rest, percentiles: few, stages: stages.map((each) => ({ ...each, percentiles: [] })) }
  }

  /** Leaves the folder as a run does that ends with these figures; by default those of its summary. */
  async function ended(run: Run, summary: string, changes: Partial<RunStatistics> = {}): Promise<void> {
    await writeFile(file('summary.json'), summary)
    await writeFile(file('run.json'), formatRun(run))
    const figures = { ...(await computed()), ...changes }
    const judged = { ...run, verdict: figures.verdict }
    await writeFile(
      file('run.json'),
      formatRun(judged, keep({ ...figures, run: judged }, file('summary.json'))),
    )
  }

  async function figures(read = readFigures): Promise<RunStatistics> {
    const reading = await read(folder)
    assert.ok(reading.kind === 'ok')
    return reading.value
  }

  const { run: climb } = aClimb('climb', [1000, 1900])
  const written = k6Versions.flatMap((version) =>
    ['handle-summary', 'export'].map((shape) => [
      `k6 ${version}, ${shape}`,
      fixture(`${version}-${shape}.json`),
    ]),
  )
  for (const [name = '', summary = ''] of [
    ...written,
    ['failed requests', summaryText(requests(2000, 400))],
    ['no request', summaryText({})],
    ['a summary that was cut short', '{"metrics":'],
  ])
    test(`${name}: as from the summary, to the last byte`, async () => {
      for (const run of [aRun(), climb as Run]) {
        await ended(run, summary)
        assert.match(await readFile(file('run.json'), 'utf8'), /"kept"/)
        assert.deepEqual(await figures(), await computed())
        assert.equal(JSON.stringify(await figures()), JSON.stringify(await computed()))
      }
    })

  /** A rate that no summary gives: it shows where figures come from. */
  const marked = { knee: 12345 }
  const edit = async (name: string, from: RegExp, to: string) => {
    const text = await readFile(file(name), 'utf8')
    assert.match(text, from)
    await writeFile(file(name), text.replace(from, to))
  }

  test('they are used as long as nothing has changed', async () => {
    await ended(aRun(), summaryText(requests(1000)), marked)
    assert.equal((await figures()).knee, 12345)
    // A formatter, or a newer program that adds a field.
    await edit('run.json', /^\{\s*/, '{"added": 1, ')
    assert.equal((await figures()).knee, 12345)
  })

  const changes: Record<string, () => Promise<void>> = {
    'one digit of the summary': () => edit('summary.json', /"count":1000/, '"count":1001'),
    'white space in the summary': () => appendFile(file('summary.json'), '\n'),
    'no summary': () => rm(file('summary.json')),
    'another limit in run.json': () => edit('run.json', /"limit": 0.01/, '"limit": 0.02'),
    'another kept figure': () => edit('run.json', /12345/, '12346'),
    'another hash': () => edit('run.json', /"sha256": "./, '"sha256": "'),
    'kept figures of another shape': () => edit('run.json', /"sha256"/, '"md5"'),
    'no kept figures': () => edit('run.json', /"kept"/, '"former"'),
  }
  for (const [name, change] of Object.entries(changes))
    test(`${name}: the figures are computed from the summary`, async () => {
      await ended(aRun(), summaryText(requests(1000)), marked)
      await change()
      assert.deepEqual(await figures(), await computed())
      assert.equal((await figures()).knee, null)
    })

  test('those of other code are computed again; the same code elsewhere uses them', async () => {
    await ended(aRun(), summaryText(requests(1000)), marked)
    const elsewhere = await mkdtemp(path.join(os.tmpdir(), 'las-code-'))
    try {
      await writeFile(path.join(elsewhere, 'package.json'), '{"type":"module"}')
      await symlink(
        path.join(import.meta.dirname, '../../node_modules'),
        path.join(elsewhere, 'node_modules'),
      )
      const copied = async (name: string) => {
        const to = path.join(elsewhere, name)
        await cp(path.join(import.meta.dirname, '..'), to, { recursive: true })
        return to
      }
      const kneeBy = async (code: string) => {
        const copy: { readFigures: typeof readFigures } = await import(path.join(code, 'run/kept.ts'))
        return (await figures(copy.readFigures)).knee
      }
      assert.equal(await kneeBy(await copied('same')), 12345)
      for (const changed of ['numbers/distribution.ts', 'formats/summary.ts', 'run/remarks.ts']) {
        const code = await copied(path.basename(changed))
        await appendFile(path.join(code, changed), '// changed\n')
        assert.equal(await kneeBy(code), null, changed)
      }
    } finally {
      await rm(elsewhere, { recursive: true })
    }
  })
})
