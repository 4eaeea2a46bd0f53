/**
 * Memory: a thousand connections that have asked for ApiVersions, as every client does, and nothing since. Kafka has them in a heap
 * that it has reserved before, of which its collector gives some back meanwhile: what they add to its resident set may be
 * nothing. So the bar is for the whole resident set, and what was added stands beside it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { createEnv } from '../../../src/env/index.ts'
import { apiVersions } from '../../../src/protocol/index.ts'
import { Wire } from '../../../test/wire.ts'
import type { Scenario, Session } from '../../scenario.ts'

const connections = 1000
const settleMs = 5000
const { network } = createEnv()

async function connect({ broker: { port } }: Session): Promise<Wire> {
  const wire = await Wire.connect(network, '127.0.0.1', port)
  const reply = await wire.call(apiVersions, { clientSoftwareName: 'bench', clientSoftwareVersion: '1' })
  if (reply.errorCode !== 0) throw new Error(`ApiVersions was answered with error ${reply.errorCode}`)
  return wire
}

export const memoryOfConnections: Scenario = {
  name: 'memory/connections',
  figures: [
    { name: 'RSS with 1,000 connections', unit: 'MB', bar: { kind: 'ratio', bound: 'at-most', value: 0.2 } },
    { name: 'RSS of 1,000 connections', unit: 'MB' },
  ],
  async measure(session) {
    await session.restart('stop', () => undefined)
    const wires = [await connect(session)]
    try {
      await delay(settleMs * session.scale)
      const before = session.rssMb
      while (wires.length <= connections) wires.push(await connect(session))
      await delay(settleMs * session.scale)
      const after = session.rssMb
      if (wires.some(({ isClosed }) => isClosed)) throw new Error('the broker closed idle connections')
      return { 'RSS with 1,000 connections': after, 'RSS of 1,000 connections': after - before }
    } finally {
      for (const wire of wires) wire.destroy()
    }
  },
}
