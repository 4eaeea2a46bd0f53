/** The JSON that `kafka-reassign-partitions` takes and gives: which brokers a partition is to have, and which of their log directories. */
import type { TopicPartition } from '../../client/index.ts'
import { javaPartitionOrder, javaSetOrder } from './java-hash-order.ts'
import {
  arrayOf,
  checkVersion,
  type Fields,
  fieldOf,
  fieldsOf,
  integerOf,
  listOf,
  readJson,
  textOf,
} from './json-fields.ts'
import { ToolError } from './tool.ts'

export interface PlannedPartition extends TopicPartition {
  /** The preferred leader first. */
  readonly replicas: readonly number[]
}

export interface PlacedReplica extends TopicPartition {
  readonly brokerId: number
  readonly logDir: string
}

export interface Plan {
  readonly partitions: readonly PlannedPartition[]
  /** Those of which it is told into which directory of their broker they are to come. */
  readonly placed: readonly PlacedReplica[]
}

const anyLogDir = 'any'

export const partitionName = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`

export const replicaName = (it: TopicPartition & { readonly brokerId: number }): string =>
  `${partitionName(it)}-${it.brokerId}`

const order = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

export const byPartition = (a: TopicPartition, b: TopicPartition): number =>
  order(a.topic, b.topic) || a.partition - b.partition

export const byReplica = (a: PlacedReplica, b: PlacedReplica): number => a.brokerId - b.brokerId || byPartition(a, b)

/** Each once, in the order of a set. */
export function duplicates<T extends string | number>(items: readonly T[]): readonly T[] {
  const seen = new Set<T>()
  return javaSetOrder(items.filter((item) => seen.size === seen.add(item).size))
}

function plannedOf(fields: Fields): { readonly planned: PlannedPartition; readonly placed: readonly PlacedReplica[] } {
  const topic = textOf(fieldOf(fields, 'topic'))
  const partition = integerOf(fieldOf(fields, 'partition'))
  const replicas = listOf(fieldOf(fields, 'replicas'), integerOf)
  const logDirs = Object.hasOwn(fields, 'log_dirs') ? listOf(fields['log_dirs'], textOf) : replicas.map(() => anyLogDir)
  if (replicas.length !== logDirs.length) {
    throw new ToolError(
      `Size of replicas list [${replicas.join(', ')}] is different from size of log dirs list [${logDirs.join(', ')}] ` +
        `for partition ${topic}-${partition}`,
    )
  }
  const placed = replicas.flatMap((brokerId, i) => {
    const logDir = logDirs[i] ?? anyLogDir
    return logDir === anyLogDir ? [] : [{ topic, partition, brokerId, logDir }]
  })
  return { planned: { topic, partition, replicas }, placed }
}

/** What is named twice is there twice. Throws ToolError. */
export function readPlan(path: string): Plan {
  const json = readJson(path)
  if (json === undefined) throw new ToolError('The input string is not a valid JSON')
  const fields = fieldsOf(json)
  checkVersion(fields)
  const given = Object.hasOwn(fields, 'partitions') ? arrayOf(fields['partitions']) : []
  const read = given.map((it) => plannedOf(fieldsOf(it)))
  return { partitions: read.map(({ planned }) => planned), placed: read.flatMap(({ placed }) => placed) }
}

/** Throws ToolError for one that cannot be carried out. */
export function checkPlan({ partitions }: Plan): void {
  if (partitions.length === 0) throw new ToolError('Partition reassignment list cannot be empty')
  if (partitions.some(({ replicas }) => replicas.length === 0)) {
    throw new ToolError('Partition replica list cannot be empty')
  }
  const byName = Map.groupBy(partitions, partitionName)
  const twice = [...byName.values()].flatMap(([first, second]) =>
    first !== undefined && second !== undefined ? [first] : [],
  )
  if (twice.length > 0) {
    const names = javaPartitionOrder(twice).map(partitionName)
    throw new ToolError(`Partition reassignment contains duplicate topic partitions: ${names.join(',')}`)
  }
  const wrong = partitions.flatMap((it) => {
    const ids = duplicates(it.replicas)
    return ids.length === 0 ? [] : [`${partitionName(it)} contains multiple entries for ${ids.join(',')}`]
  })
  if (wrong.length > 0) {
    throw new ToolError(`Partition replica lists may not contain duplicate entries: ${wrong.join('. ')}`)
  }
}

/** By the names of replicas which directory each lies in; of the others it is any. */
export function planText(partitions: readonly PlannedPartition[], directories: ReadonlyMap<string, string>): string {
  const rows = partitions.toSorted(byPartition).map(({ topic, partition, replicas }) => ({
    topic,
    partition,
    replicas,
    log_dirs: replicas.map((id) => directories.get(`${topic}-${partition}-${id}`) ?? anyLogDir),
  }))
  return JSON.stringify({ version: 1, partitions: rows })
}

/** Of `--topics-to-move-json-file`. Throws ToolError. */
export function readTopics(path: string): readonly string[] {
  const json = readJson(path)
  if (json === undefined) throw new ToolError('The input string is not a valid JSON')
  const fields = fieldsOf(json)
  checkVersion(fields)
  const given = Object.hasOwn(fields, 'topics') ? arrayOf(fields['topics']) : []
  const topics = given.map((it) => textOf(fieldOf(fieldsOf(it), 'topic')))
  const twice = duplicates(topics)
  if (twice.length > 0) {
    throw new ToolError(`List of topics to reassign contains duplicate entries: [${twice.join(', ')}]`)
  }
  return topics
}
