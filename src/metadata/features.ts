/** The features of 4.3.1, their levels (KIP-584, KIP-1022), and the records with which a new cluster begins. */
import { featureLevelRecord } from '../protocol/index.ts'
import type { MetadataRecord } from './record.ts'

export interface SupportedFeature {
  readonly name: string
  readonly minLevel: number
  readonly maxLevel: number
}

export const metadataVersionFeature = 'metadata.version'
/** Its level is a control record of the quorum (KIP-853), never a metadata record. */
export const kraftVersionFeature = 'kraft.version'

/** The names of the levels of `metadata.version`, from the lowest that 4.3.1 can run at. */
const metadataVersionMin = 7
const metadataVersionNames: readonly string[] = [
  '3.3-IV3',
  '3.4-IV0',
  '3.5-IV0',
  '3.5-IV1',
  '3.5-IV2',
  '3.6-IV0',
  '3.6-IV1',
  '3.6-IV2',
  '3.7-IV0',
  '3.7-IV1',
  '3.7-IV2',
  '3.7-IV3',
  '3.7-IV4',
  '3.8-IV0',
  '3.9-IV0',
  '4.0-IV0',
  '4.0-IV1',
  '4.0-IV2',
  '4.0-IV3',
  '4.1-IV0',
  '4.1-IV1',
  '4.2-IV0',
  '4.2-IV1',
  '4.3-IV0',
]

/** 4.3-IV0: what a cluster of 4.3.1 is formatted with. */
export const latestMetadataVersion: number = metadataVersionMin + metadataVersionNames.length - 1

/** The levels that brought records, or fields of records, which those before do not know. */
const levelsWithNewMetadata: readonly number[] = [
  '3.3-IV3',
  '3.4-IV0',
  '3.5-IV2',
  '3.6-IV1',
  '3.6-IV2',
  '3.7-IV0',
  '3.7-IV2',
  '4.0-IV1',
  '4.3-IV0',
].map((name) => metadataVersionMin + metadataVersionNames.indexOf(name))

/** Whether a cluster that runs at `from` may hold metadata that it could not hold at `to`, a lower level. */
export const losesMetadata = (from: number, to: number): boolean =>
  levelsWithNewMetadata.some((level) => level > to && level <= from)

/** From which on a broker says whether it comes from ZooKeeper (KIP-866): 3.4-IV0. */
export const zkMigrationLevel: number = metadataVersionMin + metadataVersionNames.indexOf('3.4-IV0')
/** From which on records may be in a metadata transaction (KIP-868): 3.6-IV1. */
export const metadataTransactionsLevel: number = metadataVersionMin + metadataVersionNames.indexOf('3.6-IV1')
/** From which on the leader epoch stays when the ISR only shrinks: 3.6-IV0. */
export const noEpochOnShrinkLevel: number = metadataVersionMin + metadataVersionNames.indexOf('3.6-IV0')
/** From which on controllers register (KIP-919): 3.7-IV0. */
export const controllerRegistrationLevel: number = metadataVersionMin + metadataVersionNames.indexOf('3.7-IV0')
/** From which on partitions have directories (KIP-858): 3.7-IV2. */
export const directoryAssignmentLevel: number = metadataVersionMin + metadataVersionNames.indexOf('3.7-IV2')
/** From which on records have eligible leader replicas (KIP-966): 4.0-IV1. */
export const eligibleLeaderReplicasLevel: number = metadataVersionMin + metadataVersionNames.indexOf('4.0-IV1')
/** From which on directories can be cordoned (KIP-1066): 4.3-IV0. */
export const cordonedDirectoriesLevel: number = metadataVersionMin + metadataVersionNames.indexOf('4.3-IV0')

/** As `4.3-IV0`; undefined for a level that 4.3.1 cannot run at. */
export const metadataVersionName = (level: number): string | undefined =>
  level < metadataVersionMin ? undefined : metadataVersionNames[level - metadataVersionMin]

/** The level of `metadata.version` that records with which a cluster begins say; 0 where they say none. */
export const metadataVersionIn = (records: readonly MetadataRecord[]): number =>
  records.reduce(
    (level, { kind, value }) =>
      kind === 'featureLevel' && value.name === metadataVersionFeature ? value.featureLevel : level,
    0,
  )

/** What brokers and controllers of 4.3.1 register. */
export const supportedFeatures: readonly SupportedFeature[] = [
  { name: 'eligible.leader.replicas.version', minLevel: 0, maxLevel: 1 },
  { name: 'group.version', minLevel: 0, maxLevel: 1 },
  { name: kraftVersionFeature, minLevel: 0, maxLevel: 1 },
  { name: metadataVersionFeature, minLevel: metadataVersionMin, maxLevel: latestMetadataVersion },
  { name: 'share.version', minLevel: 0, maxLevel: 1 },
  { name: 'streams.version', minLevel: 0, maxLevel: 1 },
  { name: 'transaction.version', minLevel: 0, maxLevel: 2 },
]

const levelRecord = ({ name, maxLevel }: SupportedFeature): MetadataRecord => ({
  kind: 'featureLevel',
  value: featureLevelRecord.create({ name, featureLevel: maxLevel }),
})

/** What formatting writes to `bootstrap.checkpoint`: `metadata.version` first, then the others by name. */
export function bootstrapRecords(): readonly MetadataRecord[] {
  const first = supportedFeatures.filter((feature) => feature.name === metadataVersionFeature)
  const others = supportedFeatures.filter(
    (feature) => feature.name !== metadataVersionFeature && feature.name !== kraftVersionFeature,
  )
  return [...first, ...others].map(levelRecord)
}
