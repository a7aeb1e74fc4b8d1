import { createHash } from 'node:crypto'
import { createRoute, z } from '@hono/zod-openapi'
import { html, raw } from 'hono/html'
import { hostname } from '../config.ts'
import type { App, Service } from '../contract.ts'
import { script } from '../page-script.ts'
import { style } from '../page-style.ts'

/**
 * `GET /`: a page with this pod's CPU and loads. It can be read without JavaScript; starting a load needs it.
 */
export function pageRoutes(
  app: App,
  { config, limits, stress, pool, unitsPerMs, cpu, history }: Service,
): void {
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
      const asked = history.after(0).at(-1)?.askedCores ?? 0
      const quota = typeof container?.quotaCores === 'number'
      const page = await html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><title>${config.POD_NAME ?? hostname} · load-and-stress</title>
<style>${raw(style)}</style></head>
<body><main>
<h1>${config.POD_NAME ?? hostname}</h1>
<p class="soft">A workload of load-and-stress · <a href="openapi.json">openapi.json</a> · <a href="metrics">metrics</a> · <a href="cpu">cpu</a> · <a href="history">history</a> · <a href="insight">insight</a> · <a href="stress/jobs">jobs</a></p>
<section><h2>The last two minutes</h2><p id="away" role="status"></p><div class="graphs">
${graph('cpu', 'CPU used, and asked for by loads, in cores', html`<b><span class="key">used</span> <span id="now">${now.toFixed(2)}</span> of ${limits.cpuCores} cores</b> <span><span class="key dashed">asked by loads</span> <span id="asked">${asked.toFixed(2)}</span></span>`)}
${quota ? graph('throttling', 'Share of the periods in which the CPU quota was used up', html`<b>throttled</b> <span id="throttled"></span>`) : ''}
${graph('requests', 'Work requests answered per second', html`<b>/work requests/s</b> <span id="rate"></span>`)}
${graph('latencies', 'Response times of work requests in the last ten seconds, in ms', html`<b><span class="key">p50</span> <span class="key dashed">p95</span> ms</b> <span id="latency"></span>`)}
${graph('queue', 'Work requests waiting for a thread', html`<b>/work queue</b> <span id="waiting">${pool.waiting()}</span>`)}
${graph('memories', 'Memory of this process, in MiB', html`<b>memory MiB</b> <span><span id="memory"></span> of ${limits.memoryMiB}</span>`)}
</div></section>
<section><h2>Load</h2>
<form id="start" aria-label="Start a load">
${field('seconds', html`type="number" min="0" data-above="0" step="any" max="${config.STRESS_MAX_SECONDS}" value="${Math.min(30, config.STRESS_MAX_SECONDS)}" data-missing="Write for how many seconds." data-low="A load takes more than 0 seconds." data-high="A load takes ${config.STRESS_MAX_SECONDS} seconds at most."`)}
${field('cores', html`type="number" min="0" data-above="0" step="any" max="${config.STRESS_MAX_CORES}" value="${config.STRESS_MAX_CORES}" data-missing="Write how many cores." data-low="A load takes more than 0 cores." data-high="A load takes ${config.STRESS_MAX_CORES} ${config.STRESS_MAX_CORES === 1 ? 'core' : 'cores'} at most here."`)}
${field('load', html`type="number" min="0" step="any" max="100" value="50" data-missing="Write how much of the cores, in %." data-low="A load is 0 % at least." data-high="A load is 100 % of its cores at most."`, 'load %')}
${field('memoryMiB', html`type="number" min="0" step="1" max="${config.STRESS_MAX_MEMORY_MIB}" value="0" data-missing="Write how many MiB; 0 for none." data-low="Memory is 0 MiB at least." data-high="Loads hold ${config.STRESS_MAX_MEMORY_MIB} MiB at most here." data-whole="Memory is in whole MiB."`, 'memory MiB')}
<label>profile <select name="profile"><option>constant<option>ramp<option>sine<option>square</select></label>
${config.STRESS_TOKEN ? field('token', html`type="password" autocomplete="off" data-missing="Write the token: this service starts and stops no load without it."`) : ''}
<div class="buttons"><button>Start</button> <button type="button" id="stop">Stop all</button></div></form>
<noscript><p>Starting and stopping a load on this page needs JavaScript; <code>POST /stress</code> and <code>DELETE /stress/jobs</code> do not. <code>GET /history</code> has the last two minutes.</p></noscript>
<p id="message" role="alert"></p>
<div class="scroll" tabindex="0" role="region" aria-label="Jobs"><table><thead><tr id="heads">${heads.map((head) => html`<th scope="col" class="${texts.includes(head) ? 'text' : ''}">${head}</th>`)}<td></td></tr></thead>
<tbody id="jobs">${stress
        .list()
        .slice(0, 20)
        .map(
          (job) =>
            html`<tr><td class="text">${job.startedAt.slice(11, 19)}</td><td class="text">${job.state}${job.reason === null ? '' : `: ${job.reason}`}</td><td>${job.cores}</td><td>${job.load}</td><td class="text">${job.profile}</td><td>${job.remainingSeconds.toFixed(0)}</td><td>${job.askedCpuSeconds.toFixed(1)}</td><td>${job.achievedCpuSeconds.toFixed(1)}</td><td>${job.heldMiB}</td><td></td></tr>`,
        )}</tbody></table></div></section>
<section><h2>This instance</h2><dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></section>
</main><script>${raw(script)}</script></body></html>
`
      c.header('content-security-policy', policy)
      return c.html(page, 200)
    },
  )
}

const heads = ['started', 'state', 'cores', 'load %', 'profile', 'left s', 'asked CPU s', 'achieved', 'MiB']
const texts = ['started', 'state', 'profile']

/** The script draws it, in the units of its caption. */
const graph = (id: string, label: string, caption: Markup): Markup =>
  html`<figure id="${id}"><figcaption>${caption}</figcaption><svg viewBox="0 0 600 100" preserveAspectRatio="none" role="img" aria-label="${label}"><path class="limit"/><path class="area"/><path class="line"/><path class="second"/></svg><div class="scale"><span>−2 min</span><span class="most"></span><span>now</span></div></figure>`

const field = (name: string, attributes: Markup, label: string = name): Markup =>
  html`<div><label>${label} <input name="${name}" ${attributes} required aria-describedby="${name}-problem"></label><div class="problem" id="${name}-problem"></div></div>`

type Markup = ReturnType<typeof html>
