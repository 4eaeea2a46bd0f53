/**
 * Formatting: the first thing that happens to a log directory, as Kafka's `kafka-storage format`. Each directory gets its
 * `bootstrap.checkpoint`, that of the metadata with `--standalone` also the snapshot that names the voter, then its
 * `meta.properties`, which makes it count as formatted: after a crash in between, formatting again does the whole.
 */
import { assert, type Clock, type Disk, DiskError, type Random, type Uuid } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import { directoryOf, writeWholeFile } from '../log/index.ts'
import { type MetadataRecord, metadataVersionFeature, metadataVersionName } from '../metadata/index.ts'
import { bootstrapCheckpointName, encodeBootstrapCheckpoint } from './bootstrap-checkpoint.ts'
import { bootstrapFeatureLevels, featureRecords, metadataVersionOfRelease } from './bootstrap-features.ts'
import { type ScramFunctions, scramRecord } from './bootstrap-scram.ts'
import { standaloneVoter, writeFirstSnapshot } from './dynamic-quorum.ts'
import { drawId, metaPropertiesName, StorageError, writeMetaProperties } from './meta-properties.ts'
import {
  loadMetaProperties,
  type MetaPropertiesSet,
  storageDirectories,
  verifyMetaProperties,
} from './meta-properties-set.ts'

/** The flags of `kafka-storage format` 4.3.1, but the file of the configuration. */
export interface FormatOptions {
  readonly clusterId: string
  readonly ignoreFormatted?: boolean
  readonly releaseVersion?: string
  readonly featureLevels?: ReadonlyMap<string, number>
  /** `SCRAM-SHA-256=[name=alice,password=secret]`. */
  readonly scram?: readonly string[]
  readonly standalone?: boolean
  readonly initialControllers?: string
  readonly noInitialControllers?: boolean
}

export interface FormatRequest {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly config: BrokerConfig
  readonly options: FormatOptions
  /** Takes what the operator should read, line by line. */
  readonly print: (line: string) => void
  /** Needed with `options.scram`. */
  readonly scramFunctions?: ScramFunctions
}

const scramSince = '3.5-IV2'

/** Throws StorageError where Kafka refuses too, with nothing written; and DiskError. */
export async function formatStorage(request: FormatRequest): Promise<void> {
  const { disk, config, options, print } = request
  if (options.clusterId === '') throw new StorageError('You must specify the cluster id.')
  checkQuorum(config, options)
  const levels = bootstrapFeatureLevels({
    levels: options.featureLevels ?? new Map(),
    isDynamic: options.standalone === true,
    ...(options.releaseVersion === undefined ? {} : { releaseVersion: options.releaseVersion }),
  })
  const records = [...featureRecords(levels), ...(await scramRecords(request, levels))]
  const set = await loadMetaProperties(disk, storageDirectories(config))
  verifyMetaProperties(set, { clusterId: options.clusterId, nodeId: config.nodeId })
  checkDirectories(set, request)
  if (set.empty.length === 0) {
    print('All of the log directories are already formatted.')
    return
  }
  print(`Bootstrap metadata: ${[...levels].map(([name, level]) => `${name}=${level}`).join(', ')}`)
  const taken = new Set<Uuid>()
  for (const { directoryId } of set.formatted.values()) if (directoryId !== undefined) taken.add(directoryId)
  for (const directory of set.empty) {
    print(`Formatting ${kindOf(directory, request)} ${directory} with metadata.version ${metadataVersionText(levels)}.`)
    const directoryId = drawId(request.random.stream('directory-id'), taken)
    taken.add(directoryId)
    await formatDirectory(request, { directory, directoryId, records })
  }
}

/** In Kafka's words. */
function kindOf(directory: string, { config, options }: FormatRequest): string {
  if (directory !== config.metadataLogDir) return 'data directory'
  return options.standalone === true ? 'dynamic metadata voter directory' : 'metadata directory'
}

function metadataVersionText(levels: ReadonlyMap<string, number>): string {
  const level = levels.get(metadataVersionFeature)
  assert(level !== undefined, 'a cluster begins with a metadata.version')
  return metadataVersionName(level) ?? String(level)
}

/** A static quorum is named by the configuration, a dynamic one (KIP-853) by the metadata log. */
function checkQuorum(config: BrokerConfig, options: FormatOptions): void {
  const isStandalone = options.standalone === true
  const isInitial = options.initialControllers !== undefined
  if (config.voters.length > 0) {
    if (!isStandalone && !isInitial) return
    throw new StorageError(
      'You cannot specify controller.quorum.voters and format the node with --initial-controllers or --standalone. ' +
        'If you want to use dynamic quorum, please remove controller.quorum.voters and specify ' +
        'controller.quorum.bootstrap.servers instead.',
    )
  }
  const isController = config.processRoles.has('controller')
  if (isStandalone && !isController) throw new StorageError('You can only use --standalone on a controller.')
  if (isInitial || options.noInitialControllers === true) {
    throw new StorageError(
      'Quorums of several voters (--initial-controllers, --no-initial-controllers) are not built into Odradek yet: ' +
        'format with --standalone.',
    )
  }
  if (isController && !isStandalone) {
    throw new StorageError(
      'Because controller.quorum.voters is not set on this controller, you must specify --standalone. (Kafka also has ' +
        '--initial-controllers and --no-initial-controllers, which Odradek does not build yet.)',
    )
  }
}

async function scramRecords(
  { options, random, scramFunctions }: FormatRequest,
  levels: ReadonlyMap<string, number>,
): Promise<readonly MetadataRecord[]> {
  const texts = options.scram ?? []
  if (texts.length === 0) return []
  assert(scramFunctions !== undefined, 'SCRAM credentials need the functions that make them')
  if ((levels.get(metadataVersionFeature) ?? 0) < metadataVersionOfRelease(scramSince)) {
    throw new StorageError(`SCRAM is only supported in metadata.version ${scramSince} or later.`)
  }
  const records: MetadataRecord[] = []
  for (const text of texts) {
    records.push(await scramRecord(text, { functions: scramFunctions, random: random.stream('scram-salt') }))
  }
  return records
}

/** One directory that cannot be read does not keep the others from being formatted. */
function checkDirectories({ formatted, empty, failed }: MetaPropertiesSet, { options, print }: FormatRequest): void {
  const [already] = formatted.keys()
  if (already !== undefined && options.ignoreFormatted !== true) {
    throw new StorageError(
      `Log directory ${already} is already formatted. Use --ignore-formatted to ignore this directory and format the others.`,
    )
  }
  for (const [directory, error] of failed) {
    print(`I/O error trying to read log directory ${directory}. Ignoring... (${error.message})`)
  }
  if (failed.size > 0 && empty.length === 0 && formatted.size === 0) {
    throw new StorageError('No available log directories to format.')
  }
}

/** Kafka puts the checkpoint into every directory: any of them may become the metadata directory of a later start. */
async function formatDirectory(
  { disk, clock, config, options }: FormatRequest,
  target: { readonly directory: string; readonly directoryId: Uuid; readonly records: readonly MetadataRecord[] },
): Promise<void> {
  const { directory, directoryId, records } = target
  const nowMs = clock.now()
  const meta = { version: 1, clusterId: options.clusterId, nodeId: config.nodeId, directoryId } as const
  try {
    await disk.makeDirectory(directory)
    const bytes = encodeBootstrapCheckpoint(records, nowMs)
    await writeWholeFile(disk, `${directory}/${bootstrapCheckpointName}`, { bytes, sync: true })
    if (options.standalone === true && directory === config.metadataLogDir) {
      await writeFirstSnapshot(disk, directory, { voter: standaloneVoter(config, directoryId), nowMs })
    }
    await writeMetaProperties(disk, directory, { meta, nowMs })
    await disk.syncDirectory(directoryOf(directory))
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    throw new StorageError(`Error while writing ${metaPropertiesName} file ${directory}: ${error.message}`)
  }
}
