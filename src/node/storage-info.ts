/** What an operator asks of the log directories of a node before it starts: as `kafka-storage info`. Reads, writes nothing. */
import { type Disk, DiskError, uuidToString } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import { type MetaProperties, metaPropertiesName, readMetaProperties, StorageError } from './meta-properties.ts'
import { storageDirectories } from './meta-properties-set.ts'

export interface StorageInfo {
  /** In Kafka's words. */
  readonly lines: readonly string[]
  readonly isSound: boolean
}

export async function storageInfo(disk: Disk, config: BrokerConfig): Promise<StorageInfo> {
  const found: string[] = []
  const problems: string[] = []
  let first: MetaProperties | undefined
  for (const directory of storageDirectories(config)) {
    const stat = await disk.stat(directory)
    if (stat?.kind !== 'directory') {
      problems.push(`${directory} ${stat === undefined ? 'does not exist' : 'is not a directory'}`)
      continue
    }
    found.push(directory)
    const meta = await metaOrProblem(disk, directory)
    if (typeof meta === 'string') problems.push(meta)
    else if (first === undefined) first = meta
    else problems.push(...mismatches(first, meta))
  }
  if (first?.version === 0) problems.push(isLegacy)
  const lines = [
    ...section(found, found.length === 1 ? 'Found log directory:' : 'Found log directories:'),
    ...(first === undefined ? [] : [`Found metadata: ${metaText(first)}`, '']),
    ...section(problems, problems.length === 1 ? 'Found problem:' : 'Found problems:'),
  ]
  return { lines, isSound: problems.length === 0 }
}

const isLegacy =
  'The kafka configuration file appears to be for a cluster in KRaft mode, but the directories are formatted for legacy mode.'

const section = (entries: readonly string[], title: string): readonly string[] =>
  entries.length === 0 ? [] : [title, ...entries.map((entry) => `  ${entry}`), '']

async function metaOrProblem(disk: Disk, directory: string): Promise<MetaProperties | string> {
  try {
    return (await readMetaProperties(disk, directory)) ?? `${directory} is not formatted.`
  } catch (error) {
    if (!(error instanceof StorageError || error instanceof DiskError)) throw error
    return `Error loading ${directory}/${metaPropertiesName}: ${error.message}`
  }
}

function mismatches(first: MetaProperties, other: MetaProperties): readonly string[] {
  if (first.clusterId !== other.clusterId) return ['Mismatched cluster IDs between storage directories.']
  return first.nodeId === other.nodeId ? [] : ['Mismatched node IDs between storage directories.']
}

function metaText({ version, clusterId, nodeId, directoryId }: MetaProperties): string {
  const pairs: readonly (readonly [key: string, value: string | number | undefined])[] = [
    ['cluster.id', clusterId],
    ['directory.id', directoryId === undefined ? undefined : uuidToString(directoryId)],
    [version === 0 ? 'broker.id' : 'node.id', nodeId],
    ['version', version],
  ]
  const known = pairs.filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${value}`)
  return `{${known.sort().join(', ')}}`
}
