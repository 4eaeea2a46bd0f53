/**
 * What 4.3.1 knows of features (KIP-1022): the levels of `metadata.version`, which release has which, and from which on the
 * others are turned on or can be had. Pure.
 */
import { assert } from '../base/index.ts'
import {
  kraftVersionFeature,
  latestMetadataVersion,
  metadataVersionFeature,
  metadataVersionName,
  supportedFeatures,
} from '../metadata/index.ts'
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
  [kraftVersionFeature, { level: 1, defaultSince: 21 }],
  ['group.version', { level: 1, defaultSince: 22 }],
  ['transaction.version', { level: 2, defaultSince: 24 }],
  ['eligible.leader.replicas.version', { level: 1, defaultSince: 26, needs: 23 }],
  ['share.version', { level: 1, defaultSince: 28 }],
  ['streams.version', { level: 1, defaultSince: 29 }],
])

interface MetadataVersion {
  readonly level: number
  readonly name: string
}

/** Kafka 4.3.1 knows the next one, and refuses it but in its own tests. */
export const unstableMetadataVersion: MetadataVersion = { level: latestMetadataVersion + 1, name: '4.4-IV0' }

/** All that 4.3.1 can run at, from the lowest. */
export function metadataVersions(): readonly MetadataVersion[] {
  const feature = supportedFeatures.find(({ name }) => name === metadataVersionFeature)
  assert(feature !== undefined, 'metadata.version is a feature')
  const versions: MetadataVersion[] = []
  for (let level = feature.minLevel; level <= feature.maxLevel; level++) {
    const name = metadataVersionName(level)
    assert(name !== undefined, 'each level of metadata.version has a name')
    versions.push({ level, name })
  }
  return versions
}

/** The level behind `4.3-IV0`, `4.3` (its last) or `4.3.1`. Throws StorageError. */
export const metadataVersionOfRelease = (release: string): number => versionOfRelease(release, metadataVersions()).level

/** The same of `versions`, which may be more than can be run at. */
export function versionOfRelease(release: string, versions: readonly MetadataVersion[]): MetadataVersion {
  const wanted = release.split('.').slice(0, 2).join('.')
  const isLast = (name: string): boolean => name.startsWith(`${wanted}-IV`) && name !== unstableMetadataVersion.name
  const found = versions.findLast(({ name }) => name === wanted || isLast(name))
  if (found !== undefined) return found
  const names = versions.map(({ name }) => name).join(', ')
  throw new StorageError(`Unknown metadata.version '${release}'. Supported metadata.version are: ${names}`)
}

/** The level of a feature, `metadata.version` aside, with which a cluster of this `metadata.version` begins. */
export function defaultLevel(name: string, metadataVersion: number): number {
  const rule = rules.get(name)
  assert(rule !== undefined, 'each feature has a default')
  return metadataVersion >= rule.defaultSince ? rule.level : 0
}

/** The first `metadata.version` that can have a level of this feature above 0; 0: each. */
export const neededMetadataVersion = (name: string): number => rules.get(name)?.needs ?? 0
