/** What members of a classic group tell each other, in bytes that the coordinator passes on unread (KIP-429, 792, 881). */
import { Reader, Writer } from '../../base/index.ts'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  type Fields,
  type Infer,
  type Message,
} from '../../protocol/index.ts'
import type { Assignor, GroupMember, OwnedPartitions, TopicPartition } from '../consumer/assignors/assignor.ts'
import { KafkaError } from '../kafka-error.ts'

/** In front of the bytes: the version of what follows. Those that come later may have more behind. */
function encode<F extends Fields>(message: Message<F>, value: Infer<F>): Buffer {
  const [, version] = message.versions
  const writer = new Writer()
  writer.i16(version)
  message.encode(writer, version, value)
  return writer.finishAsOne()
}

function decode<F extends Fields>(message: Message<F>, bytes: Uint8Array): Infer<F> {
  const reader = new Reader(Buffer.from(bytes))
  const version = reader.i16()
  const [min, max] = message.versions
  if (version < min) throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL', `${message.name} of version ${version}`)
  return message.decode(reader, Math.min(version, max))
}

const byTopic = (partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] =>
  [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, them]) => ({
    topic,
    partitions: them.map(({ partition }) => partition).sort((a, b) => a - b),
  }))

const flat = (
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): TopicPartition[] => topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))

export interface Subscription extends OwnedPartitions {
  readonly topics: readonly string[]
  /** Where the member is (KIP-881). */
  readonly rackId?: string | null
  /** Of the assignor. */
  readonly userData?: Uint8Array | undefined
}

export const encodeSubscription = ({ topics, owned, generation, rackId = null, userData }: Subscription): Buffer =>
  encode(
    consumerProtocolSubscription,
    consumerProtocolSubscription.create({
      topics: [...topics].sort(),
      userData: userData === undefined ? null : Buffer.from(userData),
      ownedPartitions: byTopic(owned),
      generationId: generation,
      rackId,
    }),
  )

/** As the assignor takes it. Throws MalformedError and KafkaError. */
export function decodeMember(
  member: {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly metadata: Uint8Array
  },
  { userData: codec }: Pick<Assignor, 'userData'> = {},
): GroupMember {
  const { memberId, groupInstanceId, metadata } = member
  const { topics, userData, ownedPartitions, generationId } = decode(consumerProtocolSubscription, metadata)
  const told = { owned: flat(ownedPartitions), generation: generationId }
  const had = codec === undefined ? told : codec.decode(userData ?? noBytes)
  return { memberId, groupInstanceId, topics, ...had }
}

const noBytes = new Uint8Array(0)

export const encodeAssignment = (partitions: readonly TopicPartition[]): Buffer =>
  encode(consumerProtocolAssignment, consumerProtocolAssignment.create({ assignedPartitions: byTopic(partitions) }))

/** Nothing for no bytes: that is how a coordinator says that a member has none. Throws MalformedError and KafkaError. */
export const decodeAssignment = (bytes: Uint8Array): readonly TopicPartition[] =>
  bytes.length === 0 ? [] : flat(decode(consumerProtocolAssignment, bytes).assignedPartitions)
