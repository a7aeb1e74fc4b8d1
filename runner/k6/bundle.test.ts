import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { testShell } from '../../test/shell.ts'
import { capture } from '../shell/processes.ts'
import { bundleFile } from './bundle.ts'
import { findK6 } from './find.ts'

const home = mkdtempSync(path.join(os.tmpdir(), 'bundle-'))
after(() => rmSync(home, { recursive: true }))

function written(files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(home, name)), { recursive: true })
    writeFileSync(path.join(home, name), text)
  }
  return path.join(home, Object.keys(files)[0] as string)
}

/** What k6 logs while it runs one iteration of a bundle in the script's folder. */
async function logged(file: string): Promise<string> {
  const { text } = await bundleFile(file)
  const k6 = await findK6(testShell())
  const { stderr } = await capture(k6.path, ['run', '--quiet', '--iterations', '1', '-'], {
    env: {
      PATH: process.env.PATH,
      K6_NO_USAGE_REPORT: 'true',
      LAS_SUMMARY_PATH: path.join(home, 'summary.json'),
    },
    cwd: home,
    input: text,
  })
  return stderr
}

test('a script finds its files from where each module is, its npm packages, and its own lines in errors', async () => {
  const file = written({
    'flow.ts': `import { body } from './parts/body'
import { double } from 'twice'
const top: string = open('./data.txt').trim()
export default function () {
  console.log([top, body.trim(), double(21)].join('|'))
  const nothing: any = undefined
  nothing.at.all()
}
`,
    'data.txt': 'top\n',
    'parts/body.ts': `import { text } from '../other/text.ts'
export const body = open('./data.txt') + open(import.meta.resolve('./data.txt')) + text
`,
    'parts/data.txt': 'part ',
    'other/text.ts': `const open = (name: string) => name
export const text = open('plain')
`,
    'node_modules/twice/package.json': '{ "name": "twice", "main": "index.js" }',
    'node_modules/twice/index.js': 'exports.double = (n) => 2 * n',
  })
  const log = await logged(file)
  assert.match(log, /msg="top\|part part plain\|42"/)
  assert.match(log, /flow\.ts:7:/)
})

test('a script that cannot be bundled is refused with file and line, or with what to write instead', async () => {
  const refused = async (files: Record<string, string>) =>
    bundleFile(written(files)).then(
      () => 'bundled',
      (error: Error) => error.message,
    )
  assert.match(
    await refused({ 'broken.js': 'export default function () {\n  let = ;\n}' }),
    /^broken\.js:2: /,
  )
  assert.match(
    await refused({ 'lost.ts': `import { x } from './nowhere.ts'\nexport default () => x()` }),
    /^lost\.ts:1: Could not resolve "\.\/nowhere\.ts"/,
  )
  assert.match(
    await refused({ 'old.js': 'module.exports.default = () => {}' }),
    /^old\.js: a CommonJS module/,
  )
})

test('the hash is of the script’s own files: it changes with each of them, and not with where they are', async () => {
  const hash = async (folder: string, more: string) =>
    (
      await bundleFile(
        written({
          [`${folder}/a.js`]: `import { x } from './b.js'\nexport default () => x`,
          [`${folder}/b.js`]: `export const x = '${more}'`,
        }),
      )
    ).sha256
  const first = await hash('one', 'x')
  assert.equal(await hash('two', 'x'), first)
  assert.notEqual(await hash('one', 'y'), first)
})
