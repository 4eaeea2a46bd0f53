/** A process that has closed its clients ends: nothing of them keeps it alive, also where their broker went away before. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { startBroker } from '../src/stack/index.ts'

const program = new URL('./client/closing-process.ts', import.meta.url).pathname

for (const groupProtocol of ['classic', 'consumer']) {
  test(`${groupProtocol}: no timer of clients outlives their closing while the broker is away`, async () => {
    const broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': '0' } })
    const child = spawn(process.execPath, [program, broker.bootstrap, groupProtocol], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const ended = once(child, 'close')
    const lines: string[] = []
    let stopped: Promise<void> | undefined
    for await (const line of createInterface(child.stdout)) {
      lines.push(line)
      if (line !== 'at work') continue
      stopped = broker.stop()
      await stopped
      child.stdin.end('gone\n')
    }
    await (stopped ?? broker.stop())
    assert.deepEqual(
      [lines, await ended],
      [
        ['at work', '0 timers, 0 calls'],
        [0, null],
      ],
    )
  })
}
