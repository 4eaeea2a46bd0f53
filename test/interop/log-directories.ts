/** The log directories of a broker: what `kafka-log-dirs` tells of them, and what of a topic lies in them on the disk. */
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Broker } from '../../bench/broker.ts'
import { runTool } from './java-tool.ts'
import { bootstrap } from './kit.ts'

/** `data` has the metadata. */
const names = ['data', 'data-1', 'data-2']
export const directories = names.length

interface Replica {
  readonly partition: string
  readonly size: number
  readonly offsetLag: number
  readonly isFuture: boolean
}

export interface LogDirectory {
  readonly logDir: string
  /** The class of an exception. */
  readonly error: string | null
  readonly partitions: readonly Replica[]
}

/** Their paths, as in `log.dirs`. */
export const pathsOf = ({ place }: Broker): string[] => names.map((name) => join(dirname(place.file), name))

/** What is in them of these topics. */
export async function describeDirectories(...topics: readonly string[]): Promise<readonly LogDirectory[]> {
  const args = ['--bootstrap-server', bootstrap(), '--describe', '--topic-list', topics.join(',')]
  const printed = await runTool('logDirs', args)
  const told: { readonly brokers: readonly { readonly logDirs: readonly LogDirectory[] }[] } = JSON.parse(
    printed.split('\n').find((line) => line.startsWith('{')) ?? '',
  )
  return told.brokers.flatMap(({ logDirs }) => logDirs)
}

/** The folders of a topic's logs, future ones too; not those that only wait to be deleted. */
export const foldersOf = (broker: Broker, topic: string): string[] =>
  globSync(`{${names.join(',')}}/${topic}-*`, { cwd: dirname(broker.place.file) })
    .filter((name) => !name.endsWith('-delete'))
    .sort()
