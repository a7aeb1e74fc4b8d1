// The x axis of a panel is stretched by moving and scaling what is drawn along it.

const svg = 'http://www.w3.org/2000/svg'

/** Where an element was before any zoom. @param {Element} element @param {string} name */
const original = (element, name) => {
  const kept = `data-${name}`
  if (!element.hasAttribute(kept)) element.setAttribute(kept, element.getAttribute(name) ?? '')
  return element.getAttribute(kept) ?? ''
}

/** Left, right, bottom and top of where a panel draws, in its own units. @param {SVGSVGElement} panel */
export const frame = (panel) => (panel.dataset.frame ?? '').split(' ').map(Number)

/**
 * Stretches the x axis of a panel so that the shares from a to b of it fill it.
 * @param {SVGSVGElement} panel @param {string} id @param {number} a @param {number} b
 */
export const stretch = (panel, id, a, b) => {
  const [left, right] = frame(panel)
  const by = 1 / (b - a)
  const shift = left - (left + a * (right - left)) * by
  const outside = (/** @type {number} */ x) => x < left - 1 || x > right + 1
  let clip = panel.querySelector('clipPath rect')
  if (!clip) {
    clip = document.createElementNS(svg, 'rect')
    const path = document.createElementNS(svg, 'clipPath')
    path.id = id
    path.append(clip)
    panel.append(path)
  }
  clip.setAttribute('x', String(left + a * (right - left)))
  clip.setAttribute('width', String((b - a) * (right - left)))
  clip.setAttribute('height', String(panel.height.baseVal.value))
  for (const group of panel.querySelectorAll('.moves,.names')) {
    for (const text of group.querySelectorAll('text')) {
      const was = original(text, 'transform')
      const [, x, rest] = /translate\(([-\d.]+)(.*)/.exec(was) ?? []
      // The name of a line is beside its panel.
      if (!x || (group.matches('.names') && Number(x) >= right - 1)) continue
      const moved = Number(x) * by + shift
      text.setAttribute('transform', `translate(${moved}${rest}`)
      text.style.visibility = outside(moved) ? 'hidden' : ''
    }
    for (const circle of group.querySelectorAll('circle')) {
      const moved = Number(original(circle, 'cx')) * by + shift
      circle.setAttribute('cx', String(moved))
      circle.style.visibility = outside(moved) ? 'hidden' : ''
    }
    if (group.querySelector('text,circle')) continue
    group.setAttribute('transform', `matrix(${by} 0 0 1 ${shift} 0) ${original(group, 'transform')}`)
    group.setAttribute('clip-path', `url(#${id})`)
  }
}
