/**
 * Throttles of replication while replicas move (KIP-73), set and taken away as `kafka-reassign-partitions` does: a rate on each
 * broker that sends or receives, and of each topic the replicas to which it applies, those that send and those that are new.
 */
import { ErrorCode, incrementalAlterConfigs } from '../../protocol/index.ts'
import { type ClusterAdmin, errorText } from './admin.ts'
import { AdminError } from './admin-error.ts'
import { copiesOf, type Move } from './plan.ts'

const topicType = 2
const brokerType = 4
const set = 0
const remove = 1
const rateKeys = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate']
const leadersKey = 'leader.replication.throttled.replicas'
const followersKey = 'follower.replication.throttled.replicas'
/** Topics in one request. */
const resourcesMax = 100

interface Change {
  readonly name: string
  /** Undefined: taken away. */
  readonly value: string | undefined
}

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
  readonly changes: readonly Change[]
}

interface TopicThrottle {
  readonly topic: string
  /** `partition:broker`, comma-separated. */
  readonly leaders: string
  readonly followers: string
}

/** Pure. Those that get nothing but another order are not throttled. */
export function topicThrottles(moves: readonly Move[]): readonly TopicThrottle[] {
  const copied = moves.filter((move) => copiesOf(move) > 0)
  return Array.from(
    Map.groupBy(copied, ({ topic }) => topic),
    ([topic, ofTopic]) => {
      const replicas = (ids: (move: Move) => readonly number[]): string =>
        ofTopic.flatMap((move) => ids(move).map((id) => `${move.partition}:${id}`)).join(',')
      const added = ({ from, to }: Move): readonly number[] => to.filter((id) => !from.includes(id))
      return { topic, leaders: replicas(({ from }) => from), followers: replicas(added) }
    },
  )
}

/** Those that a plan makes send or receive. */
const brokersOf = (moves: readonly Move[]): readonly number[] =>
  [...new Set(moves.flatMap(({ from, to }) => [...from, ...to]))].sort((a, b) => a - b)

export interface Throttled {
  readonly moves: readonly Move[]
  /** Brokers that can be asked; a fenced one neither sends nor receives. */
  readonly live: readonly number[]
}

/** Throws AdminError; what was set by then is taken away by `removeThrottles`. */
export async function setThrottles(
  admin: ClusterAdmin,
  { moves, live }: Throttled,
  bytesPerSecond: number,
): Promise<void> {
  const topics = topicThrottles(moves).map(({ topic, leaders, followers }) => ({
    resourceType: topicType,
    resourceName: topic,
    changes: [
      { name: leadersKey, value: leaders },
      { name: followersKey, value: followers },
    ],
  }))
  await alterTopics(admin, topics)
  await alterBrokers(admin, { moves, live }, String(bytesPerSecond))
}

/** Throws AdminError that says what is left; a topic that is gone has none. */
export async function removeThrottles(admin: ClusterAdmin, throttled: Throttled): Promise<void> {
  const topics = topicThrottles(throttled.moves).map(({ topic }) => ({
    resourceType: topicType,
    resourceName: topic,
    changes: [leadersKey, followersKey].map((name) => ({ name, value: undefined })),
  }))
  // The rates, which concern all topics, go also where the others cannot.
  const results = await Promise.allSettled([alterBrokers(admin, throttled, undefined), alterTopics(admin, topics)])
  const [failed] = results.filter((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function alterBrokers(admin: ClusterAdmin, { moves, live }: Throttled, value: string | undefined): Promise<void> {
  const changes = rateKeys.map((name) => ({ name, value }))
  for (const id of brokersOf(moves)) {
    if (!live.includes(id)) continue
    const resource = { resourceType: brokerType, resourceName: String(id), changes }
    // Each broker takes its own configs only.
    const { responses } = await admin.askBroker(id, incrementalAlterConfigs, requestOf([resource]))
    check(responses, `broker ${id}`)
  }
}

async function alterTopics(admin: ClusterAdmin, topics: readonly Resource[]): Promise<void> {
  for (let i = 0; i < topics.length; i += resourcesMax) {
    const { responses } = await admin.ask(incrementalAlterConfigs, requestOf(topics.slice(i, i + resourcesMax)))
    check(
      responses.filter(({ errorCode }) => errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
      'a topic',
    )
  }
}

const requestOf = (resources: readonly Resource[]) => ({
  resources: resources.map(({ resourceType, resourceName, changes }) => ({
    resourceType,
    resourceName,
    configs: changes.map(({ name, value }) => ({
      name,
      configOperation: value === undefined ? remove : set,
      value: value ?? null,
    })),
  })),
  validateOnly: false,
})

interface Answer {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceName: string
}

function check(answers: readonly Answer[], what: string): void {
  const failed = answers.find(({ errorCode }) => errorCode !== ErrorCode.NONE)
  if (failed === undefined) return
  const reason = errorText(failed.errorCode, failed.errorMessage)
  throw new AdminError(`throttles of ${what} (${failed.resourceName}) could not be changed: ${reason}`)
}
