/** Before what the tests of the client run: a broker of ours in memory (`test/client.test.ts`), or one of either kind (`test/interop`). */
import type { Kafka } from '../../src/stack/client.ts'

export interface World {
  readonly kafka: () => Kafka
  /** Makes a topic of three partitions that nobody else uses, and gives its name. */
  readonly topic: (configs?: Readonly<Record<string, string>>) => Promise<string>
  /** The name of a group that nobody else uses. */
  readonly group: () => string
}

/** What a test gets of it: the world is there when it runs, not when it is declared. */
export type WorldOf = () => World
