/**
 * The opaque bytes of the classic protocol in transcripts: any text; behind an @ what a consumer puts there, topics that
 * it subscribes to with what it owns (`@t;u+t-0/1`), or an assignment (`@t-0/1;u-0`).
 */
import { Reader, Writer } from '../../../base/index.ts'
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../../protocol/index.ts'
import { readAssignment, readSubscription } from '../consumer-bytes.ts'

interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

const parts = (text: string): readonly string[] => text.split(';').filter((part) => part !== '')

const partitionsOf = (text: string): { topic: string; partitions: number[] }[] =>
  parts(text).map((part) => {
    const [topic = '', partitions = ''] = part.split('-')
    return { topic, partitions: partitions.split('/').map(Number) }
  })

const partitionsText = (all: readonly TopicPartitions[]): string =>
  all.map(({ topic, partitions }) => `${topic}-${partitions.join('/')}`).join(';')

const version = 3

function withVersion(encode: (writer: Writer) => void): Buffer {
  const writer = new Writer(64)
  writer.i16(version)
  encode(writer)
  return writer.finishAsOne()
}

export function subscriptionBytes(text: string): Buffer {
  if (!text.startsWith('@')) return Buffer.from(text)
  const [topics = '', owned = ''] = text.slice(1).split('+')
  const subscription = consumerProtocolSubscription.create({
    topics: [...parts(topics)],
    ownedPartitions: partitionsOf(owned),
  })
  return withVersion((writer) => consumerProtocolSubscription.encode(writer, version, subscription))
}

export function assignmentBytes(text: string): Buffer {
  if (!text.startsWith('@')) return Buffer.from(text)
  const assignment = consumerProtocolAssignment.create({ assignedPartitions: partitionsOf(text.slice(1)) })
  return withVersion((writer) => consumerProtocolAssignment.encode(writer, version, assignment))
}

/** A text of a script does not begin with a zero. */
const isEncoded = (bytes: Uint8Array): boolean => bytes.length > 2 && new Reader(bytes).i16() <= version

function plainText(bytes: Uint8Array): string {
  const plain = Buffer.from(bytes).toString('latin1')
  return plain.length > 40 ? `${plain.slice(0, 20)}...(${plain.length})` : plain
}

export function subscriptionText(bytes: Uint8Array): string {
  if (!isEncoded(bytes)) return plainText(bytes)
  const { topics, ownedPartitions } = readSubscription(bytes)
  const owned = ownedPartitions.length === 0 ? '' : `+${partitionsText(ownedPartitions)}`
  return `@${topics.join(';')}${owned}`
}

export const assignmentText = (bytes: Uint8Array): string =>
  isEncoded(bytes) ? `@${partitionsText(readAssignment(bytes).assignedPartitions)}` : plainText(bytes)
