/**
 * Start on a directory with a hundred partitions, which was left in order: as a command, to the first answer; and in a process that
 * has loaded the code already, as a test has, from the call of `startBroker()`. Kafka has no such call: both are held to its command.
 */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTopic, deleteTopic, touchAll } from '../admin.ts'
import { runOrThrow } from '../child.ts'
import type { Scenario, Session } from '../scenario.ts'

const partitions = 100
const topic = 'hundred'
const program = fileURLToPath(import.meta.resolve('../opened-broker.ts'))

async function openInProcess({ broker: { place } }: Session): Promise<number> {
  const folder = join(dirname(place.file), 'opened')
  mkdirSync(folder, { recursive: true })
  const child = { command: process.execPath, timeoutMs: 60_000 }
  await runOrThrow({ ...child, args: [program, 'make', folder] })
  const printed: unknown = JSON.parse(await runOrThrow({ ...child, args: [program, 'open', folder] }))
  if (typeof printed !== 'object' || printed === null || !('openMs' in printed)) {
    throw new Error(`not what was asked for: ${JSON.stringify(printed)}`)
  }
  return Number(printed.openMs) / 1000
}

export const startWithPartitions: Scenario = {
  name: 'start/partitions',
  figures: [
    { name: 'start with 100 partitions', unit: 's', bar: { kind: 'ratio', bound: 'at-most', value: 0.35 } },
    { name: 'the same in process', unit: 's', bar: { kind: 'ratio', bound: 'at-most', value: 0.15 } },
  ],
  async measure(session) {
    const { port } = session.broker
    await createTopic(port, { name: topic, partitions, settings: {} })
    await touchAll(port, { topic, partitions })
    await session.restart('stop', () => undefined)
    const command = session.broker.startMs / 1000
    await deleteTopic(port, topic)
    const inProcess = session.broker.name === 'kafka' ? command : await openInProcess(session)
    return { 'start with 100 partitions': command, 'the same in process': inProcess }
  },
}
