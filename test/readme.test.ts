/** The examples of the README run as they stand there. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')
const examples = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)]

test('there are examples', () => assert.ok(examples.length > 0))

for (const [i, [, code = '']] of examples.entries()) {
  test(`example ${i + 1} of the README`, () => {
    // Within the package, so that it finds itself by its name.
    const folder = join(root, '.cache', 'readme')
    mkdirSync(folder, { recursive: true })
    const file = join(folder, `example-${process.pid}-${i}.ts`)
    writeFileSync(file, `${code}\nconsole.log(broker.bootstrap)\n`)
    try {
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 20_000 })
      assert.equal(status, 0, stderr)
      assert.match(stdout, /^127\.0\.0\.1:\d+$/m)
    } finally {
      rmSync(file)
    }
  })
}
