import { bundleThread } from './build.ts'

// Node 20 cannot load TypeScript in a thread. In the bundled service, build.ts replaces this module with the
// text.
export default await bundleThread()
