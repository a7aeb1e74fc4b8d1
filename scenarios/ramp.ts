import { ramp } from './catalogue.ts'
import { plateaus } from './lib/load.ts'
import { paused } from './lib/pause.ts'
import { request, spreadRows } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

const chosen = settings(ramp.sizes)
export const options = plateaus('ramp', chosen.stages, chosen)
const stages = chosen.stages.length
export default paused(chosen, stages, request(chosen, { firstRows: spreadRows(chosen, stages) }))
