/** Ports for several nodes that find each other by them, for tests. */
import { once } from 'node:events'
import { createServer } from 'node:net'

const lowest = 20_000
const span = 2_700
/** Below the ports that Linux gives to whoever connects: nobody takes one of these meanwhile. */
const controllerDistance = 10_000

export async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
  } catch {
    return false
  }
  await new Promise((resolve) => server.close(resolve))
  return true
}

/** The first of `count` ports, which are free with those of the controllers above them. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const first = lowest + Math.floor(Math.random() * (span - count))
    const all = Array.from({ length: count }, (_, i) => [first + i, first + i + controllerDistance]).flat()
    const free = await Promise.all(all.map(isFree))
    if (free.every((it) => it)) return first
  }
  throw new Error('no free ports')
}
