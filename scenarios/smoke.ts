import { plateaus } from './lib/load.ts'
import { request } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

/** One user for a moment: does the target answer at all? */
const chosen = settings({ vus: 1, duration: '3s' })
export const options = plateaus('smoke', [chosen.vus], chosen)
export default request(chosen)
