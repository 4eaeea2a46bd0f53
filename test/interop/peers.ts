/** Connections of this process, made as nodes make theirs. */
import { createEnv } from '../../src/env/index.ts'
import { Peers } from '../../src/peer/index.ts'

export function makePeers(): Peers {
  const { network, clock, random } = createEnv({})
  return new Peers({
    network,
    clock,
    random: random.stream('peers'),
    clientId: 'interop',
    software: { name: 'odradek', version: '0.1.0' },
    limits: { replyBytesMax: 2 ** 20, inFlightMax: 5, queuedBytesMax: 2 ** 20, waitingMax: 100 },
    reconnect: { initialMs: 50, maxMs: 1000 },
    setupTimeout: { initialMs: 10_000, maxMs: 30_000 },
    poison: true,
  })
}
