/** Who is to be asked: anybody, the controller, one broker, all of them, who leads a partition. */
import type { Peer } from '../../peer/index.ts'
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import { KafkaError, type KafkaErrorCode } from '../kafka-error.ts'
import type { Attempt, Place, Share } from './routing.ts'

export const passing =
  (codes: readonly KafkaErrorCode[]) =>
  ({ code }: KafkaError): boolean =>
    codes.includes(code)

/** Whatever is said is the last word. */
export const nothingPasses = (): boolean => false
/** Over a quota, the controller takes the rest in a moment (KIP-599). */
export const controllerPasses = passing(['NOT_CONTROLLER', 'THROTTLING_QUOTA_EXCEEDED'])
export const movedController = passing(['NOT_CONTROLLER'])
export const retriable = ({ isRetriable, code }: KafkaError): boolean => isRetriable || code === 'BROKER_NOT_AVAILABLE'

const anyOf = <T>([to]: readonly Peer[], things: readonly T[]): Share<T> =>
  to === undefined ? { error: new KafkaError('NETWORK', 'no broker is known'), things } : { to, things }

/** A broker that is connected, rather than another one. */
export const anyBroker = <T>(things: readonly T[], { connections, view }: Attempt): readonly Share<T>[] => [
  anyOf(connections.candidates(view), things),
]

/** Whom the brokers tell as controller: with KRaft any of them, which passes the request on. */
export const theController = <T>(things: readonly T[], { connections, view }: Attempt): readonly Share<T>[] => {
  const broker = view.brokers.get(view.controllerId)
  if (broker === undefined) return [{ error: new KafkaError('NETWORK', 'no controller is known'), things }]
  return [{ to: connections.to(broker, 'main'), things }]
}

/** Each where `idOf` says; undefined: anywhere. A broker that is not known is looked for once: it may have come a moment ago. */
export const brokerOf =
  <T>(idOf: (thing: T) => number | undefined): Place<T> =>
  async (things, { connections, metadata, deadline, isFirst }) => {
    const shares = [...Map.groupBy(things, idOf)]
    const isUnknown = ([id]: readonly [number | undefined, T[]]) => id !== undefined && !metadata.view.brokers.has(id)
    if (isFirst && shares.some(isUnknown)) await deadline.within(metadata.update())
    const { view } = metadata
    return shares.map(([id, them]) => {
      if (id === undefined) return anyOf(connections.candidates(view), them)
      const broker = view.brokers.get(id)
      if (broker !== undefined) return { to: connections.to(broker, 'main'), things: them }
      return { error: new KafkaError('BROKER_NOT_AVAILABLE', `broker ${id} is not there`), things: them }
    })
  }

/** Each with whom leads it; a topic that is not there is the error of its partitions. */
export const leaders = async <T extends TopicPartition>(
  things: readonly T[],
  attempt: Attempt,
): Promise<readonly Share<T>[]> => {
  await knowTopics(things, attempt)
  const { connections, metadata } = attempt
  const shares = new Map<Peer, T[]>()
  const unplaced: Share<T>[] = []
  for (const thing of things) {
    const leaderId = metadata.view.partition(thing.topic, thing.partition)?.leaderId
    const broker = leaderId === undefined ? undefined : metadata.view.brokers.get(leaderId)
    if (broker === undefined) {
      unplaced.push({ error: withoutLeader(thing, attempt), things: [thing] })
      continue
    }
    const peer = connections.to(broker, 'main')
    const them = shares.get(peer) ?? []
    shares.set(peer, them)
    them.push(thing)
  }
  return [...unplaced, ...[...shares].map(([to, them]) => ({ to, things: them }))]
}

async function knowTopics(things: readonly TopicPartition[], attempt: Attempt): Promise<void> {
  const { metadata, deadline, isFirst, view } = attempt
  for (const { topic } of things) metadata.want(topic)
  // What was known before the call may be old; behind the first round it is only missing where it was forgotten meanwhile.
  const isKnown = things.every(({ topic, partition }) =>
    isFirst ? view.partition(topic, partition) !== undefined : view.topics.has(topic) || view.failed.has(topic),
  )
  if (!isKnown) await deadline.within(metadata.update())
}

function withoutLeader({ topic, partition }: TopicPartition, { metadata }: Attempt): KafkaError {
  const { view } = metadata
  const name = `${topic}-${partition}`
  const errorCode = view.failed.get(topic)
  if (errorCode !== undefined) return KafkaError.of(errorCode, name)
  if (view.partition(topic, partition) !== undefined)
    return new KafkaError('LEADER_NOT_AVAILABLE', `nobody leads ${name}`)
  return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${name} is not there`)
}
