/**
 * Throttles of replication while replicas move (KIP-73), set and taken away as `kafka-reassign-partitions` does: a rate on each
 * broker that sends or receives, and of each topic the replicas to which it applies, those that send and those that are new.
 */
import { describeConfigs, ErrorCode, incrementalAlterConfigs } from '../../protocol/index.ts'
import { type ClusterAdmin, errorText } from './admin.ts'
import { AdminError } from './admin-error.ts'
import { copiesOf, type Move } from './plan.ts'

const topicType = 2
const brokerType = 4
/** Where a value comes from (DescribeConfigs): dynamic, and of this one alone. */
const ofThisTopic = 1
const ofThisBroker = 2
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
function topicThrottles(moves: readonly Move[]): readonly TopicThrottle[] {
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

/** What is throttled in a cluster, by whomever. */
export interface Throttles {
  readonly brokers: readonly number[]
  readonly topics: readonly string[]
}

interface Where {
  /** Brokers that can be asked; a fenced one neither sends nor receives. */
  readonly live: readonly number[]
}

/** Throws AdminError; what was set by then is taken away by `removeThrottles`. */
export async function setThrottles(
  admin: ClusterAdmin,
  { moves, live }: Where & { readonly moves: readonly Move[] },
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
  const brokers = brokersOf(moves).filter((id) => live.includes(id))
  await alterBrokers(admin, brokers, String(bytesPerSecond))
}

/**
 * All that there are, as `kafka-reassign-partitions --verify` does: those of a run that was killed among them, of whose topics nobody
 * knows any more. Throws AdminError that says what is left.
 */
export async function removeThrottles(
  admin: ClusterAdmin,
  where: Where & { readonly topics: readonly string[] },
): Promise<void> {
  const { brokers, topics } = await findThrottles(admin, where)
  const resources = topics.map((topic) => ({
    resourceType: topicType,
    resourceName: topic,
    changes: [leadersKey, followersKey].map((name) => ({ name, value: undefined })),
  }))
  // The rates, which concern all topics, go also where the others cannot.
  const results = await Promise.allSettled([alterBrokers(admin, brokers, undefined), alterTopics(admin, resources)])
  const [failed] = results.filter((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** Of brokers and topics that exist; one that is gone meanwhile has none. Throws AdminError. */
export async function findThrottles(
  admin: ClusterAdmin,
  { live, topics }: Where & { readonly topics: readonly string[] },
): Promise<Throttles> {
  const brokers: number[] = []
  for (const id of live) {
    const resource = { resourceType: brokerType, resourceName: String(id), configurationKeys: rateKeys }
    const { results } = await admin.askBroker(id, describeConfigs, { resources: [resource] })
    if (results.some(isSet)) brokers.push(id)
  }
  const throttled: string[] = []
  for (let i = 0; i < topics.length; i += resourcesMax) {
    const resources = topics.slice(i, i + resourcesMax).map((topic) => ({
      resourceType: topicType,
      resourceName: topic,
      configurationKeys: [leadersKey, followersKey],
    }))
    const { results } = await admin.ask(describeConfigs, { resources })
    throttled.push(...results.filter(isSet).map(({ resourceName }) => resourceName))
  }
  return { brokers, topics: throttled }
}

interface Described {
  readonly configs: readonly { readonly configSource: number }[]
}

const isSet = ({ configs }: Described): boolean =>
  configs.some(({ configSource }) => configSource === ofThisTopic || configSource === ofThisBroker)

async function alterBrokers(admin: ClusterAdmin, brokers: readonly number[], value: string | undefined): Promise<void> {
  const changes = rateKeys.map((name) => ({ name, value }))
  for (const id of brokers) {
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
