/**
 * What a start makes of the logs that it finds: those that the metadata does not place on this broker are put aside, never
 * deleted; a move whose last steps were missing is finished, and of two logs of one replica one is chosen. Off the hot path.
 */
import { DiskError, type Logger, type Uuid } from '../base/index.ts'
import type { Log, LogManager } from '../log/index.ts'
import { directoryOf, type MetadataImage } from '../metadata/index.ts'

export interface PlacedLogsOptions {
  readonly nodeId: number
  readonly logger: Logger
  readonly image: MetadataImage
  readonly directories: readonly LogManager[]
  readonly idOf: (directory: LogManager) => Uuid
  /** Some directory of this broker could not be read: what seems to be missing may be there. */
  readonly hasOffline: boolean
}

interface Found {
  readonly manager: LogManager
  readonly log: Log
}

/** Before any replica is made. Throws DiskError `EEXIST` where two logs claim a replica, and the metadata names neither. */
export async function putLogsInPlace(options: PlacedLogsOptions): Promise<void> {
  const { directories } = options
  for (const manager of directories) {
    for (const log of [...manager.logs, ...manager.futures]) {
      if (!isPlaced(log, options)) await manager.makeStray(log)
    }
  }
  for (const manager of directories) for (const log of [...manager.futures]) await finishMove({ manager, log }, options)
  for (const manager of directories) for (const log of [...manager.logs]) await settle({ manager, log }, options)
}

/**
 * The log that a future one copies is renamed away when the future one has everything. As long as it is there, or may be in
 * a directory that is offline, the future one may lack its end, whatever the controller knows. Of two, that counts.
 */
async function finishMove({ manager, log }: Found, options: PlacedLogsOptions): Promise<void> {
  const { directories, idOf, hasOffline, logger } = options
  if (hasOffline || manager.future(log.topicPartition) !== log) return
  if (currentOf(log, directories).length > 0) return
  const copies = copiesOf(log, directories).map((it) => it.manager)
  const right = copies.find((it) => idOf(it) === assignedDirectory(log, options)) ?? manager
  logger.log('info', 'a move to another log directory is finished', {
    directory: right.directory,
    ...log.topicPartition,
  })
  await right.promoteFuture(log.topicPartition, async () => ({ cleanedUpTo: undefined }))
  for (const { manager: other, log: copy } of copiesOf(log, directories)) await other.makeStray(copy)
}

const copiesOf = ({ topicPartition }: Log, directories: readonly LogManager[]): readonly Found[] =>
  directories.flatMap((manager) => {
    const log = manager.future(topicPartition)
    return log === undefined ? [] : [{ manager, log }]
  })

function isPlaced({ topicPartition, topicId }: Log, { image, nodeId }: PlacedLogsOptions): boolean {
  const { topic, partition } = topicPartition
  const known = image.topics.byName.get(topic)
  const isHere = known?.partitions.get(partition)?.replicas.includes(nodeId) === true
  return isHere && (topicId === undefined || topicId === known?.topicId)
}

function assignedDirectory({ topicPartition }: Log, { image, nodeId }: PlacedLogsOptions): Uuid | undefined {
  const { topic, partition } = topicPartition
  const state = image.topics.byName.get(topic)?.partitions.get(partition)
  return state === undefined ? undefined : directoryOf(state, nodeId)
}

function currentOf({ topicPartition }: Log, directories: readonly LogManager[]): readonly Found[] {
  return directories.flatMap((manager) => {
    const log = manager.get(topicPartition)
    return log === undefined ? [] : [{ manager, log }]
  })
}

/** One log of each replica: where there are two, a directory failed while one was taking the place of the other. */
async function settle({ manager, log }: Found, options: PlacedLogsOptions): Promise<void> {
  const { directories, idOf } = options
  const all = currentOf(log, directories)
  if (all.length < 2) return
  const right = all.find((it) => idOf(it.manager) === assignedDirectory(log, options))
  if (right === undefined) {
    const paths = all.map((it) => it.log.directory).join(' and ')
    throw new DiskError('EEXIST', log.directory, `Duplicate log directories of one replica: ${paths}; put one aside`)
  }
  if (right.manager !== manager) await manager.makeStray(log)
}
