import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aFactorial } from '../../test/samples.ts'
import { statistics } from '../runs/statistics.ts'
import { reportFiles } from './files.ts'
import { modelOf } from './model.ts'
import { terminalText } from './printers/text.ts'

type Levels = Readonly<Record<string, string>>
const cells = ['1', '2', '4'].flatMap((replicas) => ['500m', '1'].map((cpu) => ({ replicas, cpu })))
const rate = ({ replicas, cpu }: Levels) => 40 * Number(replicas) * (cpu === '1' ? 2 : 1)
const textOf = (of: (levels: Levels) => number, repeats: number, among: readonly Levels[] = cells) =>
  terminalText(modelOf(statistics(aFactorial(among, repeats, of))))

test('the report begins with the largest effect, and says the others, the cells and the best per core', () => {
  const text = textOf(rate, 3)
  const lines = text.split('\n')
  assert.match(
    text,
    /^replicas 4 does (3\.9|4\.0|4\.1)\d times the requests\/s of 1 \(\d\.\d\d to \d\.\d\d\), the largest effect\.$/m,
  )
  assert.match(text, /cpu 1 does (1\.9|2\.0)\d times the requests\/s of 500m \(/)
  assert.match(
    text,
    /Whether the effect of one factor depends on another cannot be told: that takes more repeats\./,
  )
  assert.match(textOf(rate, 7), /No factor’s effect is shown to depend on another factor\./)
  assert.match(text, /^replicas +cpu +runs +requests\/s +p95 ms +SLOs held +per core$/m)
  assert.match(text, /^1 +500m +3 +\d\d\.\d +95 +3 of 3 +\d\d\.\d$/m)
  assert.match(text, /Most requests\/s per core of the cells that held their SLOs in every run: /)
  assert.ok(
    lines.filter((line) => /^(replicas|factor|cpu|\d) {2}/.test(line)).every(({ length }) => length <= 80),
    text,
  )
})

test('an effect that depends on another, none, too few runs and cells that confound are each said', () => {
  const depends = textOf(
    (levels) => rate(levels) * (levels.replicas === '4' && levels.cpu === '1' ? 0.6 : 1),
    7,
  )
  assert.match(depends, /, on average\.$/m)
  assert.match(
    depends,
    /The effect of replicas on requests\/s depends on cpu: 4 has (3\.9|4\.0|4\.1)\d times that of 1 with cpu 500m, 2\.\d+ times with 1\./,
  )
  const two = cells.slice(0, 4)
  const none = textOf(() => 100, 4, two)
  assert.match(none, /^No factor is shown to change the requests\/s\.$/m)
  assert.match(none, /cpu 1 is not shown to differ from 500m: 0\.\d+ to 1\.\d+ times its requests\/s\./)
  const few = textOf(rate, 1, two)
  assert.match(few, /^Too few runs to tell what each factor changes\.$/m)
  assert.match(few, /there are 2 differences between otherwise equal runs, and an interval takes 6/)
  const confounded = textOf(rate, 3, [cells[0] ?? {}, cells[3] ?? {}])
  assert.match(confounded, /^What each factor changes cannot be told\.$/m)
  const partial = textOf(rate, 3, cells.slice(0, 5))
  assert.match(partial, /each effect is what it would be if no factor’s effect depended on another/)
})

test('the plot has a line for each combination beside replicas, or a row for each cell', () => {
  const plotOf = (among: readonly Levels[]) =>
    reportFiles(statistics(aFactorial(among, 3, rate))).get('factors.svg') ?? ''
  const lines = plotOf(cells)
  assert.match(lines, /against replicas/)
  for (const label of ['cpu 500m', 'cpu 1']) assert.ok(lines.includes(`>${label}<`), label)
  const others = ['500m', '1'].flatMap((cpu) =>
    ['4', '8'].map((pool) => ({ cpu, 'env.POOL': pool, replicas: '1' })),
  )
  const rows = plotOf(others)
  for (const { cpu, 'env.POOL': pool } of others)
    assert.ok(rows.includes(`>cpu ${cpu}, env.POOL ${pool}, 1 replica<`), `${cpu} ${pool}`)
})

test('images are named by what they differ in, which fits a terminal', () => {
  const images = (names: readonly string[]) =>
    textOf(
      () => 100,
      3,
      names.flatMap((name) =>
        ['500m', '1'].map((cpu) => ({ image: `registry.example.org/shop/${name}`, cpu })),
      ),
    )
  const tags = images(['api:1.4', 'api:1.5'])
  assert.match(tags, /^image +1\.4 → 1\.5 /m)
  assert.match(tags, /^1\.4 +500m +3 /m)
  assert.match(images(['api:1.4', 'app:1.4']), /^image +api:1\.4 → app:1\.4 /m)
  assert.match(images(['api:1.4']), /^api:1\.4 +500m +3 /m)
})
