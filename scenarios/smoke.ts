import { smoke } from './catalogue.ts'
import { plateaus } from './lib/load.ts'
import { paused } from './lib/pause.ts'
import { halved, request } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

const chosen = settings(smoke.sizes)
export const options = plateaus('smoke', [chosen.vus], chosen)
export default halved(chosen, paused(chosen, 1, request(chosen)))
