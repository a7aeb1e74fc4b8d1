// A pointer over a plot, or the arrow keys, read the values there; a time axis is zoomed by dragging, + and −.

import { frame, stretch } from './zoom.js'

/** @typedef {{ label: string, colour: string, values: (string | null)[] }} Curve */
/** @typedef {{ at: number[], x: string[], y: string, curves: Curve[], time?: boolean }} Readings */

/** @param {string} tag @param {string} name @param {string} [text] */
const made = (tag, name, text) => {
  const element = document.createElement(tag)
  element.className = name
  if (text) element.textContent = text
  return element
}

/** The index of the place nearest to a share of the axis. @param {number[]} at @param {number} share */
const nearest = (at, share) =>
  at.reduce(
    (best, each, index) => (Math.abs(each - share) < Math.abs((at[best] ?? 0) - share) ? index : best),
    0,
  )

/** @param {HTMLElement} figure @param {Readings[]} values @param {string} id */
const read = (figure, values, id) => {
  const time = values.some((each) => each.time)
  const cross = made('div', 'cross')
  const band = made('div', 'band')
  const tip = made('div', 'tip')
  const reset = made('button', 'reset')
  let [from, to] = [0, 1]
  let place = 0
  /** @type {number | null} */
  let drag = null
  cross.tabIndex = 0
  cross.role = 'slider'
  cross.ariaLabel = `Values of ${figure.querySelector('title')?.textContent}`
  cross.ariaValueMin = '0'
  cross.ariaValueNow = '0'
  cross.ariaValueMax = String((values[0]?.at.length ?? 1) - 1)
  reset.hidden = true
  figure.append(cross, band, tip, reset)

  /** The picture that is shown, its panels, and where their frame is in the figure. */
  const shown = () => {
    const picture = [...figure.querySelectorAll('svg')].find(
      (each) => each.matches('figure>svg') && each.clientWidth > 0,
    )
    const panels = [...(picture?.querySelectorAll('svg') ?? [])].filter((each) => each.dataset.frame)
    const scale = (picture?.clientWidth ?? 0) / (picture?.viewBox.baseVal.width || 1)
    const sides = panels.map((panel) => {
      const [left, right, bottom, top] = frame(panel).map((side) => side * scale)
      const y = panel.y.baseVal.value * scale
      return { left, right, bottom: y + bottom, top: y + top }
    })
    const { left = 0, right = 1, top = 0 } = sides[0] ?? {}
    const bottom = sides.at(-1)?.bottom ?? 0
    return { left, right, top, bottom }
  }

  const put = (/** @type {number} */ index) => {
    const first = values[0]
    place = Math.max(0, Math.min(first.at.length - 1, index))
    const share = first.at[place] ?? 0
    figure.classList.toggle('beyond', share < from || share > to)
    const { left, right, top, bottom } = shown()
    const x = left + ((share - from) / (to - from)) * (right - left)
    cross.style.cssText = `left:${x}px;top:${top}px;height:${bottom - top}px`
    const rows = values.flatMap(({ at, y, curves }) => {
      const near = nearest(at, share)
      const known = curves.flatMap(({ label, colour, values }) => {
        const text = values[near]
        if (!text) return []
        const row = made('div', 'row')
        const key = made('i', 'key')
        key.style.background = colour
        row.append(key, made('span', '', curves.length > 1 ? label : y), made('b', '', text))
        return [row]
      })
      return curves.length > 1 && known.length > 0 ? [made('div', 'y', y), ...known] : known
    })
    tip.replaceChildren(made('div', 'x', first.x[place]), ...rows)
    cross.ariaValueNow = String(place)
    cross.ariaValueText = [...tip.querySelectorAll('.x,.y,span,b')].map((each) => each.textContent).join(' ')
    const room = figure.clientWidth - tip.offsetWidth
    tip.style.left = `${Math.max(0, Math.min(room, x > figure.clientWidth / 2 ? x - tip.offsetWidth - 12 : x + 12))}px`
    tip.style.top = `${top}px`
  }

  const zoom = (/** @type {number} */ a, /** @type {number} */ b) => {
    const wide = Math.max(b - a, 0.01)
    from = Math.max(0, Math.min(a, 1 - wide))
    to = Math.min(1, from + wide)
    for (const [index, panel] of [...figure.querySelectorAll('svg svg')].entries())
      if (panel instanceof SVGSVGElement && panel.dataset.frame) stretch(panel, `${id}-${index}`, from, to)
    const { at, x } = values[0]
    reset.hidden = from === 0 && to === 1
    figure.classList.toggle('zoomed', !reset.hidden)
    reset.textContent = `${x[nearest(at, from)]} to ${x[nearest(at, to)]} – show all`
  }

  /** @param {PointerEvent} event */
  const share = ({ clientX }) => {
    const { left, right } = shown()
    const at = (clientX - figure.getBoundingClientRect().left - left) / (right - left)
    return from + Math.max(0, Math.min(1, at)) * (to - from)
  }

  figure.addEventListener('pointermove', (event) => {
    if (event.target === reset) return
    const at = share(event)
    figure.classList.add('read')
    put(nearest(values[0].at, at))
    if (drag === null) return
    const { left, right, top, bottom } = shown()
    const [a, b] = [drag, at]
      .sort((a, b) => a - b)
      .map((each) => left + ((each - from) / (to - from)) * (right - left))
    band.style.cssText = `left:${a}px;width:${b - a}px;top:${top}px;height:${bottom - top}px`
  })
  figure.addEventListener('pointerleave', () => figure.classList.remove('read'))
  reset.addEventListener('click', () => zoom(0, 1))
  cross.addEventListener('focus', () => put(place))
  cross.addEventListener('keydown', (event) => {
    const { at } = values[0]
    const middle = at[place] ?? 0
    const half = (to - from) / 2
    const step = {
      ArrowLeft: -1,
      ArrowRight: 1,
      PageUp: -10,
      PageDown: 10,
      Home: -at.length,
      End: at.length,
    }[event.key]
    if (step) put(place + step)
    else if (time && event.key === '+') zoom(middle - half / 2, middle + half / 2)
    else if (time && event.key === '-') zoom(middle - half * 2, middle + half * 2)
    else if (time && event.key === 'Escape') zoom(0, 1)
    else return
    put(place)
    event.preventDefault()
  })
  if (!time) return
  figure.classList.add('time')
  figure.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch' || event.button !== 0 || event.target === reset) return
    drag = share(event)
    figure.setPointerCapture(event.pointerId)
    event.preventDefault()
  })
  figure.addEventListener('pointerup', (event) => {
    if (drag === null) return
    const [a, b] = [drag, share(event)].sort((a, b) => a - b)
    drag = null
    band.style.cssText = ''
    if (b - a > 0.02 * (to - from)) zoom(a, b)
  })
}

for (const [index, data] of document.querySelectorAll('figure>script').entries())
  if (data.parentElement) read(data.parentElement, JSON.parse(data.textContent ?? '[]'), `zoom-${index}`)
