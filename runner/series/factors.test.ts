import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Failure } from '../shell/exit.ts'
import { cellsOf, isLevels, levelsOf, parseFactors, sideLevels } from './factors.ts'

test('factors are read, and every combination of their levels is a cell', () => {
  const factors = parseFactors('replicas=1,2\ncpu=200m,500m\nenv.POOL=4,8,4')
  assert.deepEqual(
    [...factors],
    [
      ['replicas', ['1', '2']],
      ['cpu', ['200m', '500m']],
      ['env.POOL', ['4', '8']],
    ],
  )
  const cells = cellsOf(factors)
  assert.equal(cells.length, 8)
  assert.deepEqual(cells[1], { replicas: '1', cpu: '200m', 'env.POOL': '8' })
  assert.deepEqual(levelsOf(cells[1] ?? {}), { replicas: 1, cpu: '200m', env: { POOL: '8' } })
  assert.deepEqual(levelsOf({ image: 'app:1', memory: '64Mi' }), { image: 'app:1', memory: '64Mi' })
})

test('what is no factor or no level is refused in a sentence, and never with a secret', () => {
  const refused: [string, RegExp][] = [
    ['cpu', /^expected NAME=LEVEL/],
    ['=1', /^expected NAME=LEVEL/],
    ['cpus=1', /^"cpus" cannot be varied; what can: replicas, cpu, memory, image, env.NAME$/],
    ['env.=1', /cannot be varied/],
    ['cpu=200m\ncpu=1', /^cpu is given twice$/],
    ['cpu=200x', /^cpu: "200x" is not a limit such as 200m or 2$/],
    ['cpu=0', /is not a limit/],
    ['memory=64MB', /^memory: "64MB" is not a limit such as 128Mi or 1Gi$/],
    ['replicas=0', /is not a whole number of at least 1/],
    ['replicas=1,,2', /^replicas has an empty level$/],
    ['image=a b', /is not the name of an image/],
    ['env.DB_PASSWORD=c4nary', /^env.DB_PASSWORD may hold a secret.*cannot be varied$/],
    ['env.API_KEY=c4nary', /may hold a secret/],
    ['env.GITHUB_TOKEN=c4nary', /may hold a secret/],
    ['env.UPSTREAM=http://me:c4nary@db', /may hold a secret/],
  ]
  for (const [text, sentence] of refused)
    assert.throws(
      () => parseFactors(text),
      (error: Error) => sentence.test(error.message) && !error.message.includes('c4nary'),
      text,
    )
  for (const text of ['env.KEYSPACE=a,b', 'env.MONKEYS=1', 'env.COMPASS=n', 'env.EMPTY=,x'])
    assert.equal(parseFactors(text).size, 1, text)
  // A plan is only a file.
  assert.throws(
    () => levelsOf({ cpu: 'lots' }),
    (error) => error instanceof Failure && error.exitCode === 2,
  )
})

test('--pairs makes fewer cells of three factors and more, each with a level of every factor', () => {
  const factors = parseFactors('replicas=1,2,4\ncpu=200m,500m,1\nenv.POOL=4,8,16\nmemory=64Mi,96Mi,128Mi')
  const cells = cellsOf(factors, { pairs: true })
  assert.ok(cells.length <= 12, `${cells.length} cells instead of 81`)
  for (const cell of cells)
    assert.deepEqual(Object.keys(cell), ['replicas', 'cpu', 'env.POOL', 'memory'], JSON.stringify(cell))
  const two = parseFactors('replicas=1,2,4\ncpu=200m,500m')
  assert.deepEqual(cellsOf(two, { pairs: true }), cellsOf(two))
  const many = parseFactors(
    ['A', 'B', 'C', 'D', 'E'].map((name) => `env.${name}=1,2,3,4,5,6,7,8,9`).join('\n'),
  )
  assert.throws(
    () => cellsOf(many),
    /59,049 combinations, and a series has at most 10,000; --pairs takes fewer$/,
  )
  assert.ok(cellsOf(many, { pairs: true }).length < 200, 'pairs of five factors of nine levels')
})

test('a side of a comparison is levels or a URL', () => {
  assert.deepEqual(sideLevels('cpu=200m,env.HOSTS=a,b,env.POOL=x=y,replicas=2'), {
    cpu: '200m',
    'env.HOSTS': 'a,b',
    'env.POOL': 'x=y',
    replicas: '2',
  })
  for (const side of ['image=app:1', 'cpu=2', 'env.A=b', 'replicas=1,cpu=2']) assert.ok(isLevels(side), side)
  for (const side of ['http://127.0.0.1/?cpu=2', 'cpus=2', 'env.=2', ''])
    assert.ok(!isLevels(side), `"${side}" is no level`)
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z0-9.:/-]{1,8}$/), { minLength: 1, maxLength: 4 }),
      (values) => {
        const levels = Object.fromEntries(values.map((value, index) => [`env.V${index}`, value]))
        const text = Object.entries(levels)
          .map(([name, level]) => `${name}=${level}`)
          .join(',')
        assert.deepEqual(sideLevels(text), levels)
      },
    ),
  )
})
