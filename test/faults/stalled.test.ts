import { test } from 'node:test'
import { runStalls } from './stalled-world.ts'

test('a disk that holds the loop: nobody whose heartbeats wait in a socket is evicted', async (context) => {
  const { middleMs, latestMs, evictions } = await runStalls([700, 100, 1000])
  context.diagnostic(`${evictions} evictions of who had sent nothing`)
  context.diagnostic(`who asked meanwhile was answered ${middleMs} ms after the release, ${latestMs} at most`)
})
