/** The client before a broker of either kind: the same tests as `test/client.test.ts` runs before one in memory. */
import { Kafka } from '../../src/stack/client.ts'
import { consumerTests } from '../client/consumer-tests.ts'
import { producerTests } from '../client/producer-tests.ts'
import type { World } from '../client/world.ts'
import { bootstrap, uniqueName } from './kit.ts'
import { createTopic } from './topics.ts'

const kafka = (): Kafka => new Kafka({ bootstrapServers: bootstrap() })

const world: World = {
  kafka,
  async topic(configs = {}) {
    return createTopic({ prefix: 'client', partitions: 3, configs })
  },
  group: () => uniqueName('client-group'),
}

producerTests(() => world)
consumerTests(() => world)
