/** What a broker that has stopped wrote into its metadata log, as `kafka-dump-log` prints it. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Broker } from '../../bench/broker.ts'
import { runTool } from './java-tool.ts'

export interface PrintedRecord {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

function printedLog(broker: Broker): Promise<string> {
  const log = join(dirname(broker.place.file), 'data', '__cluster_metadata-0', '00000000000000000000.log')
  return runTool('dumpLog', ['--cluster-metadata-decoder', '--files', log])
}

/** Who votes, and by which version: control records, without what another broker has otherwise. */
export async function voterRecords(broker: Broker): Promise<readonly string[]> {
  const records = (await printedLog(broker)).matchAll(/ (KRaft(?:Version|Voters) \{.*\})/g)
  return [...records].map(([, text = '']) => text.replaceAll(/"(port|voterDirectoryId)":("[^"]+"|\d+)/g, '"$1":own'))
}

/** The records of these types, in the order of the log. Fields that are as always are left out. */
export async function metadataRecords(broker: Broker, types: readonly string[]): Promise<readonly PrintedRecord[]> {
  const payloads = [...(await printedLog(broker)).matchAll(/payload: (\{"type":"([A-Z_]+)".*\})/g)]
  return payloads
    .filter(([, , type = '']) => types.includes(type))
    .map(([, json = '']): PrintedRecord => JSON.parse(json))
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
