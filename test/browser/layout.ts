import type { Page } from 'playwright-core'

/** What is wrong with how a page is laid out, each in a few words; `paper` where tables cannot scroll. */
export const misplaced = (page: Page, paper = false): Promise<string[]> =>
  page.evaluate((paper) => {
    const wrong: string[] = []
    const width = document.documentElement.clientWidth
    const beyond = document.documentElement.scrollWidth - width
    if (beyond > 0) wrong.push(`the page is ${beyond} px wider than the window`)
    for (const region of document.querySelectorAll('.scroll')) {
      const { scrollWidth, clientWidth } = region
      const name = region.ariaLabel
      if (scrollWidth > clientWidth + 1 && (paper || width >= 800))
        wrong.push(`the table “${name}” is cut: ${scrollWidth} of ${clientWidth} px`)
      region.scrollLeft = 100
      const first = region.querySelector('tbody th')?.getBoundingClientRect()
      const left = region.getBoundingClientRect().left
      if (width <= 640 && region.scrollLeft > 0 && first && Math.abs(first.left - left) > 1)
        wrong.push(`the first column of “${name}” scrolls away`)
      region.scrollLeft = 0
    }
    for (const cell of paper ? document.querySelectorAll('th,td') : []) {
      const { left, right, height } = cell.getBoundingClientRect()
      if (left < -1 || right > width + 1 || height === 0) wrong.push(`not on the paper: ${cell.textContent}`)
    }
    return wrong
  }, paper)

/** Text of the plots that are shown which other text covers, or that leaves its picture, or that is too small. */
export const unreadable = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const shown = [...document.querySelectorAll<SVGSVGElement>('figure > svg')].filter(
      (svg) => svg.getBoundingClientRect().height > 0,
    )
    return shown.flatMap((svg) => {
      const frame = svg.getBoundingClientRect()
      const scale = frame.width / svg.viewBox.baseVal.width
      const texts = [...svg.querySelectorAll('text,tspan')]
        .filter((each) => each.childElementCount === 0 && each.textContent?.trim())
        .map((each) => ({
          words: each.textContent ?? '',
          box: each.getBoundingClientRect(),
          size: Number.parseFloat(getComputedStyle(each).fontSize) * scale,
        }))
      // A picture that has no narrow variant is small on a phone.
      const small = texts.filter(({ size }) => svg.parentElement?.className === 'two' && size < 11)
      const outside = texts.filter(({ box }) => box.right > frame.right + 1 || box.left < frame.left - 1)
      const covered = texts.filter(({ box: a }, index) =>
        texts
          .slice(index + 1)
          .some(
            ({ box: b }) =>
              Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
              Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4,
          ),
      )
      return [
        ...small.map(({ words, size }) => `${size.toFixed(1)} px: ${words}`),
        ...outside.map(({ words }) => `outside: ${words}`),
        ...covered.map(({ words }) => `covered: ${words}`),
      ]
    })
  })

/** Opens everything that is folded and shows every view, to look at it. */
export const unfolded = (page: Page): Promise<void> =>
  page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true
    for (const view of document.querySelectorAll('.off')) view.classList.remove('off')
  })
