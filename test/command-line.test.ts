/** The examples of `docs/command-line.md` run as they stand there, in order, on one broker with a registry. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { type RunningBroker, startBroker } from '../src/stack/index.ts'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs', 'command-line.md'), 'utf8')
const examples = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, code = '']) => code.trimEnd().split('\n'))

let broker: RunningBroker
const folder = mkdtempSync(join(tmpdir(), 'odradek-command-line-'))
before(async () => {
  broker = await startBroker({ registry: true, config: { 'group.initial.rebalance.delay.ms': '0' } })
})
after(async () => {
  await broker.stop()
  rmSync(folder, { recursive: true })
})

/** The broker of the examples is where verbs look by themselves; that of the test is not. */
const preamble = (): string => `set -euo pipefail
odradek() {
  case "$1" in
    kafka-*|completion) '${process.execPath}' '${root}/bin/odradek.js' "$@" ;;
    *) '${process.execPath}' '${root}/bin/odradek.js' "$@" --bootstrap-server ${broker.bootstrap} ;;
  esac
}
`

test('there are examples', () => assert.ok(examples.length > 20))

for (const example of examples) {
  test(example, async () => {
    const script = preamble() + example.replaceAll('127.0.0.1:9092', broker.bootstrap)
    const env = { ...process.env, SCHEMA_REGISTRY_URL: broker.registryUrl }
    const { stderr } = await promisify(execFile)('bash', ['-c', script], { timeout: 60_000, cwd: folder, env })
    // Kafka's tool says that, too.
    assert.equal(stderr.replace(/^\nConsumer group 'new' has no active members\.\n$/, ''), '')
  })
}
