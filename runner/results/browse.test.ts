import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, beforeEach, describe, test } from 'node:test'
import type { Entry, Results } from '../../analysis/report/results/entries.ts'
import { commandIn } from '../../test/command.ts'
import { aResult } from '../../test/results-folder.ts'
import { shellOf } from '../shell/shell.ts'
import { addToResults, writeResults } from './browse.ts'

const home = await mkdtemp(path.join(os.tmpdir(), 'las-browse-'))
after(() => rm(home, { recursive: true }))

let out = ''
let said = ''
let count = 0
const signal = new AbortController().signal
const shell = shellOf(
  { env: {}, cwd: home, signal, urgent: signal },
  {
    stdout: { write: () => {} },
    stderr: {
      write: (text) => {
        said += text
      },
    },
  },
)
// Its hooks are not those of all tests of a process.
describe('the page of results', () => {
  beforeEach(async () => {
    said = ''
    out = path.join(home, `results-${count++}`)
    await mkdir(out)
  })

  const page = () => readFile(path.join(out, 'index.html'), 'utf8')
  async function entries(): Promise<readonly Entry[]> {
    const [, data = ''] = /id="data">(.*?)<\/script>/s.exec(await page()) ?? []
    return (JSON.parse(data) as Results).entries
  }
  const [first, second] = [
    '20260101T000000Z-constant-00000001',
    '20260101T000100Z-constant-00000002',
  ] as const
  const paths = async () => (await entries()).map(({ kind, path }) => `${kind} ${path}`)

  test('lists runs, series with theirs, nights and comparisons; not what is hidden, foreign or a link', async () => {
    const night = '20260102T000000Z-nightly-00000003'
    await aResult(out, first)
    await aResult(out, `${night}/${second}`)
    await writeFile(path.join(out, night, 'sweep.json'), '{"kind":"nightly"}')
    for (const each of ['report', 'history']) await mkdir(path.join(out, night, each))
    await writeFile(
      path.join(out, night, 'report/report.md'),
      '# A title\n\n**judgement: worse\\_**\n\n## More\n\n**x**\n',
    )
    await writeFile(path.join(out, night, 'report/index.html'), '')
    const compared = '20260103T000000Z-compare-00000004'
    await mkdir(path.join(out, compared, 'report'), { recursive: true })
    await writeFile(path.join(out, compared, 'report/index.html'), '')
    await mkdir(path.join(out, 'notes'))
    await aResult(out, '.20260101T000000Z-constant-00000009')
    await symlink(path.join(out, first), path.join(out, '20260101T000000Z-constant-0000000a'))
    await writeResults(shell, out)
    assert.deepEqual(await paths(), [
      `run ${first}`,
      `series ${night}`,
      `run ${night}/${second}`,
      `series ${compared}`,
    ])
    const [, series] = await entries()
    assert.ok(series?.kind === 'series')
    assert.deepEqual(
      [series.of, series.words, series.files],
      ['nightly', 'judgement: worse_', ['report/index.html']],
    )
  })

  test('a folder whose run cannot be read is listed as broken, with its reason and no path of this machine', async () => {
    await aResult(out, first)
    await mkdir(path.join(out, second))
    await writeFile(path.join(out, second, 'run.json'), '{"schema":1')
    await mkdir(path.join(out, '20260101T000200Z-soak-00000003'))
    await writeResults(shell, out)
    const [, cut, empty] = await entries()
    assert.ok(cut?.kind === 'broken' && empty?.kind === 'broken')
    assert.match(cut.reason, /^run\.json: not valid JSON/)
    assert.equal(empty.reason, 'holds neither run.json nor runs')
    assert.doesNotMatch(await page(), new RegExp(home))
  })

  test('what has not changed is not read again, and what has is', async () => {
    const folder = await aResult(out, first)
    await aResult(out, second)
    await writeResults(shell, out)
    const before = await page()
    // Nothing can read these runs now; the page still knows them.
    assert.deepEqual(await writeResults(shell, out, 0), { entries: 2, unread: 0 })
    assert.equal(await page(), before)
    await aResult(out, first, {}, { count: 2000 })
    assert.equal((await writeResults(shell, out, 0)).unread, 1)
    assert.equal(await page(), before)
    await writeResults(shell, out)
    const [changed] = await entries()
    assert.ok(changed?.kind === 'run')
    assert.equal(changed.figures.total.requests, 2000)
    await rm(folder, { recursive: true })
    await writeResults(shell, out, 0)
    assert.deepEqual(await paths(), [`run ${second}`])
  })

  test('a page of which any byte is lost or changed is made anew', async () => {
    await aResult(out, first)
    await writeResults(shell, out)
    const whole = await page()
    for (const damaged of [
      '',
      whole.slice(0, -100),
      whole.slice(100),
      whole.replace('"requests":1000', '"requests":9999'),
      whole.replace('"entries"', '"entrees"'),
      `${whole}x`,
      '<!-- {} -->',
    ]) {
      await writeFile(path.join(out, 'index.html'), damaged)
      await writeResults(shell, out)
      assert.equal(await page(), whole)
    }
  })

  test('many that write at once leave a whole page, and nothing else', async () => {
    await aResult(out, first)
    await aResult(out, second)
    await Promise.all(Array.from({ length: 8 }, () => writeResults(shell, out)))
    assert.equal((await writeResults(shell, out, 0)).unread, 0)
    assert.deepEqual((await readdir(out)).sort(), [first, second, 'index.html'])
  })

  test('what comes while a page is being written is in it too', async () => {
    await aResult(out, first)
    const writing = writeResults(shell, out)
    mkdirSync(path.join(out, second))
    await writing
    assert.deepEqual(await paths(), [`run ${first}`, `broken ${second}`])
  })

  test('a comparison adds itself to the page', async () => {
    for (const [index, side] of ['a', 'b', 'a', 'b'].entries())
      await aResult(out, `20260101T00000${index}Z-constant-0000000${index}`, { labels: { side } })
    const { stderr } = await commandIn(home, ['compare', 'side=a', 'side=b'], { LAS_RESULTS_DIR: out })
    const series = (await entries()).find(({ kind }) => kind === 'series')
    assert.ok(series?.kind === 'series', stderr)
    assert.deepEqual(
      [series.of, series.words],
      ['compare', 'No figure that both sides have differs in any run.'],
    )
  })

  test('after a run, a page that cannot be written or would lack runs is one sentence', async () => {
    await aResult(out, first)
    await mkdir(path.join(out, 'index.html'))
    await addToResults(shell, out)
    assert.match(said, /index\.html: cannot be written \(.*\)\n$/)
    assert.equal(said.split('\n').length, 2)
  })

  test('the command says how many and where; a folder that is not there is a usage error', async () => {
    await aResult(out, first)
    const ended = await commandIn(home, ['results', '--out', path.basename(out)])
    assert.equal(ended.code, 0)
    assert.match(ended.stderr, /^1 entry, indexed in \d+ ms\nresults: results-\d+\/index\.html\n$/)
    const missing = await commandIn(home, ['results', '--out', 'nowhere'])
    assert.equal(missing.code, 2)
    assert.match(missing.stderr, /nowhere: no such folder; a run makes it, or --out names another/)
  })
})
