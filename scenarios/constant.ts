import { plateaus } from './lib/load.ts'
import { request } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

/** One plateau: the run to repeat when two versions or replica counts are to be compared. */
const chosen = settings({ vus: 8, duration: '30s' })
export const options = plateaus('constant', [chosen.vus], chosen)
export default request(chosen)
