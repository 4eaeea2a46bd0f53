/**
 * Formatting: the first thing that happens to a log directory, as Kafka's `kafka-storage format`. Each directory gets its
 * `bootstrap.checkpoint`, that of the metadata where voters are given also the snapshot that names them, then its
 * `meta.properties`, which makes it count as formatted: after a crash in between, formatting again does the whole.
 */
import { assert, type Clock, type Disk, DiskError, type Random, type Uuid } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import { directoryOf, writeWholeFile } from '../log/index.ts'
import { type MetadataRecord, metadataVersionFeature, metadataVersionName } from '../metadata/index.ts'
import type { VoterSet } from '../raft/index.ts'
import { bootstrapCheckpointName, encodeBootstrapCheckpoint } from './bootstrap-checkpoint.ts'
import { bootstrapFeatureLevels, featureRecords } from './bootstrap-features.ts'
import { type ScramFunctions, scramRecord } from './bootstrap-scram.ts'
import { bootstrapText } from './bootstrap-text.ts'
import { metadataVersionOfRelease } from './feature-rules.ts'
import { initialVoters, standaloneVoter, writeFirstSnapshot } from './first-snapshot.ts'
import { type InitialVoter, parseInitialVoters } from './initial-voters.ts'
import {
  drawId,
  type MetaProperties,
  metaPropertiesName,
  StorageError,
  writeMetaProperties,
} from './meta-properties.ts'
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
  /** Of these three one at most; without static voters a controller needs one (KIP-853). */
  readonly standalone?: boolean
  /** `id@host:port:directoryId`, comma-separated: the first voters, the same for every node. */
  readonly initialControllers?: string
  /** Others are the first voters, or this controller is made one later. */
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
  if (options.releaseVersion !== undefined) metadataVersionOfRelease(options.releaseVersion)
  const given = givenVoters(config, options)
  if (options.clusterId === '') throw new StorageError('You must specify the cluster id.')
  const levels = bootstrapFeatureLevels({
    levels: options.featureLevels ?? new Map(),
    isDynamic: config.voters.length === 0,
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
  const metas = newMetaProperties(set, request, given)
  // An id that is reserved, or another directory's, would make a directory that no node starts on.
  const all = { ...set, formatted: new Map([...set.formatted, ...metas]) }
  verifyMetaProperties(all, { clusterId: options.clusterId, nodeId: config.nodeId })
  print(`Bootstrap metadata: ${bootstrapText(records)}`)
  for (const [directory, meta] of metas) {
    const isMetadata = directory === config.metadataLogDir
    const voters = isMetadata && given !== undefined ? votersOf(given, { config, meta }) : undefined
    const kind = isMetadata ? kindOfMetadata(config, voters) : 'data directory'
    print(`Formatting ${kind} ${directory} with metadata.version ${metadataVersionText(levels)}.`)
    await formatDirectory(request, { directory, meta, records, voters })
  }
}

/** Undefined where the node is to learn from others who votes, or its configuration says so. */
type GivenVoters = 'standalone' | readonly InitialVoter[] | undefined

/** A static quorum is named by the configuration, a dynamic one (KIP-853) by the metadata log. */
function givenVoters(config: BrokerConfig, options: FormatOptions): GivenVoters {
  const { initialControllers, standalone = false, noInitialControllers = false } = options
  if (config.voters.length > 0) {
    if (!standalone && initialControllers === undefined) return undefined
    throw new StorageError(
      'You cannot specify controller.quorum.voters and format the node with --initial-controllers or --standalone. ' +
        'If you want to use dynamic quorum, please remove controller.quorum.voters and specify ' +
        'controller.quorum.bootstrap.servers instead.',
    )
  }
  const isController = config.processRoles.has('controller')
  if (standalone && !isController) throw new StorageError('You can only use --standalone on a controller.')
  if (standalone) return 'standalone'
  if (initialControllers !== undefined) return parseInitialVoters(initialControllers)
  if (!isController || noInitialControllers) return undefined
  throw new StorageError(
    'Because controller.quorum.voters is not set on this controller, you must specify one of the following: ' +
      '--standalone, --initial-controllers, or --no-initial-controllers.',
  )
}

function votersOf(
  given: Exclude<GivenVoters, undefined>,
  { config, meta }: { readonly config: BrokerConfig; readonly meta: NewMetaProperties },
): VoterSet {
  return given === 'standalone' ? standaloneVoter(config, meta.directoryId) : initialVoters(config, given)
}

/** In Kafka's words. */
function kindOfMetadata({ nodeId }: BrokerConfig, voters: VoterSet | undefined): string {
  if (voters === undefined) return 'metadata directory'
  return voters.has(nodeId) ? 'dynamic metadata voter directory' : 'dynamic metadata directory'
}

interface NewMetaProperties extends MetaProperties {
  readonly directoryId: Uuid
}

/** By directory. That of the metadata has the id by which the other voters know it; the others' are drawn. */
function newMetaProperties(
  { formatted, empty }: MetaPropertiesSet,
  { config, options, random }: FormatRequest,
  given: GivenVoters,
): ReadonlyMap<string, NewMetaProperties> {
  const { clusterId } = options
  const { nodeId, metadataLogDir } = config
  const own = given === 'standalone' ? undefined : given?.find((voter) => voter.nodeId === nodeId)
  const taken = new Set<Uuid>(own === undefined ? [] : [own.directoryId])
  for (const { directoryId } of formatted.values()) if (directoryId !== undefined) taken.add(directoryId)
  const metas = new Map<string, NewMetaProperties>()
  for (const directory of empty) {
    const isOwn = own !== undefined && directory === metadataLogDir
    const directoryId = isOwn ? own.directoryId : drawId(random.stream('directory-id'), taken)
    taken.add(directoryId)
    metas.set(directory, { version: 1, clusterId, nodeId, directoryId })
  }
  return metas
}

function metadataVersionText(levels: ReadonlyMap<string, number>): string {
  const level = levels.get(metadataVersionFeature)
  assert(level !== undefined, 'a cluster begins with a metadata.version')
  return metadataVersionName(level) ?? String(level)
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
  { disk, clock }: FormatRequest,
  target: {
    readonly directory: string
    readonly meta: MetaProperties
    readonly records: readonly MetadataRecord[]
    readonly voters: VoterSet | undefined
  },
): Promise<void> {
  const { directory, meta, records, voters } = target
  const nowMs = clock.now()
  try {
    await disk.makeDirectory(directory)
    const bytes = encodeBootstrapCheckpoint(records, nowMs)
    await writeWholeFile(disk, `${directory}/${bootstrapCheckpointName}`, { bytes, sync: true })
    if (voters !== undefined) await writeFirstSnapshot(disk, directory, { voters, nowMs })
    await writeMetaProperties(disk, directory, { meta, nowMs })
    await disk.syncDirectory(directoryOf(directory))
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    throw new StorageError(`Error while writing ${metaPropertiesName} file ${directory}: ${error.message}`)
  }
}
