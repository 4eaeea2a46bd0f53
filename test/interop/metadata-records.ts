/** What a broker that has stopped wrote into its metadata log and snapshots, as `kafka-dump-log` prints it. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Broker } from '../../bench/broker.ts'
import { runTool } from './java-tool.ts'

export interface PrintedRecord {
  readonly type: string
  readonly version: number
  readonly data: Readonly<Record<string, unknown>>
}

const metadataFolder = (broker: Broker): string => join(dirname(broker.place.file), 'data', '__cluster_metadata-0')

const dumped = (files: readonly string[]): Promise<string> =>
  runTool('dumpLog', ['--cluster-metadata-decoder', '--files', files.join(',')])

const printedLog = (broker: Broker): Promise<string> =>
  dumped([join(metadataFolder(broker), '00000000000000000000.log')])

const recordsIn = (printed: string): readonly PrintedRecord[] =>
  [...printed.matchAll(/payload: (\{"type":"[A-Z_]+".*\})/g)].map(([, json = '']): PrintedRecord => JSON.parse(json))

/** Who votes, and by which version: control records, without what another broker has otherwise. */
export async function voterRecords(broker: Broker): Promise<readonly string[]> {
  const records = (await printedLog(broker)).matchAll(/ (KRaft(?:Version|Voters) \{.*\})/g)
  return [...records].map(([, text = '']) => text.replaceAll(/"(port|voterDirectoryId)":("[^"]+"|\d+)/g, '"$1":own'))
}

/** The records of these types, in the order of the log. Fields that are as always are left out. */
export async function metadataRecords(broker: Broker, types: readonly string[]): Promise<readonly PrintedRecord[]> {
  return recordsIn(await printedLog(broker)).filter(({ type }) => types.includes(type))
}

/** Those of all snapshots. */
export async function snapshotRecords(broker: Broker): Promise<readonly PrintedRecord[]> {
  const folder = metadataFolder(broker)
  const files = globSync('*.checkpoint', { cwd: folder }).map((name) => join(folder, name))
  return files.length === 0 ? [] : recordsIn(await dumped(files))
}

/** A value of a file of properties; empty where it has none. */
function propertyOf(file: string, key: string): string {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((it) => it.startsWith(`${key}=`))
  return line?.slice(key.length + 1) ?? ''
}

/** The port of the only voter. */
export const controllerPort = (broker: Broker): number =>
  Number(propertyOf(broker.place.file, 'controller.quorum.voters').split(':')[1])

export const clusterIdOf = (broker: Broker): string =>
  propertyOf(join(dirname(broker.place.file), 'data', 'meta.properties'), 'cluster.id')
