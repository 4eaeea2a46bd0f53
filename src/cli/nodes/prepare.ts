/**
 * The disk of a cluster of several nodes before they start: what an earlier start left is found, each node's `server.properties`
 * is written, and directories that were never used are formatted, all with one cluster id.
 */
import { join, resolve } from 'node:path'
import { type Disk, type Env, uuidToString } from '../../base/index.ts'
import { BrokerConfig, formatProperties } from '../../config/index.ts'
import { lockDirectory, readWholeFile, replaceFile } from '../../log/index.ts'
import { drawId, formatStorage, loadMetaProperties, StorageError, storageDirectories } from '../../node/index.ts'
import { readConfigTexts } from '../config-file.ts'
import { type BaseOptions, baseDirectories, baseOf, firstVoters, layOut, type NodeLayout } from './layout.ts'

const fileName = 'server.properties'
const metaName = 'meta.properties'
const metadataLogName = '__cluster_metadata-0'
const sizeMaxInBytes = 4 * 1024 * 1024
const comment =
  ' Written at each start by `odradek start --nodes`: change FILE or --set there. Alone: `odradek start` with this file.'

export interface PrepareOptions extends Omit<BaseOptions, 'size'> {
  /** So many nodes are to be started. */
  readonly count: number
}

export interface PreparedNode extends NodeLayout {
  /** Its `server.properties`. */
  readonly path: string
}

export interface PreparedNodes {
  readonly nodes: readonly PreparedNode[]
  /** Ids, also of those that are not started. */
  readonly voters: readonly number[]
  readonly clusterId: string
  /** What the operator should know. */
  readonly warnings: readonly string[]
}

/** Throws UsageError, ConfigError, StorageError or DiskError: before anything was formatted, unless one of several nodes cannot be. */
export async function prepareNodes(env: Env, options: PrepareOptions): Promise<PreparedNodes> {
  const { disk } = env
  const { count } = options
  const directories = baseDirectories(baseOf({ ...options, size: count }))
  await refuseAlone(disk, directories)
  const [home = ''] = directories
  const earlier = await earlierNodes(disk, home)
  const base = baseOf({ ...options, size: Math.max(count, ...earlier.ids) })
  const voters = earlier.voters ?? firstVoters(count)
  const warnings = missing({ count, voters, ids: earlier.ids })
  const nodes = layOut(base, { count, voters }).map((node) => ({
    ...node,
    path: join(node.directories[0] ?? home, fileName),
  }))
  const configs = nodes.map(({ texts }) => BrokerConfig.parse(texts))
  const clusterId = await clusterIdOf(env, configs)
  const ids = [...new Set([...earlier.ids, ...voters])].sort((a, b) => a - b)
  for (const config of configs) await refuseForgottenVoter(disk, config, ids)
  for (const { directories: own } of nodes) await refuseRunning(disk, own)
  for (const node of nodes) await writeProperties(disk, node)
  for (const config of configs) await formatWhereNew(env, config, clusterId)
  return { nodes, voters, clusterId, warnings }
}

/** A directory within a log directory is a partition to a node that is alone there: `node-1`, partition 1 of topic `node`. */
async function refuseAlone(disk: Disk, directories: readonly string[]): Promise<void> {
  for (const directory of directories) {
    if ((await disk.stat(join(directory, metaName))) === undefined) continue
    throw new StorageError(
      `${directory} has the data of a node alone, started without --nodes: give those of several nodes another place, ` +
        'as with --set log.dirs=DIRECTORY',
    )
  }
}

/** A node alone would take the directories of the others for partitions. Throws StorageError. */
export async function refuseSeveral(disk: Disk, texts: ReadonlyMap<string, string>): Promise<void> {
  for (const name of (texts.get('log.dirs') ?? texts.get('log.dir') ?? '').split(',')) {
    const directory = resolve(name.trim())
    if ((await disk.stat(join(directory, 'node-1', fileName))) === undefined) continue
    throw new StorageError(
      `${directory} has the nodes of \`odradek start --nodes\`: start them so, or give a node alone another place, as with ` +
        '--set log.dirs=DIRECTORY',
    )
  }
}

/** What a running node has read would be written anew under it. Throws DiskError. */
async function refuseRunning(disk: Disk, directories: readonly string[]): Promise<void> {
  for (const directory of directories) {
    if ((await disk.stat(directory)) === undefined) continue
    const lock = await lockDirectory(disk, directory)
    await lock.release()
  }
}

interface Earlier {
  /** Of all nodes that have a `server.properties`. */
  readonly ids: readonly number[]
  /** As the first start has settled them. */
  readonly voters: readonly number[] | undefined
}

async function earlierNodes(disk: Disk, home: string): Promise<Earlier> {
  if ((await disk.stat(home)) === undefined) return { ids: [], voters: undefined }
  const ids: number[] = []
  let voters: readonly number[] | undefined
  for (const { name } of await disk.list(home)) {
    const id = /^node-([1-9]\d*)$/.exec(name)?.[1]
    const path = join(home, name, fileName)
    if (id === undefined || (await disk.stat(path)) === undefined) continue
    ids.push(Number(id))
    const text = (await readConfigTexts(disk, path)).get('controller.quorum.voters') ?? ''
    const found = [...text.matchAll(/(?:^|,)\s*(\d+)@/g)].map(([, voter]) => Number(voter))
    if (found.length > 0) voters ??= found
  }
  return { ids: ids.sort((a, b) => a - b), voters }
}

/** Throws StorageError where too few voters would start. */
function missing(given: {
  readonly count: number
  readonly voters: readonly number[]
  readonly ids: readonly number[]
}): readonly string[] {
  const { count, voters } = given
  const absent = voters.filter((id) => id > count)
  const brokers = given.ids.filter((id) => id > count && !absent.includes(id))
  const present = voters.length - absent.length
  const named = (ids: readonly number[]): string => `${ids.length > 1 ? 'nodes' : 'node'} ${ids.join(', ')}`
  const are = (ids: readonly number[]): string => (ids.length > 1 ? 'are' : 'is')
  if (present * 2 <= voters.length) {
    throw new StorageError(
      `Nodes ${voters.join(', ')} vote in this cluster, and ${present} of ${voters.length} are no majority: ` +
        `--nodes ${Math.floor(voters.length / 2) + 1} at least`,
    )
  }
  const warnings: string[] = []
  if (absent.length > 0) {
    const spare = present - Math.floor(voters.length / 2) - 1
    const left = spare === 0 ? 'no other one may fail' : `${spare} more may fail`
    warnings.push(`${named(absent)} of the ${voters.length} voters ${are(absent)} not started: ${left}`)
  }
  if (brokers.length > 0) {
    warnings.push(`${named(brokers)} of this cluster ${are(brokers)} not started: what no other node holds is offline`)
  }
  return warnings
}

async function clusterIdOf({ disk, random }: Env, configs: readonly BrokerConfig[]): Promise<string> {
  for (const config of configs) {
    const { formatted } = await loadMetaProperties(disk, storageDirectories(config))
    for (const { clusterId } of formatted.values()) if (clusterId !== undefined) return clusterId
  }
  return uuidToString(drawId(random.stream('cluster-id')))
}

/** As Java stores them, but that colons and equals signs of values, which need no backslash to be read, have none. */
function propertiesText(texts: ReadonlyMap<string, string>): string {
  const line = (key: string, value: string): string => {
    const stored = formatProperties(new Map([[key, value]]))
    return /^[\w.-]+$/.test(key) ? stored.replace(/\\([:=])/g, '$1') : stored
  }
  return [`#${comment}\n`, ...Array.from(texts, ([key, value]) => line(key, value))].join('')
}

/** Untouched where it says the same already. */
async function writeProperties(disk: Disk, { path, texts, directories }: PreparedNode): Promise<void> {
  const [home = ''] = directories
  await disk.makeDirectory(home)
  const bytes = Buffer.from(propertiesText(texts), 'latin1')
  const before = await readWholeFile(disk, path, sizeMaxInBytes)
  if (before?.equals(bytes) !== true) await replaceFile(disk, path, bytes)
}

async function formatWhereNew(env: Env, config: BrokerConfig, clusterId: string): Promise<void> {
  const { disk, logger } = env
  const { empty } = await loadMetaProperties(disk, storageDirectories(config))
  if (empty.length === 0) return
  const print = (line: string): void => logger.log('debug', line)
  await formatStorage({ ...env, config, options: { clusterId, ignoreFormatted: true }, print })
  logger.log('info', 'formatted', { node: config.nodeId, directories: empty.join(','), clusterId })
}

/**
 * A voter that has lost its directory has forgotten its votes: that it may vote again is not for a start to decide. Nor that a cluster
 * begins anew whose only voter it was. What the cluster has decided is in the directories of all of its nodes, brokers too.
 */
async function refuseForgottenVoter(disk: Disk, config: BrokerConfig, ids: readonly number[]): Promise<void> {
  const { nodeId, voters, metadataLogDir } = config
  if (!voters.some(({ id }) => id === nodeId)) return
  const { empty } = await loadMetaProperties(disk, storageDirectories(config))
  if (!empty.includes(metadataLogDir)) return
  const own = `node-${nodeId}`
  for (const id of ids) {
    const other = metadataLogDir.slice(0, -own.length).concat(`node-${id}`)
    if (id === nodeId || (await disk.stat(join(other, metadataLogName))) === undefined) continue
    throw new StorageError(
      `${metadataLogDir} is empty, and node ${nodeId} was a voter of this cluster, of which node ${id} is still: bring the ` +
        'directory back, or format it with `odradek format` if its votes are lost for good',
    )
  }
}
