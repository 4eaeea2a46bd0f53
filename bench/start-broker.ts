/** Run in a process of its own: how long the first and the next `startBroker()` take there, as JSON. */
import { startBroker } from '../src/stack/index.ts'

async function measured(): Promise<number> {
  const startMs = performance.now()
  const broker = await startBroker()
  const tookMs = performance.now() - startMs
  await broker.stop()
  return tookMs
}

const first = await measured()
const later: number[] = []
for (let i = 0; i < 9; i++) later.push(await measured())
later.sort((a, b) => a - b)
process.stdout.write(JSON.stringify({ first, next: later[4] }))
