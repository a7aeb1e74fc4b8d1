import { arrival } from './catalogue.ts'
import { arrivals } from './lib/load.ts'
import { scheduledRequest } from './lib/request.ts'
import { ofDuet, settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

const chosen = settings(arrival.sizes)
export const options = arrivals('arrival', [chosen.rate], chosen)
export default scheduledRequest(chosen, [chosen.rate])
export const sideB = scheduledRequest(ofDuet(chosen), [chosen.rate])
