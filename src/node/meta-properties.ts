/**
 * `meta.properties`: to which cluster and node a log directory belongs, and the id of the directory itself. One file's
 * form, read and written; what several directories must be together is in `meta-properties-set.ts`. Off the hot path.
 */
import { type Disk, type RandomStream, type Uuid, uuidFromString, uuidToBytes, uuidToString } from '../base/index.ts'
import { formatProperties, parseInteger, parseProperties } from '../config/index.ts'
import { readWholeFile, replaceFile } from '../log/index.ts'

export const metaPropertiesName = 'meta.properties'
/** Kafka writes about 130 bytes; a cluster id may be longer than the usual 22 characters. */
const sizeMaxInBytes = 64 * 1024
/** Kafka keeps the first hundred ids for directories that are none (KIP-858). */
const reservedIdCount = 100
const int32Max = 2n ** 31n - 1n

/** What lies on the disk, or was asked for, cannot be used; the message tells the operator what and where. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
}

export interface MetaProperties {
  /** 0 is from before KRaft: it calls the node id `broker.id`, and may lack it and the cluster id. */
  readonly version: 0 | 1
  readonly clusterId: string | undefined
  readonly nodeId: number | undefined
  /** Undefined in files from before KIP-858. */
  readonly directoryId: Uuid | undefined
}

/** Throws StorageError; of the places where a version must have a value, none is let through without it. */
export function parseMetaProperties(text: string): MetaProperties {
  const properties = parseProperties(text)
  const version = parseVersion(properties.get('version') ?? '0')
  const clusterId = properties.get('cluster.id')
  const nodeIdName = version === 0 ? 'broker.id' : 'node.id'
  const nodeId = parseNodeId(nodeIdName, properties.get(nodeIdName))
  if (version === 1 && nodeId === undefined) throw new StorageError('Failed to find node.id')
  if (version === 1 && clusterId === undefined) throw new StorageError('cluster.id was not found.')
  return { version, clusterId, nodeId, directoryId: parseDirectoryId(properties.get('directory.id')) }
}

function parseVersion(text: string): 0 | 1 {
  const version = parseInteger(text)
  if (version === undefined) throw new StorageError(`Invalid meta.properties version string '${text.slice(0, 40)}'`)
  if (version !== 0n && version !== 1n) throw new StorageError(`Unknown meta.properties version number ${version}`)
  return version === 0n ? 0 : 1
}

function parseNodeId(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const id = parseInteger(text)
  if (id === undefined || id > int32Max || id < -int32Max) {
    throw new StorageError(`Unable to read ${name} as a base-10 number.`)
  }
  return Number(id)
}

function parseDirectoryId(text: string | undefined): Uuid | undefined {
  if (text === undefined) return undefined
  try {
    return uuidFromString(text)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new StorageError(`Unable to read directory.id as a Uuid: ${error.message}`)
  }
}

/** As Kafka's file, byte for byte but the date: the keys stand in the order in which Java's hash table keeps them. */
export function formatMetaProperties(meta: MetaProperties, nowMs: number): string {
  const lines: readonly (readonly [key: string, value: string | undefined])[] = [
    [meta.version === 0 ? 'broker.id' : 'node.id', meta.nodeId?.toString()],
    ['directory.id', meta.directoryId === undefined ? undefined : uuidToString(meta.directoryId)],
    ['version', String(meta.version)],
    ['cluster.id', meta.clusterId],
  ]
  const properties = new Map<string, string>()
  for (const [key, value] of lines) if (value !== undefined) properties.set(key, value)
  return formatProperties(properties, { comments: ['', javaDate(nowMs)] })
}

/** `Wed Nov 25 09:34:19 UTC 2026`, as `java.util.Date` prints; in UTC, for a zone would make the file depend on the machine. */
function javaDate(nowMs: number): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(nowMs).toUTCString().split(/,? /)
  return `${weekday} ${month} ${day} ${time} UTC ${year}`
}

/** Undefined where there is no file. Throws StorageError or DiskError. */
export async function readMetaProperties(disk: Disk, directory: string): Promise<MetaProperties | undefined> {
  const bytes = await readWholeFile(disk, `${directory}/${metaPropertiesName}`, sizeMaxInBytes)
  // Java reads properties as Latin-1; what we write beyond ASCII is escaped, and reads the same either way.
  return bytes === undefined ? undefined : parseMetaProperties(bytes.toString('latin1'))
}

/** Replaces the file so that a crash leaves the old one or the new one; the directory must be there. */
export async function writeMetaProperties(
  disk: Disk,
  directory: string,
  { meta, nowMs }: { readonly meta: MetaProperties; readonly nowMs: number },
): Promise<void> {
  await replaceFile(
    disk,
    `${directory}/${metaPropertiesName}`,
    Buffer.from(formatMetaProperties(meta, nowMs), 'latin1'),
  )
}

export function isReservedId(id: Uuid): boolean {
  const bytes = uuidToBytes(id)
  return bytes.readBigUInt64BE(0) === 0n && bytes.readBigUInt64BE(8) < reservedIdCount
}

/** An id that no directory has. Printed it never begins with `-`: on a command line it would look like a flag. */
export function drawId(random: RandomStream, taken: ReadonlySet<Uuid> = new Set()): Uuid {
  for (;;) {
    const id = random.uuid()
    if (!uuidToString(id).startsWith('-') && !isReservedId(id) && !taken.has(id)) return id
  }
}
