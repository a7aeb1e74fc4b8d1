import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aNight, aRun, aSummary, requests } from '../../test/samples.ts'
import type { Night } from '../formats/night.ts'
import { randomFrom } from '../numbers/random.ts'
import { runStatistics } from '../run/statistics.ts'
import { alarmsOf } from './alarms.ts'
import { badRunChanges } from './bad-nights.ts'
import { seriesOf } from './history.ts'
import { nightOf } from './night.ts'

const good = [0, 0, 0, 0, 0]
const twoOfFive = [0, 1, 0, 0, 1]
const nights = (count: number, values: readonly number[]) => Array<readonly number[]>(count).fill(values)
const told = (all: readonly (readonly number[])[]) =>
  badRunChanges(all).map(({ index, seen, direction }) => [index, seen, direction])

describe('bad runs', () => {
  test('two of five in three nights are too many, also from the first night on', () => {
    assert.deepEqual(told([...nights(20, good), ...nights(3, twoOfFive)]), [[20, 22, 'worse']])
    assert.deepEqual(told(nights(3, twoOfFive)), [[0, 2, 'worse']])
    const [change] = badRunChanges([...nights(20, good), ...nights(9, twoOfFive)])
    assert.deepEqual([change?.before, change?.after], [0, 0.4])
  })
  test('one of five every night is found within thirty nights', () => {
    assert.deepEqual(told(nights(12, [0, 0, 0, 0, 1])), [])
    assert.deepEqual(told(nights(30, [0, 0, 0, 0, 1])), [[0, 29, 'worse']])
  })
  test('one or two bad nights are not, and it ends after three nights without', () => {
    assert.deepEqual(told([...nights(20, good), ...nights(2, [1, 1, 1, 1, 1]), ...nights(20, good)]), [])
    assert.deepEqual(told([...nights(20, good), ...nights(5, twoOfFive), ...nights(3, good)]), [
      [20, 22, 'worse'],
      [25, 27, 'better'],
    ])
  })
  test('where 3 % of the runs are bad, a year of 40 series has less than one alarm', () => {
    let alarms = 0
    for (let seed = 1; seed <= 120; seed++) {
      const random = randomFrom(seed)
      const year = Array.from({ length: 365 }, () => good.map(() => (random() < 0.03 ? 1 : 0)))
      alarms += badRunChanges(year).length
    }
    assert.ok(alarms < 3, String(alarms))
  })
})

test('two of five runs that fail, are invalid or were killed every night are an alarm of the history', () => {
  const of = (killed: boolean, failed: number) =>
    runStatistics({
      name: 'x',
      run: aRun(killed ? { k6: { ...aRun().k6, exitCode: null, signal: 'SIGKILL' } } : {}),
      summary: { kind: 'summary', summary: aSummary(requests(1000, failed)) },
    })
  const night = (index: number, bad: boolean): Night => {
    const { id, startedAt } = aNight(index, [1])
    const runs = [of(bad, 0), of(false, bad ? 500 : 0), ...[1, 2, 3].map(() => of(false, 0))]
    return nightOf(runs, { id, startedAt, commit: null, labels: {}, planned: 5 })
  }
  const history = (bad: (index: number) => boolean) =>
    alarmsOf(seriesOf(Array.from({ length: 14 }, (_, index) => night(index, bad(index)))), [])
  const later = history((index) => index >= 11)
  assert.deepEqual(
    later.map(({ series, since, change }) => [series.name, since.id, change.by]),
    [
      ['constant · bad runs', 'night-11', 0.4],
      // The errors of the run that failed, in the mean of the four valid ones.
      ['constant · errors', 'night-11', 0.125],
    ],
  )
  assert.ok(history(() => true).some(({ series }) => series.metric === 'bad runs'))
  assert.deepEqual(
    history(() => false),
    [],
  )
  const known = [{ series: 'constant · bad runs', night: 'night-0', reason: 'a flaky target' }]
  const always = Array.from({ length: 14 }, (_, index) => night(index, true))
  assert.deepEqual(alarmsOf(seriesOf(always), known), [])
})
