/**
 * A controller and a broker with 10,000 partitions, in processes of their own: what the controller holds in memory, and how
 * long both take from their start until the controller has let the broker in.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { createEnv } from '../../../src/env/index.ts'
import { metadata } from '../../../src/protocol/index.ts'
import { Wire } from '../../../test/wire.ts'
import type { ClusterNode } from '../../cluster.ts'
import { cpuSeconds, rssMb } from '../../cpu.ts'
import { createMany } from '../../quorum/topics.ts'
import type { Scenario } from '../../scenario.ts'

const topics = 200
const partitions = 50
const settleMs = 10_000
const timeoutMs = 180_000
const pollMs = 10
const { network } = createEnv()

/** Resolves when the broker finds itself among those that are not fenced. */
async function unfenced({ id, ports, logTail }: ClusterNode): Promise<void> {
  for (const endMs = Date.now() + timeoutMs; Date.now() < endMs; await delay(pollMs)) {
    let wire: Wire | undefined
    try {
      wire = await Wire.connect(network, '127.0.0.1', ports.broker)
      while (Date.now() < endMs) {
        const { brokers } = await wire.call(metadata, { topics: [] })
        if (brokers.some(({ nodeId }) => nodeId === id)) return
        await delay(pollMs)
      }
    } catch {
      // It does not listen yet.
    } finally {
      wire?.destroy()
    }
  }
  throw new Error(`broker ${id} was not unfenced within ${timeoutMs} ms\n${logTail()}`)
}

export const controllerPartitions: Scenario = {
  name: 'quorum/partitions',
  figures: [
    { name: 'controller RSS', unit: 'MB', bar: { kind: 'ratio', bound: 'at-most', value: 0.4 } },
    { name: 'broker RSS', unit: 'MB' },
    { name: 'start until unfenced', unit: 's', bar: { kind: 'ratio', bound: 'at-most', value: 0.5 } },
    { name: 'start CPU', unit: 's' },
    { name: 'controller RSS after the start', unit: 'MB' },
  ],
  measure(session) {
    const nodes = [
      { id: 1, roles: ['controller'] },
      { id: 11, roles: ['broker'] },
    ] as const
    return session.inCluster(nodes, async (cluster) => {
      const [controller, broker] = [cluster.node(1), cluster.node(11)]
      const { port, directory } = { port: broker.ports.broker, directory: broker.directory }
      await createMany({ port, directory, topics: topics * session.scale, partitions })
      await delay(settleMs * session.scale)
      const controllerMb = rssMb(controller.pid)
      const brokerMb = rssMb(broker.pid)
      await cluster.stop()
      const startMs = performance.now()
      await Promise.all([controller.start(), broker.start()])
      await unfenced(broker)
      const seconds = (performance.now() - startMs) / 1000
      const cpu = cpuSeconds(controller.pid) + cpuSeconds(broker.pid)
      await delay(settleMs * session.scale)
      return {
        'controller RSS': controllerMb,
        'broker RSS': brokerMb,
        'start until unfenced': seconds,
        'start CPU': cpu,
        'controller RSS after the start': rssMb(controller.pid),
      }
    })
  },
}
