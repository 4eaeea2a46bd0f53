/** Stalls from 0.1 to 3 seconds under sessions of half a second. */
import { test } from 'node:test'
import { runStalls } from './stalled-world.ts'

test('a disk that holds the loop, ten times', { timeout: 120_000 }, async (context) => {
  const { middleMs, latestMs, evictions } = await runStalls([100, 200, 400, 600, 800, 1000, 1500, 2000, 2500, 3000])
  context.diagnostic(`${evictions} evictions of who had sent nothing`)
  context.diagnostic(`who asked meanwhile was answered ${middleMs} ms after the release, ${latestMs} at most`)
})
