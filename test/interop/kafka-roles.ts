/** Apache Kafka where it is not one combined node at ports of `prepare`'s choice. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Broker, freePort } from '../../bench/broker.ts'
import { startKafka } from '../../bench/kafka.ts'
import { runFolder } from './kit.ts'
import { ping } from './ping.ts'

/** Nobody is real: sessions last. */
const settings = { 'broker.session.timeout.ms': '3600000' }

export interface KafkaNode {
  readonly node: Broker
  /** Of the listener that the suite asks. */
  readonly port: number
}

/** So many controllers, each a process, which are the voters 1, 2 and so on. */
export async function startControllers(name: string, count: number): Promise<readonly KafkaNode[]> {
  const ports: number[] = []
  while (ports.length < count) ports.push(await freePort())
  const voters = ports.map((port, i) => `${i + 1}@127.0.0.1:${port}`).join(',')
  const starting = ports.map(async (port, i) => {
    const listeners = `CONTROLLER://127.0.0.1:${port}`
    const node = await startKafka({
      folder: join(runFolder(`${name}-kafka`), `${i + 1}`),
      settings: {
        ...settings,
        'process.roles': 'controller',
        'node.id': `${i + 1}`,
        'controller.quorum.voters': voters,
        listeners,
        'advertised.listeners': listeners,
      },
      ping: ({ sinceNs }) => ping({ port, sinceNs }),
    })
    return { node, port }
  })
  const started = await Promise.allSettled(starting)
  const running = started.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []))
  const failed = started.find((it) => it.status === 'rejected')
  if (failed === undefined) return running
  await Promise.all(running.map(({ node }) => node.stop()))
  throw failed.reason
}

export interface BehindOptions {
  readonly name: string
  /** Of its controller's listener. */
  readonly controllerPort: number
  /** Where its broker looks for the controller. */
  readonly through: number
}

/** A combined node whose broker asks its controller through somebody else's port. */
export async function startBehind({ name, controllerPort, through }: BehindOptions): Promise<KafkaNode> {
  const port = await freePort()
  const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`
  const node = await startKafka({
    folder: runFolder(`${name}-kafka`),
    settings: {
      listeners,
      'advertised.listeners': listeners,
      'controller.quorum.voters': `1@127.0.0.1:${through}`,
    },
    ping: ({ sinceNs }) => ping({ port, sinceNs }),
  })
  return { node, port }
}

export function clusterIdOf({ node }: KafkaNode): string {
  const text = readFileSync(join(dirname(node.place.file), 'data', 'meta.properties'), 'utf8')
  return /^cluster\.id=(.*)$/m.exec(text)?.[1] ?? ''
}
