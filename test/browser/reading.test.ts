import assert from 'node:assert/strict'
import { test } from 'node:test'
import { made, opened, openedText, plot } from './opened.ts'

test('a pointer over a plot, or the arrow keys, read the values of every curve there', async () => {
  const page = await opened('one run')
  const figure = page.locator('figure', { has: page.locator('title', { hasText: 'Throughput' }) })
  const tip = figure.locator('.tip')
  assert.equal(await tip.isVisible(), false)
  await figure.scrollIntoViewIfNeeded()
  const box = await figure.boundingBox()
  assert.ok(box)
  await page.mouse.move(box.x + 0.85 * box.width, box.y + 150)
  assert.ok(await tip.isVisible())
  assert.match(
    (await tip.textContent()) ?? '',
    /4.*throughput \(requests\/s\)250latency \(ms\)p5050p9595p9999$/,
  )
  await page.mouse.move(0, 0)
  assert.equal(await tip.isVisible(), false)
  const slider = figure.getByRole('slider')
  await slider.focus()
  await slider.press('Home')
  await slider.press('ArrowRight')
  assert.match(
    (await slider.getAttribute('aria-valuetext')) ?? '',
    /2.* throughput \(requests\/s\) 190 latency \(ms\) p50 50 p95 95 p99 99$/,
  )
  assert.ok(await tip.isVisible())
  await page.context().close()
})

test('a time axis is zoomed by dragging and by keys, and shown whole again', async () => {
  const page = await opened('one run')
  const figure = page.locator('figure.time')
  await figure.scrollIntoViewIfNeeded()
  const reset = figure.locator('.reset')
  const ticks = () =>
    figure.locator('.moves text:visible').evaluateAll((all) => all.map((each) => each.textContent))
  const whole = await ticks()
  const box = await figure.boundingBox()
  assert.ok(box)
  await page.mouse.move(box.x + 0.4 * box.width, box.y + 200)
  await page.mouse.down()
  await page.mouse.move(box.x + 0.6 * box.width, box.y + 220, { steps: 4 })
  await page.mouse.up()
  assert.ok(await reset.isVisible())
  const zoomed = await ticks()
  assert.ok(zoomed.length > 0 && zoomed.length < whole.length / 2, `${whole} → ${zoomed}`)
  assert.ok(zoomed.every((tick) => Number(tick) >= 10 && Number(tick) <= 20))
  await reset.click()
  assert.deepEqual([await ticks(), await reset.isVisible()], [whole, false])
  const slider = figure.getByRole('slider')
  await slider.focus()
  await slider.press('+')
  assert.ok((await ticks()).length < whole.length)
  await slider.press('Escape')
  assert.deepEqual(await ticks(), whole)
  await page.context().close()
})

test('of several views one is shown, chosen by a key; without script and on paper all are', async () => {
  const text = made({ kind: 'choice', name: 'Views', plots: [plot('curves'), plot('histogram')] })
  const page = await openedText(text)
  const shown = () => page.locator('figure:visible title').allTextContents()
  assert.deepEqual(await shown(), ['curves'])
  await page.getByRole('radio', { name: 'curves' }).press('ArrowRight')
  assert.deepEqual(await shown(), ['histogram'])
  assert.equal(await page.getByRole('radiogroup', { name: 'Views' }).count(), 1)
  await page.emulateMedia({ media: 'print' })
  assert.deepEqual(await shown(), ['curves', 'histogram'])
  await page.context().close()
  const plain = await openedText(text, '', false)
  assert.equal(await plain.locator('figure:visible').count(), 2)
  await plain.context().close()
})

test('a phone gets the narrow picture, whose ids are its own', async () => {
  const narrow = plot('p').svg.replace('0 0 760', '0 0 360')
  const page = await openedText(made(plot('p', narrow)))
  const shown = () =>
    page.locator('figure > svg:visible').evaluateAll((all) => all.map((svg) => svg.getAttribute('viewBox')))
  assert.deepEqual(await shown(), ['0 0 760 99'])
  await page.setViewportSize({ width: 360, height: 700 })
  assert.deepEqual(await shown(), ['0 0 360 99'])
  const ids = await page.locator('[id]').evaluateAll((all) => all.map(({ id }) => id))
  assert.equal(new Set(ids).size, ids.length)
  assert.equal(await page.getByRole('img', { name: 'p' }).count(), 1)
  await page.context().close()
})
