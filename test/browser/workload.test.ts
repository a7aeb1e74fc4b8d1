import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { ended, json, type Service, serving, started as startedService } from '../service.ts'
import { started, violations } from './browser.ts'

const token = 'open-sesame-123'

let browser: Browser
let service: Service
before(async () => {
  ;[browser, service] = await Promise.all([
    started(),
    startedService({ STRESS_TOKEN: token, STRESS_MAX_JOBS: '2' }),
  ])
})
after(async () => {
  await browser.close()
  service.process.kill('SIGTERM')
  await ended(service)
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the workload's page starts, draws and stops a load, without axe violations, ${colorScheme}`, async () => {
    // The page's content security policy would block axe.
    const page = await browser.newPage({ colorScheme, bypassCSP: true })
    const logged: string[] = []
    page.on('console', (message) => logged.push(message.text()))
    page.on('pageerror', (error) => logged.push(error.message))
    await page.goto(`${service.url}/`)
    await page.getByLabel('seconds', { exact: true }).fill('30')
    await page.getByLabel('load %', { exact: true }).fill('40')
    await page.getByLabel('profile').selectOption('sine')
    await page.getByLabel('token', { exact: true }).fill('wrong')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.getByText('The token is wrong. Nothing was started or stopped.').waitFor()
    await page.getByLabel('token', { exact: true }).fill(token)
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.getByRole('cell', { name: 'running' }).first().waitFor()
    const [job] = (await json(fetch(`${service.url}/stress/jobs`))).jobs
    assert.deepEqual([job.seconds, job.load, job.profile], [30, 40, 'sine'])
    await page.locator('#cpu .line[d*="L"]').waitFor({ state: 'attached' })
    assert.deepEqual(await violations(page), [])
    await page.getByRole('button', { name: 'Stop all' }).click()
    await page.getByRole('cell', { name: 'cancelled' }).first().waitFor()
    // The browser itself logs the 401 for the wrong token.
    assert.deepEqual(
      logged.filter((line) => !/401/.test(line)),
      [],
    )
    await page.close()
  })
}

test('the page works under its content security policy, and is readable without script', async () => {
  const page = await browser.newPage()
  const logged: string[] = []
  page.on('console', (message) => logged.push(message.text()))
  await page.goto(`${service.url}/`)
  await page.locator('#cpu .line[d*="M"]').waitFor({ state: 'attached' })
  assert.deepEqual(logged, [])
  const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage()
  await plain.goto(`${service.url}/`)
  assert.ok(await plain.locator('noscript').isVisible())
  assert.match((await plain.locator('main').textContent()) ?? '', /of \d+ cores[\s\S]*memory limit/)
})

/** How many seconds a page has drawn. */
const drawn = async (page: Page) =>
  ((await page.locator('#cpu .line').getAttribute('d')) ?? '').split(/[ML]/).length - 1

test('a second viewer and a reload see the seconds before', async () => {
  const page = await browser.newPage()
  await page.goto(`${service.url}/`)
  await page.waitForFunction(
    "(document.querySelector('#cpu .line').getAttribute('d') ?? '').split(/[ML]/).length > 4",
  )
  const before = await drawn(page)
  const other = await browser.newPage()
  for (const open of [() => page.reload(), () => other.goto(`${service.url}/`)]) await open()
  for (const viewer of [page, other]) {
    await viewer.locator('#cpu .line[d]').waitFor({ state: 'attached' })
    assert.ok((await drawn(viewer)) >= before, `${await drawn(viewer)} of ${before}`)
    await viewer.close()
  }
})

test('one of two loads is stopped by its button, and what the service refuses is said in words', async () => {
  const page = await browser.newPage()
  await page.goto(`${service.url}/`)
  await page.getByLabel('token', { exact: true }).fill(token)
  await page.getByLabel('load %', { exact: true }).fill('5')
  const running = page.getByRole('row').filter({ hasText: 'running' })
  for (const [index, seconds] of ['40', '50'].entries()) {
    await page.getByLabel('seconds', { exact: true }).fill(seconds)
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await running.nth(index).waitFor()
  }
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.getByText('2 jobs are already running; end one or wait.').waitFor()
  // It keeps its focus while the page is drawn anew.
  const first = page.locator('#jobs button').first()
  await first.focus()
  await page.waitForTimeout(1500)
  assert.equal(
    await page.locator('button:focus').getAttribute('aria-label'),
    await first.getAttribute('aria-label'),
  )
  await first.press('Enter')
  await page.getByRole('row').filter({ hasText: 'cancelled' }).first().waitFor()
  const { jobs } = await json(fetch(`${service.url}/stress/jobs`))
  const states = (seconds: number) =>
    jobs
      .filter((job: { seconds: number }) => job.seconds === seconds)
      .map((job: { state: string }) => job.state)
  assert.deepEqual([states(40), states(50)], [['cancelled'], ['running']])
  await page.getByRole('button', { name: 'Stop all' }).click()
  await running.waitFor({ state: 'detached' })
  await page.close()
})

test('input that is no load is explained in words beside its field, and nothing is sent', async () => {
  const page = await browser.newPage()
  const sent: string[] = []
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()))
  await page.goto(`${service.url}/`)
  const cases = [
    ['seconds', '', 'Write for how many seconds.'],
    ['seconds', '0', 'A load takes more than 0 seconds.'],
    ['seconds', '99999', 'A load takes 3600 seconds at most.'],
    ['cores', '9999', 'at most here.'],
    ['load %', '101', 'A load is 100 % of its cores at most.'],
    ['memory MiB', '1.5', 'Memory is in whole MiB.'],
  ] as const
  for (const [label, value, words] of cases) {
    const input = page.getByLabel(label, { exact: true })
    const valid = await input.inputValue()
    await input.fill(value)
    await page.getByLabel('token', { exact: true }).fill(token)
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.getByText(words).waitFor()
    assert.equal(await page.locator('input:focus').getAttribute('name'), await input.getAttribute('name'))
    await input.fill(valid)
  }
  await page.getByLabel('token', { exact: true }).fill('')
  await page.getByRole('button', { name: 'Stop all' }).click()
  await page.getByText('Write the token').waitFor()
  assert.deepEqual(sent, [])
  await page.close()
})

test('the page fits a phone, and says so when the service is gone', async () => {
  const own = await startedService()
  const page = await browser.newPage({ viewport: { width: 360, height: 800 } })
  await page.goto(`${own.url}/`)
  await page.locator('#cpu .line[d*="M"]').waitFor({ state: 'attached' })
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
  own.process.kill('SIGTERM')
  await ended(own)
  await page.getByText('The service does not answer. This is what it last said.').waitFor()
  await page.close()
})

test('a page of another site starts no load on localhost', async () => {
  const open = await startedService()
  const other = await serving((_, response) =>
    response.setHeader('content-type', 'text/html').end('<p>other'),
  )
  try {
    const page = await browser.newPage()
    await page.goto(other.url)
    await page.evaluate(async (url) => {
      await fetch(`${url}/stress?seconds=60&load=1`, { mode: 'no-cors' })
      await fetch(`${url}/stress`, { mode: 'no-cors', method: 'POST' })
    }, open.url)
    assert.deepEqual((await json(fetch(`${open.url}/stress/jobs`))).jobs, [])
    // Typed into the address bar, the same address is a request of the user.
    assert.equal((await page.goto(`${open.url}/stress?seconds=0.1&load=0`))?.status(), 202)
    await page.close()
  } finally {
    other.close()
    open.process.kill('SIGTERM')
    await ended(open)
  }
})
