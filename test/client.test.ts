/** The client before a broker of ours, in memory: the same tests as `test/interop/client.test.ts` runs before either kind. */
import { after, before } from 'node:test'
import { Kafka } from '../src/stack/client.ts'
import { type RunningBroker, startBroker } from '../src/stack/index.ts'
import { consumerTests } from './client/consumer-tests.ts'
import { producerTests } from './client/producer-tests.ts'
import type { World } from './client/world.ts'

let broker: RunningBroker
let world: World

before(async () => {
  broker = await startBroker()
  world = inMemory(broker.bootstrap)
})

after(() => broker.stop())

function inMemory(bootstrapServers: string): World {
  const kafka = (): Kafka => new Kafka({ bootstrapServers })
  let names = 0
  return {
    kafka,
    async topic(configs = {}) {
      const name = `topic-${names++}`
      await using admin = kafka().admin()
      await admin.createTopic(name, { partitions: 3, configs })
      return name
    },
    group: () => `group-${names++}`,
  }
}

producerTests(() => world)
consumerTests(() => world)
