/** The server-side assignors, by the names that `group.consumer.assignors` may give them. */
import type { Assignor } from './assignor.ts'
import { rangeAssignor } from './range-assignor.ts'
import { uniformAssignor } from './uniform-assignor.ts'

/** Of Kafka's classes, which a configuration may name instead. */
const javaPackage = 'org.apache.kafka.coordinator.group.assignor'

export const assignorsByName: ReadonlyMap<string, Assignor> = new Map([
  ['uniform', uniformAssignor],
  ['range', rangeAssignor],
  [`${javaPackage}.UniformAssignor`, uniformAssignor],
  [`${javaPackage}.RangeAssignor`, rangeAssignor],
])
