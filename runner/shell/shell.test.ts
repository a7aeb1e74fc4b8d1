import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { shellOf } from './shell.ts'

const { signal } = new AbortController()

/** What a terminal of that many columns gets while something long goes on. */
function drawn(columns: number | undefined): string[] {
  const written: string[] = []
  const stderr = {
    write: (text: string) => void written.push(text),
    isTTY: true,
    ...(columns && { columns }),
  }
  mock.timers.enable({ apis: ['setInterval'] })
  const shell = shellOf({ env: {}, cwd: '/', signal, urgent: signal }, { stdout: stderr, stderr })
  const done = shell.longWork('k6 runs for 30 s …', () => 'x'.repeat(200))
  mock.timers.tick(1000)
  done()
  mock.timers.reset()
  return written.map((text) => text.replace('\r', '').replace('\x1b[K', '').trim())
}

test('the line that is redrawn does not wrap', () => {
  assert.deepEqual(
    drawn(60).map(({ length }) => length),
    [18, 59, 0],
  )
  assert.equal(drawn(undefined)[1]?.length, 79)
  assert.equal(drawn(10)[0], 'k6 runs f')
})
