/** Verbs that are told to end while no broker answers. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'

const bin = new URL('../../../bin/odradek.js', import.meta.url).pathname
/** Nobody listens there. */
const nobody = ['-b', '127.0.0.1:1']

async function ended(args: readonly string[], signals: readonly NodeJS.Signals[], input = '') {
  const child = spawn(process.execPath, [bin, ...args, ...nobody])
  child.stdin.end(input)
  const said: string[] = []
  child.stderr.on('data', (bytes) => said.push(String(bytes)))
  // It is at work when it has found nobody.
  while (!said.join('').includes('ECONNREFUSED')) await once(child.stderr, 'data')
  const closed = once(child, 'close')
  const output = text(child.stdout)
  const fromMs = performance.now()
  for (const signal of signals) {
    child.kill(signal)
    await setTimeout(800)
  }
  const [code] = await closed
  return { code, said: said.join(''), output: await output, tookMs: performance.now() - fromMs }
}

test('it ends within seconds, and tells what it leaves behind', async () => {
  const [consumed, produced] = await Promise.all([
    ended(['consume', 't'], ['SIGTERM']),
    ended(['produce', 't'], ['SIGINT']),
  ])
  assert.deepEqual([consumed.code, produced.code], [143, 130])
  assert.match(consumed.said, /odradek consume: SIGTERM: ending; once more ends it at once/)
  assert.match(produced.said, /odradek produce: SIGINT: .* ends without 0 records that are not acknowledged/)
  assert.ok(Math.max(consumed.tookMs, produced.tookMs) < 9000, `${consumed.tookMs} ${produced.tookMs}`)
})

test('a second signal ends it at once', async () => {
  const { code, tookMs } = await ended(['consume', 't', '--group', 'g'], ['SIGINT', 'SIGINT'])
  assert.equal(code, 130)
  assert.ok(tookMs < 4000, String(tookMs))
})
