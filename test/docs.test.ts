import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import packageJson from '../package.json' with { type: 'json' }
import { exitCodes } from '../runner/shell/exit.ts'
import { commandIn, root } from './command.ts'
import { commands, pages } from './documents.ts'

const help = new Map<string, Promise<string>>()
/** The help of what a command line runs: of `run ramp`, that of ramp. */
function helpOf(args: readonly string[]): Promise<string> {
  const [verb = '', what = ''] = args
  const words = [verb, ...(['run', 'cluster'].includes(verb) && !what.startsWith('-') ? [what] : [])]
  const key = words.join(' ')
  const found = help.get(key) ?? commandIn(os.tmpdir(), ['help', ...words]).then(({ stdout }) => stdout)
  help.set(key, found)
  return found
}

test('every command in README and docs is one, and has the flags that it is given', async () => {
  assert.ok(commands.length > 50, `only ${commands.length} commands found`)
  for (const { page, line, args } of commands) {
    if (args === null) {
      const [, script] = /^npm run ([\w:]+)/.exec(line) ?? []
      assert.ok(!script || script in packageJson.scripts, `${page}: ${line}: no such script`)
      continue
    }
    const text = await helpOf(args)
    assert.match(text, /^(Usage:|load-and-stress)/, `${page}: ${line}`)
    for (const word of args) {
      const [flag] = word.split('=')
      if (flag?.startsWith('--') && !['--help', '--version'].includes(flag))
        assert.match(text, new RegExp(`${flag}\\b`), `${page}: ${line}: no flag ${flag}`)
    }
  }
})

test('every link of README and docs leads to a file, and to a heading of it', () => {
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(' ', '-')
  for (const [page, text] of pages) {
    const links = [...text.matchAll(/\]\(([^)]+)\)|(?:src|srcset)="([^"]+)"/g)].map(
      ([, a, b]) => a ?? b ?? '',
    )
    for (const link of links) {
      if (/^https?:/.test(link)) continue
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? page : path.join(path.dirname(page), file)
      assert.ok(existsSync(path.join(root, target)), `${page}: ${link} leads nowhere`)
      if (anchor === undefined) continue
      const headings = [...readFileSync(path.join(root, target), 'utf8').matchAll(/^#+ (.*)$/gm)]
      assert.ok(
        headings.some(([, heading = '']) => slug(heading) === anchor),
        `${page}: ${link}: no such heading`,
      )
    }
  }
})

test('the README is short, and every page is in the sidebar of the site and in llms.txt', () => {
  const words = (pages.get('README.md') ?? '').split(/\s+/).length
  assert.ok(words <= 900, `the README has ${words} words`)
  const sidebar = readFileSync(path.join(root, 'docs/.vitepress/config.ts'), 'utf8')
  const list = readFileSync(path.join(root, 'llms.txt'), 'utf8')
  for (const page of pages.keys()) {
    const name = path.basename(page, '.md')
    if (name === 'README' || name === 'index') continue
    assert.ok(sidebar.includes(`'/${name}'`), `${name} is not in the sidebar`)
    assert.ok(list.includes(`docs/${name}.md`), `${name} is not in llms.txt`)
  }
})

test('the table of exit codes has each of them', () => {
  const table = /^\| exit code(.*\n)+?\n/m.exec(pages.get('docs/running.md') ?? '')?.[0] ?? ''
  const listed = [...table.matchAll(/^\| (\d+) /gm)].map(([, code]) => Number(code))
  assert.deepEqual(listed, Object.values(exitCodes))
})
