import { arrivals } from './lib/load.ts'
import { arrival } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

/** Requests that come at a rate of their own, whether those before are answered or not. */
const chosen = settings({ rate: 50, duration: '30s' })
export const options = arrivals('arrival', [chosen.rate], chosen)
export default arrival(chosen, [chosen.rate])
