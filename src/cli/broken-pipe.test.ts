import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const bin = new URL('../../bin/odradek.js', import.meta.url).pathname

test('a verb whose output nobody reads ends silently, as others do that are ended by a pipe', async () => {
  for (const args of [['--help'], ['completion', 'bash'], ['topics', '--help']]) {
    const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    // Long before the process has anything to write.
    child.stdout.destroy()
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
    assert.deepEqual([said, code], ['', 141], args.join(' '))
  }
})
