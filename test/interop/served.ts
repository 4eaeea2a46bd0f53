/** What the broker under test announces: a round that needs an API which is not served yet is skipped, and says so. */
import { connect } from 'node:net'
import { bootstrap } from './kit.ts'

/** Asks in version 0, without help of a client library. */
async function announced(): Promise<ReadonlySet<number>> {
  const [host = '', port = ''] = bootstrap().split(':')
  const socket = connect({ host, port: Number(port) })
  socket.setTimeout(20_000, () => socket.destroy(new Error('the broker does not tell what it serves')))
  socket.write(Buffer.from('0000000a0012000000000001ffff', 'hex'))
  let reply = Buffer.alloc(0)
  for await (const chunk of socket) {
    reply = Buffer.concat([reply, chunk])
    if (reply.length >= 4 && reply.length >= 4 + reply.readInt32BE(0)) break
  }
  return new Set(Array.from({ length: reply.readInt32BE(10) }, (_, i) => reply.readInt16BE(14 + i * 6)))
}

const served = await announced()
const needs = {
  consumerProtocol: [68],
  transactions: [24, 25, 26, 28],
  shareConsumers: [76, 78, 79],
  shareGroups: [76, 77, 90, 91, 92],
  streamsGroups: [89],
  scram: [50, 51],
  tokens: [38, 39, 40, 41],
} as const

/** For the options of a test: false, or why it is skipped. */
export function skipUnless(what: keyof typeof needs): string | false {
  const missing = needs[what].filter((key) => !served.has(key))
  return missing.length === 0 ? false : `the broker does not serve API ${missing.join(', ')}`
}
