/**
 * The `meta.properties` of all log directories of a node together: what must agree, which directories may fail, and what
 * a start repairs. The rules are Kafka's (MetaPropertiesEnsemble, and the first steps of KafkaRaftServer). Off the hot path.
 */
import { type Clock, type Disk, DiskError, type Logger, type Random, type Uuid, uuidToString } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import {
  drawId,
  isReservedId,
  type MetaProperties,
  metaPropertiesName,
  readMetaProperties,
  StorageError,
  writeMetaProperties,
} from './meta-properties.ts'

const formatCommand = '`odradek format --cluster-id ID --config FILE`'
const metadataPartitionName = '__cluster_metadata-0'

/** Every directory is in one of the three, and each is sorted by path. */
export interface MetaPropertiesSet {
  readonly formatted: ReadonlyMap<string, MetaProperties>
  /** Without a `meta.properties`. */
  readonly empty: readonly string[]
  /** Not readable, or not to be understood. */
  readonly failed: ReadonlyMap<string, Error>
}

/** All directories of a node, each once, sorted: `log.dirs` and `metadata.log.dir`. */
export function storageDirectories(config: BrokerConfig): readonly string[] {
  return [...new Set([...config.logDirs, config.metadataLogDir])].sort()
}

export async function loadMetaProperties(disk: Disk, directories: readonly string[]): Promise<MetaPropertiesSet> {
  const formatted = new Map<string, MetaProperties>()
  const empty: string[] = []
  const failed = new Map<string, Error>()
  for (const directory of directories.toSorted()) {
    try {
      const meta = await readMetaProperties(disk, directory)
      if (meta === undefined) empty.push(directory)
      else formatted.set(directory, meta)
    } catch (error) {
      if (!(error instanceof StorageError || error instanceof DiskError)) throw error
      failed.set(directory, error)
    }
  }
  return { formatted, empty, failed }
}

export interface ExpectedIds {
  /** Without it, that of the first directory that has one. */
  readonly clusterId?: string
  readonly nodeId: number
}

/** Throws StorageError unless all that is formatted is of one cluster and this node, and no directory is there twice. */
export function verifyMetaProperties({ formatted }: MetaPropertiesSet, expected: ExpectedIds): void {
  let { clusterId } = expected
  const directoryOf = new Map<Uuid, string>()
  for (const [directory, meta] of formatted) {
    const path = `${directory}/${metaPropertiesName}`
    clusterId ??= meta.clusterId
    if (meta.clusterId !== undefined && meta.clusterId !== clusterId) {
      throw new StorageError(`Invalid cluster.id in: ${path}. Expected ${clusterId}, but read ${meta.clusterId}`)
    }
    if (meta.nodeId !== undefined && meta.nodeId !== expected.nodeId) {
      throw new StorageError(
        `Stored node id ${meta.nodeId} doesn't match previous node id ${expected.nodeId} in ${path}. If you moved your ` +
          'data, make sure your configured node id matches. If you intend to create a new node, you should remove all ' +
          'data in your data directories.',
      )
    }
    if (meta.directoryId === undefined) continue
    const id = uuidToString(meta.directoryId)
    if (isReservedId(meta.directoryId))
      throw new StorageError(`Invalid reserved directory ID ${id} found in ${directory}`)
    const other = directoryOf.get(meta.directoryId)
    if (other !== undefined) {
      throw new StorageError(`Duplicate directory ID ${id} found. It was the ID of ${other}, but also of ${directory}`)
    }
    directoryOf.set(meta.directoryId, directory)
  }
}

export interface NodeStorage {
  readonly clusterId: string
  /** Ids of the directories that can be used, by path. */
  readonly directoryIds: ReadonlyMap<string, Uuid>
  /** Directories of `log.dirs` that cannot: they are offline from the start. */
  readonly failed: ReadonlyMap<string, Error>
}

export interface OpenStorageOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly config: BrokerConfig
  readonly logger: Logger
}

/**
 * What a node learns from its directories before it opens anything in them. A directory without an id gets one; nothing
 * else is written. Throws StorageError where Kafka would not start either.
 */
export async function openStorage(options: OpenStorageOptions): Promise<NodeStorage> {
  const { disk, config, logger } = options
  const set = await loadMetaProperties(disk, storageDirectories(config))
  for (const [directory, error] of set.failed) {
    logger.log('error', `Error while reading ${metaPropertiesName}`, { directory, error: error.message })
  }
  if (set.formatted.size === 0) throw new StorageError(noneReadable(set))
  verifyMetaProperties(set, { nodeId: config.nodeId })
  const metadataFailure = set.failed.get(config.metadataLogDir)
  if (metadataFailure !== undefined) {
    throw new StorageError(
      `Encountered I/O error in metadata log directory ${config.metadataLogDir}. Cannot continue. (${metadataFailure.message})`,
    )
  }
  await checkMetadataPlace(options, [...set.formatted.keys()])
  const [unformatted] = set.empty
  if (unformatted !== undefined) {
    throw new StorageError(
      `No \`meta.properties\` found in ${unformatted} (have you run ${formatCommand} to format the directory?)`,
    )
  }
  return { ...(await withDirectoryIds(options, set.formatted)), failed: set.failed }
}

function noneReadable({ empty, failed }: MetaPropertiesSet): string {
  const reasons = [...failed].map(([directory, error]) => `${directory}: ${error.message}`)
  if (empty.length > 0) reasons.push(`not formatted: ${empty.join(', ')}; ${formatCommand} does that`)
  return `No readable meta.properties files found. (${reasons.join('; ')})`
}

/** After `metadata.log.dir` was changed: the metadata stayed in the old place, and the node would begin an empty cluster. */
async function checkMetadataPlace({ disk, config }: OpenStorageOptions, directories: readonly string[]): Promise<void> {
  for (const directory of directories) {
    const path = `${directory}/${metadataPartitionName}`
    if (directory !== config.metadataLogDir && (await disk.stat(path)) !== undefined) {
      throw new StorageError(
        `Found unexpected metadata location in data directory \`${path}\` (the configured metadata directory is ` +
          `${config.metadataLogDir}).`,
      )
    }
  }
}

async function withDirectoryIds(
  { disk, clock, random, logger }: OpenStorageOptions,
  formatted: ReadonlyMap<string, MetaProperties>,
): Promise<Omit<NodeStorage, 'failed'>> {
  const directoryIds = new Map<string, Uuid>()
  const taken = new Set<Uuid>()
  for (const { directoryId } of formatted.values()) if (directoryId !== undefined) taken.add(directoryId)
  let clusterId: string | undefined
  for (const [directory, meta] of formatted) {
    if (meta.nodeId === undefined) throw new StorageError(`Error: node ID not found in ${directory}`)
    if (meta.clusterId === undefined) throw new StorageError(`Error: cluster ID not found in ${directory}`)
    clusterId = meta.clusterId
    const directoryId = meta.directoryId ?? drawId(random.stream('directory-id'), taken)
    if (meta.directoryId === undefined) {
      logger.log('info', 'a log directory gets an id', { directory, directoryId: uuidToString(directoryId) })
      await writeMetaProperties(disk, directory, { meta: { ...meta, directoryId }, nowMs: clock.now() })
    }
    taken.add(directoryId)
    directoryIds.set(directory, directoryId)
  }
  if (clusterId === undefined) throw new StorageError('No readable meta.properties files found.')
  return { clusterId, directoryIds }
}

/** Nothing was ever kept in any of the directories: they may be formatted without asking. */
export async function storageIsEmpty(disk: Disk, config: BrokerConfig): Promise<boolean> {
  for (const directory of storageDirectories(config)) {
    if ((await disk.stat(directory)) !== undefined && (await disk.list(directory)).length > 0) return false
  }
  return true
}
