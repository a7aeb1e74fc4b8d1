import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const root = path.join(import.meta.dirname, '../..')
const biome = path.join(root, 'tools/check/node_modules/.bin/biome')

const planted: [file: string, source: string, wrong: boolean][] = [
  ['runner/shell/planted.ts', "import '../verbs/run.ts'\n", true],
  ['runner/k6/planted.ts', "import '../load/measure.ts'\n", true],
  ['runner/series/planted.ts', "import '../verbs/run.ts'\n", true],
  ['runner/verbs/planted.ts', "import './run.ts'\n", true],
  ['runner/verbs/planted.ts', "import '../series/plan.ts'\n", false],
  ['runner/load/planted.ts', "import '../../scenarios/lib/load.ts'\n", true],
  ['analysis/numbers/planted.ts', "import '../run/figures.ts'\n", true],
  ['analysis/run/planted.ts', "import '../../runner/main.ts'\n", true],
  ['analysis/runs/planted.ts', "import 'node:child_process'\n", true],
  ['analysis/runs/planted.ts', "import '../formats/run.ts'\n", false],
  ['workload/planted.ts', "import '../runner/main.ts'\n", true],
  ['scenarios/planted.ts', "import 'node:fs'\n", true],
]

test('an import that goes up a floor, or into another room, fails the check', {
  skip: !existsSync(biome) && 'npm run tools installs biome',
}, () => {
  for (const [file, source, wrong] of planted) {
    const at = path.join(root, file)
    writeFileSync(at, source)
    try {
      const { stdout, stderr } = spawnSync(biome, ['lint', at], { cwd: root, encoding: 'utf8' })
      assert.equal(/noRestrictedImports/.test(stdout + stderr), wrong, `${file}: ${source}`)
    } finally {
      rmSync(at)
    }
  }
})
