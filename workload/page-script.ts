/** Of the page at `/`. One string, so that its content security policy can allow only its hash. */
export const script = `
const byId = (id) => document.getElementById(id)
const form = byId('start'), width = 600, height = 100, keptMs = 120000
const digits = (value) => value === null ? '–' : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
const percent = (share) => share === null ? '–' : (100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0) + ' %'
const put = (id, text) => { byId(id).textContent = text }
let seconds = [], instance, limits

// Lines break where a second is missing or its value unknown.
function path(values, top) {
  const last = seconds.at(-1).at
  let d = '', open = false, before
  seconds.forEach(({ at }, i) => {
    const value = values[i]
    if (value === null) { open = false; return }
    const x = (width * (1 - (last - at) / keptMs)).toFixed(1), y = (height * (1 - Math.min(value / top, 1))).toFixed(1)
    d += (open && at - before < 5000 ? 'L' : 'M') + x + ' ' + y
    open = true
    before = at
  })
  return d
}
function draw(id, values, { second = [], limit = 0, round = digits }) {
  const known = [...values, ...second].filter((value) => value !== null)
  const most = Math.max(limit, ...known), top = most * 1.05 || 1
  const graph = byId(id)
  const set = (name, d) => graph.querySelector(name)?.setAttribute('d', d)
  const line = path(values, top)
  set('.line', line)
  // Under each unbroken piece.
  set('.area', line.split('M').filter(Boolean).map((piece) => {
    const [from] = piece.split(' '), [to] = piece.split('L').at(-1).split(' ')
    return 'M' + from + ' ' + height + 'L' + piece + 'L' + to + ' ' + height + 'Z'
  }).join(''))
  set('.second', second.length ? path(second, top) : '')
  if (limit) { const y = (height * (1 - limit / top)).toFixed(1); set('.limit', 'M0 ' + y + 'H' + width) }
  graph.querySelector('.most').textContent = known.length === 0 ? 'none yet' : 'peak ' + round(Math.max(...known))
}
function show() {
  if (seconds.length === 0) return
  const now = seconds.at(-1), of = (name) => seconds.map((each) => each[name])
  put('now', now.usedCores.toFixed(2))
  put('asked', now.askedCores.toFixed(2))
  if (byId('throttling')) put('throttled', percent(now.throttledShare) + ' of the periods')
  put('memory', now.memoryMiB.toFixed(0))
  put('waiting', now.waiting)
  put('rate', digits(now.requests) + (now.errors ? ', ' + percent(now.errors) + ' failed' : ''))
  put('latency', digits(now.p50Ms) + ' · ' + digits(now.p95Ms))
  draw('cpu', of('usedCores'), { second: of('askedCores'), limit: limits.cpuCores })
  draw('memories', of('memoryMiB'), { round: (value) => value.toFixed(0) })
  draw('queue', of('waiting'), { round: (value) => value.toFixed(0) })
  draw('requests', of('requests'), {})
  draw('latencies', of('p50Ms'), { second: of('p95Ms') })
  if (byId('throttling')) draw('throttling', of('throttledShare'), { round: percent })
}

const rows = new Map()
const cells = (job) => [job.startedAt.slice(11, 19), job.state + (job.reason ? ': ' + job.reason : ''), job.cores, job.load, job.profile, job.remainingSeconds.toFixed(0), job.askedCpuSeconds.toFixed(1), job.achievedCpuSeconds.toFixed(1), job.heldMiB]
// Rows are changed in place: a button that is replaced loses its focus and its clicks.
function list(jobs) {
  const shown = jobs.slice(0, 20)
  for (const [id, row] of rows) if (!shown.some((job) => job.id === id)) { row.remove(); rows.delete(id) }
  if (rows.size === 0) byId('jobs').replaceChildren()
  shown.forEach((job, index) => {
    let row = rows.get(job.id)
    if (!row) {
      row = document.createElement('tr')
      rows.set(job.id, row)
      for (const name of byId('heads').children) row.insertCell().className = name.className
    }
    const texts = cells(job)
    texts.forEach((text, i) => { row.cells[i].textContent = text })
    const last = row.cells[texts.length], button = last.querySelector('button')
    if (job.state !== 'running') button?.remove()
    else if (!button) {
      const stop = document.createElement('button')
      stop.type = 'button'
      stop.textContent = 'Stop'
      stop.setAttribute('aria-label', 'Stop the load started at ' + texts[0])
      stop.addEventListener('click', () => send('DELETE', 'stress/jobs/' + job.id))
      last.append(stop)
    }
    if (byId('jobs').children[index] !== row) byId('jobs').insertBefore(row, byId('jobs').children[index] ?? null)
  })
}

async function get(path) {
  const response = await fetch(path)
  if (!response.ok) throw new Error(path)
  return response.json()
}
let timer
async function refresh() {
  clearTimeout(timer)
  try {
    const from = await get('history?after=' + (seconds.at(-1)?.at ?? 0))
    // Another process answers after a restart, or behind a load balancer.
    const same = from.instance === instance
    const { seconds: more } = same || instance === undefined ? from : await get('history')
    if (!same) seconds = []
    instance = from.instance
    limits = from.limits
    seconds = [...seconds, ...more]
    seconds = seconds.filter(({ at }) => at > seconds.at(-1).at - keptMs)
    show()
    list((await get('stress/jobs')).jobs)
    put('away', '')
  } catch { put('away', 'The service does not answer. This is what it last said.') }
  clearTimeout(timer)
  // The service keeps the seconds for a page that nobody looks at.
  if (!document.hidden) timer = setTimeout(refresh, 1000)
}
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh() })

const sentence = (text) => text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.')
function words(status, { title, detail } = {}) {
  if (status === 401) return 'The token is wrong. Nothing was started or stopped.'
  if (status === 404) return 'This load ended long ago.'
  return detail ? sentence(detail) : title ? sentence(title) : 'The service answered with status ' + status + '.'
}
function needsToken() {
  const { token } = form.elements
  if (!token) return false
  complain(token, token.value ? '' : token.dataset.missing)
  return !token.value
}
async function send(method, path, load) {
  if (needsToken()) return
  const token = form.elements.token?.value
  try {
    const response = await fetch(path, { method, headers: { ...(load && { 'content-type': 'application/json' }), ...(token && { authorization: 'Bearer ' + token }) }, body: load && JSON.stringify(load) })
    const problem = response.ok ? null : await response.json().catch(() => undefined)
    put('message', response.ok ? '' : words(response.status, problem))
    if (response.ok) refresh()
  } catch { put('message', 'The service does not answer. Nothing was started or stopped.') }
}

function complain(input, text) {
  byId(input.getAttribute('aria-describedby')).textContent = text
  if (text) input.setAttribute('aria-invalid', 'true')
  else input.removeAttribute('aria-invalid')
}
function wrong({ value, validity, min, max, step, dataset }) {
  const number = Number(value)
  if (validity.badInput || value === '') return dataset.missing
  if (dataset.above === undefined ? number < Number(min) : number <= Number(dataset.above)) return dataset.low
  if (number > Number(max)) return dataset.high
  return step === '1' && !Number.isInteger(number) ? dataset.whole : ''
}
// The browser's own words are of its language and say "value".
form.noValidate = true
form.addEventListener('submit', (event) => {
  event.preventDefault()
  const inputs = [...form.querySelectorAll('input[type=number]')]
  for (const input of inputs) complain(input, wrong(input))
  const missing = needsToken()
  form.querySelector('[aria-invalid]')?.focus()
  if (missing || inputs.some((input) => input.hasAttribute('aria-invalid'))) return
  const load = Object.fromEntries(inputs.map(({ name, value }) => [name, Number(value)]))
  send('POST', 'stress', { ...load, profile: form.elements.profile.value })
})
byId('stop').addEventListener('click', () => send('DELETE', 'stress/jobs'))
refresh()
`
