/** The default size of a load. Environment variables of the script override each part of it. */
export type Sizes = {
  /** VUs of the only plateau, or of the highest. */
  readonly vus?: number
  /** Requests per second of the only stage, or of the highest. */
  readonly rate?: number
  /** Of all stages together: 30s, 5m, 1m30s. */
  readonly duration: string
  /** How often each kind of request is sent, relative to the others: work=8,cpu=1 */
  readonly mix?: string
}

/** What people and the runner need to know about a built-in scenario. */
export type Scenario = {
  /** One sentence for its help. */
  readonly purpose: string
  /** What a run answers. */
  readonly question: string
  /** The default load in a few words. */
  readonly load: string
  /** Closed: a VU waits for its response before it sends the next request. Open: requests start at a fixed rate. */
  readonly model: 'open' | 'closed'
  readonly sizes: Sizes
  /** Which options besides the duration set its size. */
  readonly sizedBy: readonly ('vus' | 'stages' | 'rate' | 'mix')[]
}

// One constant each, so that a bundled script contains only its own: every VU evaluates all of the bundle.

export const smoke = {
  purpose: 'Checks that the target responds.',
  question: 'does it respond at all?',
  load: '1 VU for 3 s',
  model: 'closed',
  sizes: { vus: 1, duration: '3s' },
  sizedBy: ['vus'],
} satisfies Scenario

export const constant = {
  purpose: 'Holds one number of VUs: the run to repeat when you compare versions or replica counts.',
  question: 'how does it perform at this load? the run to repeat and compare',
  load: '8 VUs for 30 s',
  model: 'closed',
  sizes: { vus: 8, duration: '30s' },
  sizedBy: ['vus'],
} satisfies Scenario

export const ramp = {
  purpose: 'Climbs in plateaus to show how throughput and latency change with concurrency.',
  question: 'what happens as concurrency grows, and where does it saturate?',
  load: 'plateaus of 1, 2, 4 … 16 VUs, 30 s in total',
  model: 'closed',
  sizes: { vus: 16, duration: '30s' },
  sizedBy: ['vus', 'stages'],
} satisfies Scenario

export const arrival = {
  purpose: 'Starts requests at a fixed rate, whether or not earlier ones have finished.',
  question: 'what latency do users see who do not wait for each other?',
  load: '50 requests/s for 30 s, open model',
  model: 'open',
  sizes: { rate: 50, duration: '30s' },
  sizedBy: ['rate'],
} satisfies Scenario

export const spike = {
  purpose: 'Starts requests at a fifth of the rate, then at the full rate, then at a fifth again.',
  question: 'what does a rush do, and does it recover?',
  load: '20, 100, then 20 requests/s, 10 s each, open model',
  model: 'open',
  sizes: { rate: 100, duration: '30s' },
  sizedBy: ['rate'],
} satisfies Scenario

export const soak = {
  purpose: 'Holds a fixed rate for a long time and measures it in six windows.',
  question: 'does anything grow that a short run hides?',
  load: '20 requests/s for 30 min in six windows, open model',
  model: 'open',
  sizes: { rate: 20, duration: '30m' },
  sizedBy: ['rate'],
} satisfies Scenario

export const mix = {
  purpose: 'Sends several kinds of request: mostly work, sometimes /cpu, sometimes a stress load of 0.1 s.',
  question: 'how do different kinds of request affect each other?',
  load: '8 VUs for 30 s: mostly work, also /cpu and short stress loads',
  model: 'closed',
  sizes: { vus: 8, duration: '30s', mix: 'work=8,cpu=1,stress=1' },
  sizedBy: ['vus', 'mix'],
} satisfies Scenario

export const autoscale = {
  purpose: 'Goes from a low load to a high one and back while it watches the replicas.',
  question: 'do the replicas follow the load?',
  load: '1, 16, then 1 VUs that pause 0.1 s, 3 min each',
  model: 'closed',
  sizes: { vus: 16, duration: '9m' },
  sizedBy: ['vus'],
} satisfies Scenario

// In the order in which people read about them.
const entries = { smoke, constant, ramp, arrival, spike, soak, mix, autoscale }

export type ScenarioName = keyof typeof entries

/** Every built-in scenario by the name of its script. */
export const catalogue: Readonly<Record<ScenarioName, Scenario>> = entries
export const scenarioNames = Object.keys(entries) as readonly ScenarioName[]
