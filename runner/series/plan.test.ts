import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { beginSeries, type Cell, cellWords, openSeries, planOf, resumeSeries } from './plan.ts'

const cells = (names: readonly string[]): Cell[] =>
  names.map((name, index) => ({ name, scenario: 'constant', side: null, replicas: index + 1, flags: {} }))
const none = () => ({})
const settings = { local: true, sides: { a: null, b: null }, minutes: null, warmUpMs: 0, coolDownMs: 0 }

test('every repeat has each cell once; a seed gives an order', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer(),
      (count, repeats, seed) => {
        const named = cells(Array.from({ length: count }, (_, index) => `c${index}`))
        const plan = planOf('sweep', named, { ...settings, repeats, seed })
        assert.equal(plan.runs.length, count * repeats)
        for (let block = 0; block < plan.runs.length; block += count) {
          const ran = plan.runs.slice(block, block + count)
          assert.equal(new Set(ran.map(({ replicas }) => replicas)).size, count)
          assert.deepEqual([...new Set(ran.map(({ repeat }) => repeat))], [block / count + 1])
        }
        assert.equal(new Set(plan.runs.map(({ cell }) => cell)).size, plan.runs.length)
        assert.deepEqual(planOf('sweep', named, { ...settings, repeats, seed }), plan)
      },
    ),
  )
  const order = (seed: number) =>
    planOf('sweep', cells(['a', 'b', 'c', 'd']), { ...settings, repeats: 5, seed }).runs.map(
      ({ cell }) => cell,
    )
  assert.notDeepEqual(order(7), order(8))
})

test('a plan is read back as it was written; anything else is refused in a sentence', async () => {
  const out = await mkdtemp(path.join(os.tmpdir(), 'las-plan-'))
  try {
    const plan = planOf('ab', cells(['a', 'b']), { ...settings, repeats: 2, seed: 1 })
    const { folder } = await beginSeries(plan, out)
    assert.match(path.basename(folder), /^\.\d+T\d+Z-ab-/)
    assert.deepEqual(await resumeSeries(folder, 'ab', none), { folder, plan })
    const resume = (written: Record<string, string>) =>
      openSeries({ cwd: out }, 'ab', { options: { resume: folder }, written }, () =>
        assert.fail('is resumed'),
      )
    assert.deepEqual((await resume({ vus: '3' })).plan, plan)
    assert.deepEqual((await resume({ patience: '5m' })).plan, { ...plan, deployment: { patience: '5m' } })
    const file = path.join(folder, 'sweep.json')
    const text = await readFile(file, 'utf8')
    for (const broken of [text.slice(0, -20), '[]', text.replace('"schema": 1', '"schema": 7')]) {
      await writeFile(file, broken)
      await assert.rejects(resumeSeries(folder, 'ab', none), /sweep\.json: cannot resume: /)
    }
    await assert.rejects(resumeSeries(out, 'ab', none), /cannot resume: no sweep\.json$/)
  } finally {
    await rm(out, { recursive: true })
  }
})

test('a plan holds no secret; to resume, the same flags are given again', async () => {
  const out = await mkdtemp(path.join(os.tmpdir(), 'las-plan-'))
  try {
    const flags = {
      vus: '4',
      path: '/items?key=c4nary-1',
      header: 'Authorization: Bearer c4nary-2',
      body: '{"pin": "c4nary-3"}',
      'k6-out': 'influxdb=http://u:c4nary-4@127.0.0.1/db',
      prometheus: 'http://u:c4nary-5@127.0.0.1',
    }
    const secretive = cells(['a', 'b']).map((cell) => ({ ...cell, flags }))
    const plan = planOf('ab', secretive, { ...settings, repeats: 2, seed: 1 })
    const { folder } = await beginSeries(plan, out)
    const file = path.join(folder, 'sweep.json')
    assert.doesNotMatch(await readFile(file, 'utf8'), /c4nary/)
    if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(await resumeSeries(folder, 'ab', () => flags), { folder, plan })
    const { body, ...without } = flags
    const odd = JSON.parse(await readFile(file, 'utf8'))
    odd.runs[0].withheld.constructor = 'x'
    await mkdir(path.join(out, 'odd'))
    await writeFile(path.join(out, 'odd/sweep.json'), JSON.stringify(odd))
    await assert.rejects(
      resumeSeries(path.join(out, 'odd'), 'ab', () => flags),
      /without --constructor/,
    )
    await assert.rejects(
      resumeSeries(folder, 'ab', () => without),
      /cannot resume without --body: .*give it again$/,
    )
    await assert.rejects(
      resumeSeries(folder, 'ab', () => ({ ...without, body: body.replace('3', '7') })),
      /--body is not what the series began with$/,
    )
    await assert.rejects(
      resumeSeries(folder, 'noise', () => flags),
      /a series of ab, not of noise$/,
    )
  } finally {
    await rm(out, { recursive: true })
  }
})

test('a plan of more runs than anybody waits for is refused before it is made', () => {
  assert.throws(
    () => planOf('ab', cells(['a', 'b']), { ...settings, repeats: 9_999_999, seed: 1 }),
    /^Error: 9,999,999 repeats make 19,999,998 runs, and a series has at most 100,000$/,
  )
})

test('a run is named by what varies', () => {
  const run = { cell: '', repeat: 1, scenario: 'ramp', flags: {} }
  assert.equal(cellWords({ ...run, side: null, replicas: 1 }), 'ramp, 1 replica')
  assert.equal(cellWords({ ...run, side: 'b', replicas: 2 }), 'ramp of B, 2 replicas')
})
