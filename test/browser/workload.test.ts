import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { ended, json, type Service, started as startedService } from '../service.ts'
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
