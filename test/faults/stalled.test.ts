import { test } from 'node:test'
import { runStalls } from './stalled-world.ts'

test('a disk that holds the loop: nobody whose heartbeats wait in a socket is evicted', async (context) => {
  const { latestMs } = await runStalls([900, 100, 700, 1200])
  context.diagnostic(`who asked meanwhile was answered ${latestMs} ms after the release`)
})
