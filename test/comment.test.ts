import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { commandIn, type Ended } from './command.ts'
import { aForge, type Comment, closeForges, token } from './forge.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'comment-'))
after(() => {
  closeForges()
  rmSync(folder, { recursive: true })
})
mkdirSync(path.join(folder, 'series/report'), { recursive: true })
const write = (text: string) => writeFileSync(path.join(folder, 'series/report/comment.md'), text)

const github = (url: string): Record<string, string> => {
  const event = path.join(folder, 'event.json')
  writeFileSync(event, JSON.stringify({ pull_request: { number: 7 } }))
  return { GITHUB_API_URL: url, GITHUB_REPOSITORY: 'a/b', GITHUB_TOKEN: token, GITHUB_EVENT_PATH: event }
}

const without = {
  CI_MERGE_REQUEST_IID: '',
  CI_PROJECT_ID: '',
  GITHUB_TOKEN: '',
  GH_TOKEN: '',
  GITHUB_REPOSITORY: '',
}
const comment = (env: Record<string, string>, ...more: string[]): Promise<Ended> =>
  commandIn(folder, ['comment', 'series', ...more], { ...without, ...env })

test('GitHub: the comment is made once, and then changed in place among many others', async () => {
  const comments = Array.from({ length: 250 }, (_, index) => ({ id: index + 1, body: `other ${index}` }))
  const env = github(await aForge(comments))
  write('**B is slower**\n\n![p95 +9 %](comparison.svg)\n\n- more\n')
  const first = await comment(env, '--link', 'https://ci.example/1', '--picture', 'https://raw.example/b/')
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stderr, /^GitHub: comment made: http:\/\/forge\/251$/m)
  write('**no difference**\n')
  const second = await comment(env)
  assert.match(second.stderr, /^GitHub: comment updated: http:\/\/forge\/251$/m)
  assert.equal(comments.length, 251)
  assert.equal(comments[250]?.body, '<!-- load-and-stress: load -->\n**no difference**')
  for (const { stdout, stderr } of [first, second]) assert.ok(!`${stdout}${stderr}`.includes(token), stderr)
})

test('the picture and the link are in it, and a second name is another comment', async () => {
  const comments: Comment[] = []
  const env = github(await aForge(comments))
  write('**B is slower**\n\n![p95 +9 %](comparison.svg)\n\n- more\n')
  await comment(env, '--link', 'https://ci.example/1', '--picture', 'https://raw.example/b/')
  await comment(env, '--name', 'checkout')
  assert.deepEqual(
    comments.map(({ body }) => body),
    [
      '<!-- load-and-stress: load -->\n**B is slower**\n\n![p95 +9 %](https://raw.example/b/comparison.svg)\n\n- more\n\n[The whole report](https://ci.example/1)',
      '<!-- load-and-stress: checkout -->\n**B is slower**\n\n- more',
    ],
  )
})

test('GitLab: a note of the merge request', async () => {
  const comments: Comment[] = []
  const env = {
    CI_API_V4_URL: await aForge(comments),
    CI_PROJECT_ID: '5',
    CI_MERGE_REQUEST_IID: '3',
    GITLAB_TOKEN: token,
  }
  write('**same**\n')
  for (const words of ['made', 'updated']) {
    const { code, stderr } = await comment(env)
    assert.equal(code, 0, stderr)
    assert.match(stderr, new RegExp(`GitLab: comment ${words}`))
  }
  assert.equal(comments.length, 1)
})

test('a busy forge is asked again; a comment that may be there already is not written twice', async () => {
  const comments: Comment[] = []
  const busy = [503, 429]
  const { code, stderr } = await comment(github(await aForge(comments, busy)))
  assert.equal(code, 0, stderr)
  // The look for the comment succeeds, writing it does not.
  const lost = await comment({ ...github(await aForge([], [])), GITHUB_TOKEN: 'wrong' })
  assert.equal(lost.code, 4)
  assert.match(lost.stderr, /GitHub \(127\.0\.0\.1:\d+\) answered 401 to GET; the job needs the permission/)
})

test('outside of a job, and without a report, it says what is missing', async () => {
  write('**same**\n')
  const nowhere = await comment({})
  assert.equal(nowhere.code, 2)
  assert.match(nowhere.stderr, /cannot comment: no GITHUB_REPOSITORY/)
  const dry = await comment({}, '--dry-run')
  assert.equal(dry.stdout, '<!-- load-and-stress: load -->\n**same**\n')
  const none = await commandIn(folder, ['comment', 'nothing'])
  assert.equal(none.code, 2)
  assert.match(none.stderr, /nothing: no comment\.md there/)
})
