/** The examples of `docs/schemas/command-line.md` run as they stand there, in order, on one registry. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { type RunningBroker, startBroker } from '../stack/index.ts'
import { command } from './testdata/run.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'schemas', 'command-line.md'), 'utf8')
const examples = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, code = '']) => code.trimEnd().split('\n'))

let broker: RunningBroker
let folder: string
before(async () => {
  broker = await startBroker({ registry: true })
  folder = mkdtempSync(join(tmpdir(), 'odradek-schemas-page-'))
})
after(async () => {
  await broker.stop()
  rmSync(folder, { recursive: true })
})

test('there are examples', () => assert.ok(examples.length > 15))

for (const example of examples) {
  test(example, async () => {
    const script = `set -euo pipefail\nodradek() { '${process.execPath}' '${command}' "$@"; }\n${example}`
    const env = { ...process.env, SCHEMA_REGISTRY_URL: broker.registryUrl }
    const { stderr } = await promisify(execFile)('bash', ['-c', script], { timeout: 60_000, cwd: folder, env })
    assert.equal(stderr, '')
  })
}
