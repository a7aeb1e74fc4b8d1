import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aCell, aSearch } from '../../test/samples.ts'
import type { Source } from '../formats/read.ts'
import { statistics } from '../runs/statistics.ts'
import type { Finding } from './blocks.ts'
import { modelOf } from './model.ts'

type Levels = Readonly<Record<string, string>>

/** Three searches of each cell. */
const searched = (cells: readonly Levels[], capacity: (levels: Levels) => number): Source[] =>
  cells.flatMap((levels) => [1, 2, 3].flatMap((repeat) => aSearch(levels, repeat, capacity(levels))))

const sizes = ['1', '2', '4'].map((replicas) => ({ replicas }))
const combined = sizes.flatMap((size) => ['100m', '200m'].map((cpu) => ({ ...size, cpu })))
const inProportion = ({ replicas, cpu = '200m' }: Levels) =>
  150 * Number(replicas) * (parseInt(cpu, 10) / 1000)

/** The check of a cell at a rate; `failed` of its 400 requests did not succeed. */
function checkOf(levels: Levels, rate: number, failed: number): Source {
  const [source] = aSearch(levels, 1, failed > 0 ? 0 : Number.POSITIVE_INFINITY)
  assert.ok(source?.run)
  const [stage] = source.run.load.stages
  assert.ok(stage)
  const { search: _, ...labels } = source.run.labels
  const run = {
    ...source.run,
    labels: { ...labels, cell: `check at ${rate}` },
    load: { ...source.run.load, stages: [{ ...stage, offered: rate }] },
  }
  return { ...aCell(levels, 1, 400), ...(failed > 0 && { summary: source.summary }), run }
}

/** All that k6’s CPU allowed. */
const byGenerator = ({ run, ...source }: Source): Source => ({
  ...source,
  run: run && { ...run, k6: { ...run.k6, cpuSeconds: 1000 } },
})
const without =
  (what: 'cpuCores' | 'machine') =>
  ({ run, ...source }: Source): Source => {
    assert.ok(run?.target.cluster)
    const pods = run.target.cluster.pods.map((pod) => ({ ...pod, cpuCores: null }))
    return what === 'cpuCores'
      ? { ...source, run: { ...run, target: { ...run.target, cluster: { ...run.target.cluster, pods } } } }
      : { ...source, run: { ...run, k6: { ...run.k6, machineBusyCores: run.host.cores } } }
  }

function found(sources: readonly Source[], wanted?: number) {
  const report = modelOf(statistics(sources, wanted === undefined ? {} : { wanted }))
  const finding = report.blocks.find((block): block is Finding => block.kind === 'finding')
  assert.ok(finding, 'every report says what it found')
  return { ...report, text: finding.text, tone: finding.tone, reasons: finding.reasons?.join('\n') ?? '' }
}

describe('the sentence about arrival rates', () => {
  const three = searched(sizes, inProportion)

  test('names the smallest and the largest cell, or the only one', () => {
    assert.match(found(three).text, /^1 replica holds 30 requests\/s within errors ≤ 1 %, 4 replicas 11\d\.$/)
    assert.match(
      found(searched(sizes.slice(0, 1), inProportion)).text,
      /^1 replica holds 30 requests\/s within errors ≤ 1 %\.$/,
    )
  })

  test('recommends the cheapest cell, with what a next search would hold', () => {
    const { text, tone, reasons } = found(three, 50)
    assert.equal(text, 'For 50 requests/s: 2 replicas.')
    assert.equal(tone, 'good')
    assert.match(reasons, /the least of 3 searches, so a next one holds it in about 75 % of cases/)
  })

  test('says what would hold a rate that no cell holds, and that it was not measured', () => {
    const { text, tone, reasons } = found(searched(combined, inProportion), 200)
    assert.match(
      text,
      /^No measured cell holds 200 requests\/s .*; the best, 4 replicas, cpu 200m, holds 11\d\.$/,
    )
    assert.equal(tone, 'bad')
    assert.match(
      reasons,
      /By the capacity function \d+ replicas of 0\.\d+ cores would .*has not been measured\./,
    )
    assert.match(found(three, 5000).reasons, /What would hold it cannot be told from these cells\./)
  })

  test('says whether the check held', () => {
    const cells = searched(combined, inProportion)
    const cell = { replicas: '2', cpu: '200m' }
    const held = found([...cells, checkOf(cell, 40, 0)], 40)
    assert.match(held.text, /^For 40 requests\/s: 2 replicas, cpu 200m, 0\.400 cores; checked, it held\.$/)
    const broke = found([...cells, checkOf(cell, 40, 20)], 40)
    assert.match(broke.text, /checked, it did NOT hold\.$/)
    assert.equal(broke.tone, 'bad')
    assert.match(broke.reasons, /^Checked: 40 requests\/s did not hold: .*errors/m)
    assert.match(broke.cases.find(({ name }) => name === 'check at 40/s')?.failure ?? '', /errors/)
  })

  test('says what cannot be known: no rate held, k6 or its machine was the limit, the pods’ CPU', () => {
    const none = found(searched(sizes.slice(0, 1), () => 0))
    assert.equal(none.text, 'No cell is known to hold any arrival rate.')
    assert.match(none.reasons, /^1 replica: in some search no rate held\.$/)
    assert.equal(none.cases[0]?.failure, 'No arrival rate is known to hold.')

    assert.match(found(three.map(byGenerator)).reasons, /^1 replica: k6 was the bottleneck/)
    assert.match(
      found(three.map(without('machine'))).reasons,
      /^1 replica: the CPU of k6’s machine was used up/,
    )
    assert.match(found(three.map(without('cpuCores')), 50).reasons, /could not be read\.$/m)
  })
})

test('the capacity function is said as its law, with what one replica of one core holds', () => {
  const words = (capacity: (levels: Levels) => number) =>
    JSON.stringify(found(searched(combined, capacity)).blocks)
  assert.match(
    words(inProportion),
    /Capacity grows in proportion to replicas.*: 1\d\d\/s for one replica of one core/,
  )
  const contended = ({ replicas, cpu }: Levels) =>
    inProportion({ replicas, cpu } as Levels) / (1 + 0.3 * (Number(replicas) - 1))
  assert.match(words(contended), /Capacity grows by Amdahl’s law, contention α 0\.[23]\d/)
  const few = JSON.stringify(found(searched(sizes.slice(0, 2), inProportion)).blocks)
  assert.match(few, /No capacity function is fitted/)
})

test('of a target that is no deployment there is nothing to apply', () => {
  const elsewhere = ({ run, ...source }: Source): Source => ({
    ...source,
    run: run && { ...run, target: { ...run.target, cluster: null } },
  })
  const { files } = found(searched(sizes, inProportion).map(elsewhere), 50)
  assert.deepEqual(files, [])
})
