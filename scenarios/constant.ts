import { constant } from './catalogue.ts'
import { plateaus } from './lib/load.ts'
import { paused } from './lib/pause.ts'
import { halved, request } from './lib/request.ts'
import { ofDuet, settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

const chosen = settings(constant.sizes)
export const options = plateaus('constant', [chosen.vus], chosen)
export default halved(chosen, paused(chosen, 1, request(chosen)))
export const sideB = halved(chosen, paused(chosen, 1, request(ofDuet(chosen))))
