/** Topics for the suites, made by one client so that no suite depends on automatic creation. */
import { Admin } from '@platformatic/kafka'
import { bootstrap, uniqueName } from './kit.ts'

/** Creates a topic, by itself of a new name, and returns the name. */
export async function createTopic(options: {
  readonly prefix?: string
  readonly name?: string
  readonly partitions?: number
  readonly configs?: Readonly<Record<string, string>>
}): Promise<string> {
  const admin = new Admin({ clientId: 'interop', bootstrapBrokers: [bootstrap()] })
  try {
    const topic = options.name ?? uniqueName(options.prefix ?? 'topic')
    const configs = Object.entries(options.configs ?? {}).map(([name, value]) => ({ name, value }))
    await admin.createTopics({ topics: [topic], partitions: options.partitions ?? 1, replicas: 1, configs })
    return topic
  } finally {
    await admin.close()
  }
}
