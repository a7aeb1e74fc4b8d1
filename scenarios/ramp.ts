import { plateaus } from './lib/load.ts'
import { request } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

/** Climbs in plateaus: what happens to throughput and latency as concurrency grows? */
const chosen = settings({ vus: 16, duration: '30s' })
export const options = plateaus('ramp', chosen.stages, chosen)
export default request(chosen)
