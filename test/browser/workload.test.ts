import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { ended, json, type Service, serving, started as startedService } from '../service.ts'
import { started, violations } from './browser.ts'

let browser: Browser
let service: Service
before(async () => {
  ;[browser, service] = await Promise.all([started(), startedService({ STRESS_TOKEN: 'open-sesame-123' })])
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
    await page.getByLabel('seconds').fill('30')
    await page.getByLabel('load %').fill('40')
    await page.getByLabel('profile').selectOption('sine')
    await page.getByLabel('token').fill('wrong')
    await page.getByRole('button', { name: 'Start' }).click()
    await page.getByText('Unauthorised').waitFor()
    await page.getByLabel('token').fill('open-sesame-123')
    await page.getByRole('button', { name: 'Start' }).click()
    await page.getByRole('cell', { name: 'running' }).first().waitFor()
    const [job] = (await json(fetch(`${service.url}/stress/jobs`))).jobs
    assert.deepEqual([job.seconds, job.load, job.profile], [30, 40, 'sine'])
    await page.locator('#line[d*="L"]').waitFor({ state: 'attached' })
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
  await page.locator('#line[d*="M"]').waitFor({ state: 'attached' })
  assert.deepEqual(logged, [])
  const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage()
  await plain.goto(`${service.url}/`)
  assert.ok(await plain.locator('noscript').isVisible())
  assert.match((await plain.locator('main').textContent()) ?? '', /of \d+ cores[\s\S]*memory limit/)
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
