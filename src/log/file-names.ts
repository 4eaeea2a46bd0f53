/** Names of the files and directories of a partition, as Kafka writes them. Pure. */
import { zeroUuid } from '../base/index.ts'

export const logSuffix = '.log'
export const offsetIndexSuffix = '.index'
export const timeIndexSuffix = '.timeindex'
export const transactionIndexSuffix = '.txnindex'
export const snapshotSuffix = '.snapshot'
export const deletedSuffix = '.deleted'
export const cleanedSuffix = '.cleaned'
export const swapSuffix = '.swap'
export const leaderEpochCheckpointName = 'leader-epoch-checkpoint'
export const partitionMetadataName = 'partition.metadata'

/** Without an id: how a log of an unknown topic is kept in memory, never on disk. */
export const noTopicId = zeroUuid

const metadataTopic = '__cluster_metadata'
const nameLengthMax = 255
const offsetDigits = 20
const offsetFile = /^(\d{20})(\.log|\.index|\.timeindex|\.txnindex|\.snapshot)$/
const plainDirectory = /^(.+)-(\d+)$/
const taggedDirectory = /^(.+)-(\d+)\.([0-9a-f]{32})-(delete|future|stray)$/

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export const offsetName = (offset: number): string => String(offset).padStart(offsetDigits, '0')

export const filePath = (directory: string, offset: number, suffix: string): string =>
  `${directory}/${offsetName(offset)}${suffix}`

/** Offset and suffix of a file of a partition; undefined where the name says nothing of the kind. */
export function parseFileName(name: string): { readonly offset: number; readonly suffix: string } | undefined {
  const [, digits, suffix] = offsetFile.exec(name) ?? []
  if (digits === undefined || suffix === undefined) return undefined
  const offset = Number(digits)
  return Number.isSafeInteger(offset) ? { offset, suffix } : undefined
}

export const directoryName = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`

export type DirectoryTag = 'delete' | 'future' | 'stray'

/** `<topic>-<partition>.<32 hexadecimal digits>-<tag>`, the topic cut so that the name fits into 255 bytes. */
export function taggedDirectoryName(
  { topic, partition }: TopicPartition,
  { hex, tag }: { readonly hex: string; readonly tag: DirectoryTag },
): string {
  const tail = `-${partition}.${hex}-${tag}`
  return topic.slice(0, nameLengthMax - tail.length) + tail
}

/** The directory of a move cannot have its name cut: a start would take it for another topic's. */
export const mayMove = ({ topic, partition }: TopicPartition): boolean =>
  `${topic}-${partition}.${'f'.repeat(32)}-future`.length <= nameLengthMax

export type ParsedDirectoryName = TopicPartition & { readonly tag: 'live' | DirectoryTag }

const isTag = (text: string): text is DirectoryTag => text === 'delete' || text === 'future' || text === 'stray'

/** Undefined where Kafka refuses the directory too: a name that is no topic and partition. */
export function parseDirectoryName(name: string): ParsedDirectoryName | undefined {
  const [, taggedTopic, taggedPartition, , tag] = taggedDirectory.exec(name) ?? []
  if (taggedTopic !== undefined && tag !== undefined && isTag(tag)) {
    return { topic: taggedTopic, partition: Number(taggedPartition), tag }
  }
  const [, topic, digits] = plainDirectory.exec(name) ?? []
  if (topic === undefined) return undefined
  const partition = Number(digits)
  return partition < 2 ** 31 ? { topic, partition, tag: 'live' } : undefined
}

/** Undefined for a directory that is put aside or goes, for the metadata's, and for one that is no log. */
export function livingLog(name: string): TopicPartition | undefined {
  const { tag, topic, partition } = parseDirectoryName(name) ?? {}
  if (topic === undefined || partition === undefined || topic === metadataTopic) return undefined
  return tag === 'live' || tag === 'future' ? { topic, partition } : undefined
}
