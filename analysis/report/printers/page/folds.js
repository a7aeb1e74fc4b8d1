// What is folded opens for a link to it, and for the printer. Of several views one is shown.

/** @param {Element | null | undefined} element */
const unfold = (element) => {
  for (let fold = element?.closest('details'); fold; fold = fold.parentElement?.closest('details'))
    fold.open = true
}

const reveal = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  unfold(target)
  target?.scrollIntoView()
}
addEventListener('hashchange', reveal)
// A link to where the address already leads changes nothing of it.
addEventListener('click', ({ target }) => {
  const link = target instanceof Element ? target.closest('a') : null
  if (link?.hash && link.hash === location.hash) reveal()
})
if (location.hash) reveal()

/** @type {HTMLDetailsElement[]} */
let opened = []
addEventListener('beforeprint', () => {
  opened = [...document.querySelectorAll('details')].filter((fold) => !fold.open)
  for (const fold of opened) fold.open = true
})
addEventListener('afterprint', () => {
  for (const fold of opened) fold.open = false
})

for (const [index, choice] of document.querySelectorAll('.choice').entries()) {
  const figures = [...choice.querySelectorAll('figure')]
  const group = document.createElement('div')
  group.className = 'views'
  group.role = 'radiogroup'
  group.ariaLabel = choice instanceof HTMLElement ? (choice.dataset.name ?? '') : ''
  const show = (/** @type {Element} */ shown) => {
    for (const figure of figures) figure.classList.toggle('off', figure !== shown)
  }
  for (const [place, figure] of figures.entries()) {
    const label = document.createElement('label')
    const input = document.createElement('input')
    input.type = 'radio'
    input.name = `view-${index}`
    input.checked = place === 0
    input.addEventListener('change', () => show(figure))
    label.append(input, figure.querySelector('title')?.textContent ?? '')
    group.append(label)
  }
  figures[0]?.before(group)
  if (figures[0]) show(figures[0])
}
document.documentElement.classList.add('js')
