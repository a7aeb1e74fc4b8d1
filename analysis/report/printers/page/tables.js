// Tables are sorted by a click on a head, and copied as lines of cells for a spreadsheet.

/**
 * The number that a cell begins with: `1,234`, `−5.2 %`, `< 0.001`; null for one without an answer.
 * @param {string} text
 */
const value = (text) => {
  if (text === '–' || text === '') return null
  const [digits] = /^[<>≤≥+ ]*([−-]?[\d,]*\.?\d+(e[−-]?\d+)?)/.exec(text)?.slice(1) ?? []
  return digits === undefined ? text : Number(digits.replaceAll(',', '').replaceAll('−', '-'))
}

/** @param {string | number} a @param {string | number} b */
const order = (a, b) =>
  typeof a === 'number' && typeof b === 'number'
    ? a - b
    : String(a).localeCompare(String(b), 'en', { numeric: true })

/** @param {HTMLTableElement} table @param {number} column @param {boolean} down */
const sort = (table, column, down) => {
  const body = table.tBodies[0]
  const rows = [...body.rows].filter((row) => !row.classList.contains('total'))
  const cells = new Map(rows.map((row) => [row, value(row.cells[column]?.textContent.trim() ?? '')]))
  rows.sort((one, other) => {
    const [a, b] = [cells.get(one) ?? null, cells.get(other) ?? null]
    // What has no answer stays at the end.
    if (a === null || b === null) return Number(a === null) - Number(b === null)
    return down ? order(b, a) : order(a, b)
  })
  body.prepend(...rows)
}

/** @param {string} text */
const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
}

for (const table of document.querySelectorAll('table')) {
  if (table.classList.contains('facts')) continue
  const heads = [...table.querySelectorAll('th')].filter((head) => head.scope === 'col')
  for (const head of table.tBodies[0].rows.length > 1 ? heads : []) {
    const button = document.createElement('button')
    button.append(...head.childNodes)
    head.append(button)
    button.addEventListener('click', () => {
      const down = head.ariaSort !== 'descending'
      for (const other of heads) other.ariaSort = null
      head.ariaSort = down ? 'descending' : 'ascending'
      sort(table, head.cellIndex, down)
    })
  }
  const button = document.createElement('button')
  button.className = 'copy'
  button.textContent = 'copy'
  button.title = 'Copy the table for a spreadsheet'
  button.addEventListener('click', async () => {
    const rows = [...table.rows].map((row) =>
      [...row.cells].map((cell) => cell.textContent.trim()).join('\t'),
    )
    await copy(rows.join('\n'))
    button.textContent = 'copied'
    setTimeout(() => {
      button.textContent = 'copy'
    }, 2000)
  })
  const section = table.closest('section')
  const heading = section?.querySelector('h2,h3')
  if (heading) heading.after(button)
  else section?.prepend(button)
}
