// A script to start from: a customer signs in once, then looks around and buys, again and again.
//
//   load-and-stress run ./checkout.ts                                  the bundled workload plays the shop
//   load-and-stress run ./checkout.ts --url http://127.0.0.1:3000      your own service
//   load-and-stress run ./checkout.ts --env LOAD=arrivals              the other load, see below
//
// Make it yours: change the requests in `session` and in the function at the end, then checkout.csv.

import { check, fail } from 'k6'
import http from 'k6/http'
import type { Options } from 'k6/options'
import { arrivals, dataRows, oncePerVu, plateaus, thinkTime } from 'load-and-stress/scenarios'

// The URL of the target, without a slash at its end: that of --url, else of the bundled workload.
const base = __ENV.BASE_URL

// Columns by their names in the header. All VUs share one copy of the file.
const customers = dataRows<{ user: string; product: string; ms: string }>('./checkout.csv')

// Two loads. By default groups of 1, 2 and 4 customers, 10 s each, who wait for every answer: what happens as they become
// more? Or ten customers a second who come however slow the shop is; each stays for about 1.5 s, so some 15 VUs are busy.
const load =
  __ENV.LOAD === 'arrivals'
    ? arrivals({ rates: [10], duration: '30s', maxVus: 60 })
    : plateaus({ vus: [1, 2, 4], duration: '30s' })

export const options: Options = {
  ...load,
  // What must hold, or the run fails. A request is found by its name.
  thresholds: {
    http_req_failed: ['rate<0.01'],
    'http_req_duration{name:buy}': ['p(95)<500'],
    checks: ['rate>0.99'],
  },
}

// Made in a VU's first iteration and kept for all later ones. Yours is more likely
// http.post(`${base}/login`, { user, password }, { tags: { name: 'login' } }).json('token').
const session = oncePerVu(() => {
  const { user } = customers.ofVu()
  const response = http.get(`${base}/insight`, { headers: { 'x-user': user }, tags: { name: 'login' } })
  if (!check(response, { 'signed in': ({ status }) => status === 200 })) fail(`${user} cannot sign in`)
  return response.json('instance')
})

// One iteration.
export default function () {
  const headers = { 'x-session': String(session()) }

  // The name stands in the report, in thresholds and in --slo 'p95{name:look}=250'.
  const looked = http.get(`${base}/cpu`, { headers, tags: { name: 'look' } })
  check(looked, { 'saw the shop': ({ status }) => status === 200 })

  // A pause that is random, a second on average. thinkTime(1, 'uniform') lies between 0.5 and 1.5 s.
  thinkTime(1)

  // This URL differs from row to row. Without a name, each would be a request of its own.
  const { product, ms } = customers.ofIteration()
  const bought = http.get(`${base}/work?ms=${ms}`, {
    headers: { ...headers, 'x-product': encodeURIComponent(product) },
    tags: { name: 'buy' },
  })
  check(bought, {
    'got a receipt': (response) => response.status === 200 && response.json('units') !== undefined,
  })
  thinkTime(0.5)
}
