/**
 * Which features at which levels a new cluster begins with (KIP-1022): what `--release-version` and `--feature` ask for,
 * the defaults of that release for the rest, and Kafka's refusals. Pure.
 */
import { assert } from '../base/index.ts'
import { parseInteger } from '../config/index.ts'
import {
  kraftVersionFeature,
  type MetadataRecord,
  metadataVersionFeature,
  supportedFeatures,
} from '../metadata/index.ts'
import { featureLevelRecord } from '../protocol/index.ts'
import {
  defaultLevel,
  metadataVersionOfRelease,
  metadataVersions,
  neededMetadataVersion,
  unstableMetadataVersion,
} from './feature-rules.ts'
import { StorageError } from './meta-properties.ts'

const int16 = 32_768n
/** `feature=level` texts; of several for one feature the last holds. Throws StorageError. */
export function parseFeatureLevels(texts: readonly string[]): ReadonlyMap<string, number> {
  const levels = new Map<string, number>()
  for (const text of texts) {
    const equals = text.indexOf('=')
    if (equals < 0) throw new StorageError(`Can't parse feature=level string ${text}: equals sign not found.`)
    const levelText = text.slice(equals + 1).trim()
    const level = parseInteger(levelText)
    if (level === undefined || level >= int16 || level < -int16) {
      throw new StorageError(`Can't parse feature=level string ${text}: unable to parse ${levelText} as a short.`)
    }
    levels.set(text.slice(0, equals).trim(), Number(level))
  }
  return levels
}

export interface WantedFeatures {
  readonly releaseVersion?: string
  readonly levels: ReadonlyMap<string, number>
  /** The metadata log names the voters (KIP-853): `kraft.version` is 1. */
  readonly isDynamic?: boolean
}

/**
 * The level of every feature, in the order of `bootstrap.checkpoint`: `metadata.version`, then the others by name. Without
 * `kraft.version`, which is 1 in a dynamic quorum, 0 in a static one, and no metadata record in any. Throws StorageError.
 */
export function bootstrapFeatureLevels({
  releaseVersion,
  levels: wanted,
  isDynamic = false,
}: WantedFeatures): ReadonlyMap<string, number> {
  const metadataVersion = wantedMetadataVersion(releaseVersion, wanted.get(metadataVersionFeature))
  const others = supportedFeatures.filter(({ name }) => name !== metadataVersionFeature)
  const names = others.map(({ name }) => name).sort()
  for (const name of wanted.keys()) {
    if (name !== metadataVersionFeature && !names.includes(name)) {
      throw new StorageError(`Unsupported feature: ${name}. Supported features are: ${names.join(', ')}`)
    }
  }
  checkKraftVersion(wanted.get(kraftVersionFeature), isDynamic)
  const levels = new Map([[metadataVersionFeature, metadataVersion]])
  for (const name of names) {
    if (name === kraftVersionFeature) continue
    const level = wanted.get(name) ?? defaultLevel(name, metadataVersion)
    const feature = others.find((it) => it.name === name)
    if (feature === undefined || level < feature.minLevel || level > feature.maxLevel) {
      throw new StorageError(`No feature:${name} with feature level ${level}`)
    }
    const needs = neededMetadataVersion(name)
    if (level > 0 && metadataVersion < needs) {
      throw new StorageError(
        `${name} could not be set to ${level} because it depends on metadata.version level ${needs}`,
      )
    }
    levels.set(name, level)
  }
  return levels
}

function wantedMetadataVersion(releaseVersion: string | undefined, level: number | undefined): number {
  const versions = metadataVersions()
  const first = versions.at(0)?.level
  const last = versions.at(-1)?.level
  assert(first !== undefined && last !== undefined, 'there is a metadata.version')
  if (level === undefined) return releaseVersion === undefined ? last : metadataVersionOfRelease(releaseVersion)
  if (releaseVersion !== undefined) {
    throw new StorageError('Use --release-version instead of --feature metadata.version=X to avoid ambiguity.')
  }
  const unstable = unstableMetadataVersion
  if (level === unstable.level) throw new StorageError(`${metadataVersionFeature} ${unstable.name} is not yet stable.`)
  if (level < first || level > last) {
    throw new StorageError(
      `No MetadataVersion with feature level ${level}. Valid feature levels are from ${first} to ${unstable.level}.`,
    )
  }
  return level
}

/** Any `metadata.version` goes with either: Kafka says 3.9 for 1 in its documents, and checks nothing. */
function checkKraftVersion(wanted: number | undefined, isDynamic: boolean): void {
  const level = wanted ?? (isDynamic ? 1 : 0)
  if (!isDynamic) {
    if (level !== 0) throw new StorageError(noKraftVersion(level))
    return
  }
  if (level === 0) {
    throw new StorageError(
      'Cannot set kraft.version to 0 if controller.quorum.voters is empty and one of the flags --standalone, ' +
        '--initial-controllers, or --no-initial-controllers is used. For dynamic controllers support, try removing the ' +
        '--feature flag for kraft.version.',
    )
  }
  if (level !== 1) throw new StorageError(`No feature:${kraftVersionFeature} with feature level ${level}`)
}

const noKraftVersion = (level: number): string =>
  `Cannot set kraft.version to ${level} unless controller.quorum.voters is empty and one of the flags --standalone, ` +
  '--initial-controllers, or --no-initial-controllers is used. For dynamic controllers support, try using one of ' +
  '--standalone, --initial-controllers, or --no-initial-controllers and removing controller.quorum.voters.'

/** Level 0 is what a cluster has without a record. */
export function featureRecords(levels: ReadonlyMap<string, number>): readonly MetadataRecord[] {
  return [...levels]
    .filter(([, level]) => level > 0)
    .map(([name, featureLevel]) => ({ kind: 'featureLevel', value: featureLevelRecord.create({ name, featureLevel }) }))
}
