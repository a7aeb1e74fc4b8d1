import { createHash } from 'node:crypto'
import { createRoute, z } from '@hono/zod-openapi'
import { html, raw } from 'hono/html'
import { hostname } from '../config.ts'
import type { App, Service } from '../contract.ts'

/**
 * `GET /`: a page with this pod's CPU and loads. It can be read without JavaScript; starting a load needs it.
 */
export function pageRoutes(app: App, { config, limits, stress, unitsPerMs, cpu }: Service): void {
  const source = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const policy = `default-src 'none'; connect-src 'self'; img-src data:; style-src ${source(style)}; script-src ${source(script)}; form-action 'none'; frame-ancestors 'none'; base-uri 'none'`
  const facts: [string, string][] = [
    ['host', hostname],
    ['pod', config.POD_NAME ?? '–'],
    ['namespace', config.POD_NAMESPACE ?? '–'],
    ['node', config.NODE_NAME ?? '–'],
    ['CPU limit', `${limits.cpuCores} cores`],
    ['memory limit', `${limits.memoryMiB} MiB`],
    ['work', `${unitsPerMs.toFixed(1)} units per ms, ${config.WORK_THREADS} threads`],
  ]

  app.openapi(
    createRoute({
      method: 'get',
      path: '/',
      summary: 'A page with this pod’s CPU and loads',
      responses: { 200: { description: 'A page', content: { 'text/html': { schema: z.string() } } } },
    }),
    async (c) => {
      const { process, container } = cpu()
      const now = (container ?? process).cores
      const page = await html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><title>${config.POD_NAME ?? hostname} · load-and-stress</title>
<style>${raw(style)}</style></head>
<body><main>
<h1>${config.POD_NAME ?? hostname}</h1>
<p class="soft">A workload of load-and-stress · <a href="openapi.json">openapi.json</a> · <a href="metrics">metrics</a> · <a href="cpu">cpu</a> · <a href="insight">insight</a> · <a href="stress/jobs">jobs</a></p>
<section><h2>CPU <small><output id="now">${now.toFixed(2)}</output> of ${limits.cpuCores} cores</small></h2>
<svg id="graph" viewBox="0 0 600 150" role="img" aria-label="CPU used over the last two minutes, in cores" data-limit="${limits.cpuCores}">
<g class="grid"><path d="M0 .5H600M0 75H600M0 149.5H600"/></g><text x="4" y="14">${limits.cpuCores} cores</text><text x="4" y="145">0</text>
<path id="area" d=""/><path id="line" d=""/></svg></section>
<section><h2>Load</h2>
<form id="start" aria-label="Start a load">
<label>seconds <input name="seconds" type="number" min="1" max="${config.STRESS_MAX_SECONDS}" value="${Math.min(30, config.STRESS_MAX_SECONDS)}" required></label>
<label>cores <input name="cores" type="number" min="0.1" step="0.1" max="${config.STRESS_MAX_CORES}" value="${config.STRESS_MAX_CORES}" required></label>
<label>load % <input name="load" type="number" min="0" max="100" value="50" required></label>
<label>memory MiB <input name="memoryMiB" type="number" min="0" max="${config.STRESS_MAX_MEMORY_MIB}" value="0" required></label>
<label>profile <select name="profile"><option>constant<option>ramp<option>sine<option>square</select></label>
${config.STRESS_TOKEN ? html`<label>token <input name="token" type="password" autocomplete="off" required></label>` : ''}
<button>Start</button> <button type="button" id="stop">Stop all</button></form>
<noscript><p>Starting and stopping a load on this page needs JavaScript; <code>POST /stress</code> and <code>DELETE /stress/jobs</code> do not.</p></noscript>
<p id="message" role="status"></p>
<div class="scroll" tabindex="0" role="region" aria-label="Jobs"><table><thead><tr><th scope="col">started</th><th scope="col">state</th><th scope="col">cores</th><th scope="col">load %</th><th scope="col">profile</th><th scope="col">left s</th><th scope="col">asked CPU s</th><th scope="col">achieved</th><th scope="col">MiB</th></tr></thead>
<tbody id="jobs">${stress
        .list()
        .slice(0, 20)
        .map(
          (job) =>
            html`<tr><td>${job.startedAt.slice(11, 19)}</td><td>${job.state}</td><td>${job.cores}</td><td>${job.load}</td><td>${job.profile}</td><td>${job.remainingSeconds.toFixed(0)}</td><td>${job.askedCpuSeconds.toFixed(1)}</td><td>${job.achievedCpuSeconds.toFixed(1)}</td><td>${job.heldMiB}</td></tr>`,
        )}</tbody></table></div></section>
<section><h2>This instance</h2><dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></section>
</main><script>${raw(script)}</script></body></html>
`
      c.header('content-security-policy', policy)
      return c.html(page, 200)
    },
  )
}

const style = `
:root{color-scheme:light dark;--ink:#1f2328;--paper:#fff;--soft:#57606a;--line:#d0d7de;--use:#2f7ed8}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--soft:#9aa4af;--line:#30363d}}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:48rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{margin:0;font-size:1.6rem;overflow-wrap:anywhere}h2{margin:2rem 0 .6rem;font-size:1.15rem}small,.soft{color:var(--soft);font-size:.9rem;font-weight:400}
a{color:inherit}svg{display:block;width:100%}svg text{font-size:12px;fill:currentColor}
.grid path{stroke:var(--line);fill:none}#line{stroke:var(--use);stroke-width:2;fill:none}#area{fill:var(--use);fill-opacity:.2}
form{display:flex;flex-wrap:wrap;gap:.75rem;align-items:end}label{display:flex;flex-direction:column;font-size:.85rem;color:var(--soft)}
input,select,button{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--soft);border-radius:.35rem;padding:.3rem .5rem}input[type=number]{width:6rem}button{cursor:pointer}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}th,td{padding:.3rem .6rem .3rem 0;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.5rem 1rem;margin:0}dt{font-size:.85rem;color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
`

// One string, so that the content security policy can allow only its hash.
const script = `
const byId = (id) => document.getElementById(id)
const limit = Number(byId('graph').dataset.limit), samples = [], width = 600, height = 150, kept = 120
async function refresh() {
  try {
    const { cpu } = await (await fetch('cpu')).json()
    const { cores } = cpu.container ?? cpu.process
    byId('now').value = cores.toFixed(2)
    samples.push(cores)
    if (samples.length > kept) samples.shift()
    const at = (use, i) => (width - (samples.length - 1 - i) * width / (kept - 1)).toFixed(1) + ' ' + (height - Math.min(use / limit, 1) * height).toFixed(1)
    const points = samples.map(at).join('L')
    byId('line').setAttribute('d', 'M' + points)
    byId('area').setAttribute('d', 'M' + points + 'V' + height + 'H' + at(0, 0).split(' ')[0] + 'Z')
    const { jobs } = await (await fetch('stress/jobs')).json()
    byId('jobs').replaceChildren(...jobs.slice(0, 20).map((job) => {
      const row = document.createElement('tr')
      for (const text of [job.startedAt.slice(11, 19), job.state, job.cores, job.load, job.profile, job.remainingSeconds.toFixed(0), job.askedCpuSeconds.toFixed(1), job.achievedCpuSeconds.toFixed(1), job.heldMiB]) row.insertCell().textContent = text
      return row
    }))
  } catch { byId('now').value = '?' }
  setTimeout(refresh, 1000)
}
async function send(method, path, load) {
  const token = byId('start').elements.token?.value
  try {
    const response = await fetch(path, { method, headers: { ...(load && { 'content-type': 'application/json' }), ...(token && { authorization: 'Bearer ' + token }) }, body: load && JSON.stringify(load) })
    const { title, detail } = await response.json()
    byId('message').textContent = response.ok ? '' : title + ': ' + detail
  } catch (error) { byId('message').textContent = error.message }
}
byId('start').addEventListener('submit', (event) => {
  event.preventDefault()
  const { token, profile, ...numbers } = Object.fromEntries(new FormData(event.target))
  send('POST', 'stress', { profile, ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)])) })
})
byId('stop').addEventListener('click', () => send('DELETE', 'stress/jobs'))
refresh()
`
