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
  /** Brokers that do not answer. */
  readonly notKnown: readonly number[]
}

interface Where {
  /** Brokers that can be asked; a fenced one neither sends nor receives. */
  readonly live: readonly number[]
}

/** Throws AdminError; what was set by then is taken away by `removeThrottles`. */
export async function setThrottles(
  admin: ClusterAdmin,
  { throttled, live }: Where & { readonly throttled: readonly Move[] },
  bytesPerSecond: number,
): Promise<void> {
  const topics = topicThrottles(throttled).map(({ topic, leaders, followers }) => ({
    resourceType: topicType,
    resourceName: topic,
    changes: [
      { name: leadersKey, value: leaders },
      { name: followersKey, value: followers },
    ],
  }))
  await alterTopics(admin, topics)
  for (const id of brokersOf(throttled)) if (live.includes(id)) await alterBroker(admin, id, String(bytesPerSecond))
}

/**
 * All that there are, as `kafka-reassign-partitions --verify` does: those of a run that was killed among them, of whose topics nobody
 * knows any more. Each for itself. Resolves to what is left, and why.
 */
export async function removeThrottles(
  admin: ClusterAdmin,
  { live, topics }: Where & { readonly topics: readonly string[] },
): Promise<readonly string[]> {
  const failures: string[] = []
  const attempt = async (what: string, remove: () => Promise<void>): Promise<void> => {
    try {
      await remove()
    } catch (error) {
      if (!(error instanceof AdminError)) throw error
      failures.push(`throttles of ${what} are left: ${error.message}`)
    }
  }
  await Promise.all([
    ...live.map((id) =>
      attempt(`broker ${id}`, async () => {
        if (await isThrottled(admin, id)) await alterBroker(admin, id, undefined)
      }),
    ),
    attempt('topics', async () => {
      const resources = (await throttledTopics(admin, topics)).map((topic) => ({
        resourceType: topicType,
        resourceName: topic,
        changes: [leadersKey, followersKey].map((name) => ({ name, value: undefined })),
      }))
      await alterTopics(admin, resources)
    }),
  ])
  return failures
}

/** Of brokers and topics that exist; one that is gone meanwhile has none. Throws AdminError where no broker answers. */
export async function findThrottles(
  admin: ClusterAdmin,
  { live, topics }: Where & { readonly topics: readonly string[] },
): Promise<Throttles> {
  const brokers: number[] = []
  const notKnown: number[] = []
  const look = async (id: number): Promise<void> => {
    try {
      if (await isThrottled(admin, id)) brokers.push(id)
    } catch (error) {
      // It has died, and the controller does not know it yet.
      if (!(error instanceof AdminError)) throw error
      notKnown.push(id)
    }
  }
  await Promise.all(live.map(look))
  const ascending = (a: number, b: number): number => a - b
  return {
    brokers: brokers.sort(ascending),
    topics: await throttledTopics(admin, topics),
    notKnown: notKnown.sort(ascending),
  }
}

async function isThrottled(admin: ClusterAdmin, id: number): Promise<boolean> {
  const resource = { resourceType: brokerType, resourceName: String(id), configurationKeys: rateKeys }
  const { results } = await admin.askBroker(id, describeConfigs, { resources: [resource] })
  return results.some(isSet)
}

async function throttledTopics(admin: ClusterAdmin, topics: readonly string[]): Promise<readonly string[]> {
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
  return throttled
}

interface Described {
  readonly configs: readonly { readonly configSource: number }[]
}

const isSet = ({ configs }: Described): boolean =>
  configs.some(({ configSource }) => configSource === ofThisTopic || configSource === ofThisBroker)

async function alterBroker(admin: ClusterAdmin, id: number, value: string | undefined): Promise<void> {
  const resource = {
    resourceType: brokerType,
    resourceName: String(id),
    changes: rateKeys.map((name) => ({ name, value })),
  }
  // Each broker takes its own configs only.
  const { responses } = await admin.askBroker(id, incrementalAlterConfigs, requestOf([resource]))
  check(responses, `broker ${id}`)
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
