/**
 * The active of three controllers that know 10,000 partitions is killed: until another one answers the first change, asked
 * directly and through a broker, and how much of that was after it had won the vote (by the clock in its log).
 */
import { setTimeout as delay } from 'node:timers/promises'
import { createEnv } from '../../../src/env/index.ts'
import { ErrorCode } from '../../../src/protocol/index.ts'
import { Wire } from '../../../test/wire.ts'
import type { Cluster } from '../../cluster.ts'
import { askForTopic, createMany } from '../../quorum/topics.ts'
import type { Scenario } from '../../scenario.ts'
import { spread } from '../../statistics.ts'

const topics = 200
const partitions = 50
const kills = 3
const settleMs = 5000
const pollMs = 5
const timeoutMs = 60_000
const { network } = createEnv()

interface Failover {
  /** From the kill on. */
  readonly answeredMs: number
  readonly answeredByBrokerMs: number
  readonly sinceVoteMs: number
}

/** Asks until the topic is made; tells when that was. The request that meets no active controller is refused at once. */
async function madeAtMs(wire: Wire, name: string): Promise<number> {
  for (const endMs = Date.now() + timeoutMs; Date.now() < endMs; await delay(pollMs)) {
    const code = await askForTopic(wire, name)
    if (code === ErrorCode.NONE || code === ErrorCode.TOPIC_ALREADY_EXISTS) return Date.now()
  }
  throw new Error(`${name} was not made within ${timeoutMs} ms`)
}

async function failOver(cluster: Cluster, round: number): Promise<Failover> {
  await cluster.inStep()
  const before = await cluster.leader()
  const survivors = cluster.controllers.filter((node) => node !== before)
  const ports = [...survivors.map((node) => node.ports.controller), cluster.node(11).ports.broker]
  const wires = await Promise.all(ports.map((port) => Wire.connect(network, '127.0.0.1', port)))
  try {
    const killedMs = Date.now()
    await before.kill()
    const [byBroker, ...direct] = wires.toReversed().map((wire, i) => madeAtMs(wire, `after-${round}-${i}`))
    // One of them is refused until its connection ends.
    for (const asked of direct) asked.catch(() => undefined)
    const answeredMs = await Promise.race(direct)
    const after = await cluster.leader({ except: before })
    const votedMs = after.ledSinceMs() ?? Number.NaN
    const answeredByBrokerMs = ((await byBroker) ?? Number.NaN) - killedMs
    return { answeredMs: answeredMs - killedMs, answeredByBrokerMs, sinceVoteMs: answeredMs - votedMs }
  } finally {
    for (const wire of wires) wire.destroy()
    await before.start()
  }
}

export const failover: Scenario = {
  name: 'quorum/failover',
  figures: [
    { name: 'failover', unit: 'ms' },
    { name: 'failover through a broker', unit: 'ms' },
    {
      name: 'vote to first answer, longest',
      unit: 'ms',
      bar: { kind: 'absolute', bound: 'at-most', value: 1000 },
    },
  ],
  measure(session) {
    const nodes = [
      { id: 1, roles: ['controller'] },
      { id: 2, roles: ['controller'] },
      { id: 3, roles: ['controller'] },
      { id: 11, roles: ['broker'] },
    ] as const
    return session.inCluster(nodes, async (cluster) => {
      const { ports, directory } = cluster.node(11)
      await createMany({ port: ports.broker, directory, topics: topics * session.scale, partitions })
      const seen: Failover[] = []
      for (let round = 0; round < kills; round++) {
        await delay(settleMs * session.scale)
        seen.push(await failOver(cluster, round))
      }
      const of = (pick: (failover: Failover) => number) => spread(seen.map(pick))
      return {
        failover: of((it) => it.answeredMs)?.median ?? Number.NaN,
        'failover through a broker': of((it) => it.answeredByBrokerMs)?.median ?? Number.NaN,
        'vote to first answer, longest': of((it) => it.sinceVoteMs)?.max ?? Number.NaN,
      }
    })
  },
}
