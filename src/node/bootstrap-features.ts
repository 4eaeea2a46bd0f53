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
  metadataVersionName,
  supportedFeatures,
} from '../metadata/index.ts'
import { featureLevelRecord } from '../protocol/index.ts'
import { StorageError } from './meta-properties.ts'

interface FeatureRule {
  readonly level: number
  /** The first `metadata.version` whose clusters begin at this level. */
  readonly defaultSince: number
  /** The first `metadata.version` that can have it at all; left out: each. */
  readonly needs?: number
}

/** Of each feature the level that later releases turn on. Kafka's `version-mapping` and `feature-dependencies` tell them. */
const rules: ReadonlyMap<string, FeatureRule> = new Map([
  ['group.version', { level: 1, defaultSince: 22 }],
  ['transaction.version', { level: 2, defaultSince: 24 }],
  ['eligible.leader.replicas.version', { level: 1, defaultSince: 26, needs: 23 }],
  ['share.version', { level: 1, defaultSince: 28 }],
  ['streams.version', { level: 1, defaultSince: 29 }],
])

const int16 = 32_768n

/** All that 4.3.1 can run at, from the lowest. */
function metadataVersions(): readonly { readonly level: number; readonly name: string }[] {
  const feature = supportedFeatures.find(({ name }) => name === metadataVersionFeature)
  assert(feature !== undefined, 'metadata.version is a feature')
  const versions: { readonly level: number; readonly name: string }[] = []
  for (let level = feature.minLevel; level <= feature.maxLevel; level++) {
    const name = metadataVersionName(level)
    assert(name !== undefined, 'each level of metadata.version has a name')
    versions.push({ level, name })
  }
  return versions
}

/** The level behind `4.3-IV0`, `4.3` (its last) or `4.3.1`. Throws StorageError. */
export function metadataVersionOfRelease(release: string): number {
  const wanted = release.split('.').slice(0, 2).join('.')
  const versions = metadataVersions()
  const found = versions.findLast(({ name }) => name === wanted || name.startsWith(`${wanted}-IV`))
  if (found !== undefined) return found.level
  const names = versions.map(({ name }) => name).join(', ')
  throw new StorageError(`Unknown metadata.version '${release}'. Supported metadata.version are: ${names}`)
}

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
  checkKraftVersion(wanted.get(kraftVersionFeature), { isDynamic, metadataVersion })
  const levels = new Map([[metadataVersionFeature, metadataVersion]])
  for (const name of names) {
    if (name === kraftVersionFeature) continue
    const level = wanted.get(name) ?? defaultLevel(name, metadataVersion)
    const feature = others.find((it) => it.name === name)
    if (feature === undefined || level < feature.minLevel || level > feature.maxLevel) {
      throw new StorageError(`No feature:${name} with feature level ${level}`)
    }
    const needs = rules.get(name)?.needs ?? 0
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
  if (level < first || level > last) {
    throw new StorageError(
      `No MetadataVersion with feature level ${level}. Valid feature levels are from ${first} to ${last}.`,
    )
  }
  return level
}

function defaultLevel(name: string, metadataVersion: number): number {
  const rule = rules.get(name)
  assert(rule !== undefined, 'each feature has a default')
  return metadataVersion >= rule.defaultSince ? rule.level : 0
}

const dynamicSince = '3.9-IV0'

function checkKraftVersion(
  wanted: number | undefined,
  { isDynamic, metadataVersion }: { readonly isDynamic: boolean; readonly metadataVersion: number },
): void {
  const level = wanted ?? (isDynamic ? 1 : 0)
  if (!isDynamic) {
    if (level !== 0) throw new StorageError(noKraftVersion(level))
    return
  }
  if (level === 0) {
    throw new StorageError(
      'Cannot set kraft.version to 0 if one of the flags --standalone, --initial-controllers, or ' +
        '--no-initial-controllers is used. For dynamic controllers support, try removing the --feature flag for kraft.version.',
    )
  }
  if (level !== 1) throw new StorageError(`No feature:${kraftVersionFeature} with feature level ${level}`)
  const needs = metadataVersionOfRelease(dynamicSince)
  if (metadataVersion < needs) {
    throw new StorageError(
      `${kraftVersionFeature} could not be set to ${level} because it depends on metadata.version level ${needs}`,
    )
  }
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
