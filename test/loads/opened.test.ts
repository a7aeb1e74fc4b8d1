import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { findK6 } from '../../runner/k6/find.ts'
import { openedFiles } from '../../runner/k6/opened.ts'
import { k6Environment } from '../../runner/k6/run.ts'
import { packed, unpacked } from '../../runner/load/part.ts'
import { capture } from '../../runner/shell/processes.ts'
import { testShell } from '../shell.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'las-opened-'))
})
after(() => rm(folder, { recursive: true }))

const script = `
const [first, second] = [open('./data/rows.csv'), open('../shared/user.json')]
const more = open('data/image.bin', 'b')
export default () => console.log(JSON.stringify([first, second, [...new Uint8Array(more)], __ENV.TOKEN]))
`

test('k6 reads the files that a script opens from their copies elsewhere, and no variable is packed', async () => {
  const at = path.join(folder, 'shop', 'tests')
  await mkdir(path.join(at, 'data'), { recursive: true })
  await mkdir(path.join(folder, 'shop', 'shared'))
  await writeFile(path.join(at, 'data', 'rows.csv'), 'id\n1\n')
  await writeFile(path.join(at, 'data', 'never.csv'), 'id\n2\n')
  await writeFile(path.join(at, 'data', 'image.bin'), Buffer.from([0, 255, 7]))
  await writeFile(path.join(folder, 'shop', 'shared', 'user.json'), '{"name":"é"}')

  const shell = testShell()
  const k6 = await findK6(shell)
  const env = k6Environment(shell.env, { TOKEN: 'c4nary-token' })
  const opened = await openedFiles(k6, script, env, { signal: shell.signal, at })
  assert.equal(opened.files.length, 3, 'only what is opened is sent')
  assert.ok(!JSON.stringify(opened).includes('c4nary'), 'a variable is packed')

  const settings = { TOKEN: 'c4nary-token' }
  const part = { ...{ name: '1', segment: '0:1', script, args: [], stages: [], settings }, periodMs: null }
  const given = { ...opened, files: [...opened.files, ...(await packed([]))] }
  const elsewhere = await unpacked(
    { ...given, part: { ...part, raw: false, paths: true, secrets: [] } },
    path.join(folder, 'elsewhere'),
  )
  await rm(path.join(folder, 'shop'), { recursive: true })
  const { code, stderr } = await capture(k6.path, ['run', '--quiet', '-'], {
    env: k6Environment(shell.env, elsewhere.part.settings),
    input: script,
    ...(elsewhere.at !== undefined && { cwd: elsewhere.at }),
  })
  assert.equal(code, 0, stderr)
  assert.match(stderr.replaceAll('\\', ''), /\["id\w1\w","\{"name":"é"\}",\[0,255,7\],"c4nary-token"\]/)
})

test('a script that opens what is not there, or is no script, gets k6’s words', async () => {
  const shell = testShell()
  const k6 = await findK6(shell)
  const pack = (text: string) =>
    openedFiles(k6, text, k6Environment(shell.env, {}), { signal: shell.signal, at: folder })
  await assert.rejects(pack("open('./none.csv')\nexport default () => {}"), /k6 does not pack .*none\.csv/s)
  await assert.rejects(pack('export default ('), /k6 does not pack the script and its files for pods: /)
})
