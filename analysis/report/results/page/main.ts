import type { Markup } from '../../printers/markup.ts'
import type { Results, RunEntry } from '../entries.ts'
import { picked, sideBySide } from '../sides.ts'
import { perPage, rowsOf } from '../table.ts'
import { type Choice, choices, fragmentOf, type Sort, shown, type View, viewOf } from '../view.ts'

const byId = <Of extends HTMLElement>(id: string): Of => document.getElementById(id) as Of

const { entries, commands } = JSON.parse(byId('data').textContent ?? '') as Results
const form = byId<HTMLFormElement>('filters')
const body = document.querySelector('#results tbody') as HTMLElement
let view = viewOf(location.hash)

/** Printed by the same functions as a page without scripts, which escape all that they are given. */
const put = (at: HTMLElement, { markup }: Markup): void => {
  at.innerHTML = markup
}

function listed(): void {
  const found = shown(entries, view)
  const pages = Math.max(1, Math.ceil(found.length / perPage))
  const page = Math.min(view.page, pages)
  const from = (page - 1) * perPage
  put(body, rowsOf(found.slice(from, from + perPage), view))
  byId('found').textContent =
    found.length === entries.length
      ? `${entries.length} entries`
      : `${found.length} of ${entries.length} entries`
  byId('place').textContent = `${page} of ${pages}`
  byId('pages').hidden = pages === 1
  byId<HTMLButtonElement>('back').disabled = page === 1
  byId<HTMLButtonElement>('on').disabled = page === pages
  for (const button of document.querySelectorAll<HTMLElement>('[data-sort]')) {
    const head = button.parentElement as HTMLElement
    if (button.dataset.sort === view.sort)
      head.setAttribute('aria-sort', view.descending ? 'descending' : 'ascending')
    else head.removeAttribute('aria-sort')
  }
}

function compared(): void {
  const sides = picked(entries, view)
  const some = sides.a.length + sides.b.length > 0
  byId('bar').hidden = false
  byId('picked').textContent = some ? `A: ${runs(sides.a)} · B: ${runs(sides.b)}` : 'Pick runs for A and B.'
  for (const id of ['swap', 'none']) byId<HTMLButtonElement>(id).disabled = !some
  const button = byId<HTMLButtonElement>('compare')
  button.disabled = !some && !view.open
  button.setAttribute('aria-expanded', String(view.open))
  byId('sides').hidden = !view.open
  if (view.open) put(byId('sides-content'), sideBySide(sides.a, sides.b, commands))
}

const runs = ({ length }: readonly RunEntry[]): string => `${length} run${length === 1 ? '' : 's'}`

const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement | null

function filled(): void {
  for (const name of ['q', 'kind', ...Object.keys(choices)]) {
    const input = field(name)
    if (!input) continue
    const value = name === 'q' ? view.text : name === 'kind' ? view.kind : view.chosen[name as Choice]
    input.value = value ?? ''
  }
  ;(field('valid') as HTMLInputElement).checked = view.onlyValid
}

function show(changes: Partial<View>, redraw: readonly (() => void)[]): void {
  view = { ...view, ...changes }
  const fragment = fragmentOf(view)
  history.replaceState(null, '', fragment === '' ? location.pathname + location.search : `#${fragment}`)
  for (const each of redraw) each()
}

function restored(): void {
  view = viewOf(location.hash)
  filled()
  listed()
  compared()
}

form.addEventListener('input', () => {
  const chosen = Object.keys(choices).flatMap((name) => {
    const value = field(name)?.value
    return value ? [[name, value] as const] : []
  })
  show(
    {
      text: field('q')?.value ?? '',
      kind: (field('kind')?.value || null) as View['kind'],
      chosen: Object.fromEntries(chosen),
      onlyValid: (field('valid') as HTMLInputElement).checked,
      page: 1,
    },
    [listed],
  )
})
form.addEventListener('submit', (event) => event.preventDefault())
byId('reset').addEventListener('click', () =>
  show({ text: '', kind: null, chosen: {}, onlyValid: false, page: 1 }, [filled, listed]),
)

body.addEventListener('change', ({ target }) => {
  const { value, checked, dataset } = target as HTMLInputElement
  const side = dataset.side === 'b' ? 'b' : 'a'
  const without = {
    a: view.a.filter((path) => path !== value),
    b: view.b.filter((path) => path !== value),
  }
  show({ ...without, ...(checked && { [side]: [...without[side], value] }) }, [compared])
  // One run is on one side.
  for (const input of body.querySelectorAll<HTMLInputElement>('[data-side]'))
    input.checked = view[input.dataset.side === 'b' ? 'b' : 'a'].includes(input.value)
})
body.addEventListener('click', ({ target }) => {
  const series = (target as HTMLElement).dataset.series
  if (series !== undefined) show({ text: '', kind: null, chosen: { series }, page: 1 }, [filled, listed])
})
for (const button of document.querySelectorAll<HTMLElement>('[data-sort]'))
  button.addEventListener('click', () => {
    const sort = button.dataset.sort as Sort
    show({ sort, descending: view.sort === sort ? !view.descending : true, page: 1 }, [listed])
  })
const turn = (by: number) => () => {
  show({ page: view.page + by }, [listed])
  byId('results').scrollIntoView()
}
byId('back').addEventListener('click', turn(-1))
byId('on').addEventListener('click', turn(1))
byId('compare').addEventListener('click', () => {
  show({ open: !view.open }, [compared])
  if (view.open) byId('sides-title').focus()
})
byId('swap').addEventListener('click', () => show({ a: view.b, b: view.a }, [listed, compared]))
byId('none').addEventListener('click', () => show({ a: [], b: [], open: false }, [listed, compared]))
for (const side of ['a', 'b'] as const)
  byId(`all-${side}`).addEventListener('click', () => {
    const paths = shown(entries, view).flatMap(({ kind, path }) => (kind === 'run' ? [path] : []))
    const other = side === 'a' ? 'b' : 'a'
    show({ [side]: paths, [other]: view[other].filter((path) => !paths.includes(path)) }, [listed, compared])
  })
addEventListener('hashchange', restored)

form.hidden = false
restored()
