/** What can be asked of features without a cluster, as `kafka-storage version-mapping` and `feature-dependencies`. Pure. */
import { parseInteger } from '../config/index.ts'
import {
  kraftVersionFeature,
  latestMetadataVersion,
  metadataVersionFeature,
  metadataVersionName,
  supportedFeatures,
} from '../metadata/index.ts'
import {
  defaultLevel,
  metadataVersions,
  neededMetadataVersion,
  unstableMetadataVersion,
  versionOfRelease,
} from './feature-rules.ts'
import { StorageError } from './meta-properties.ts'

/** In Kafka's order. */
const features = [
  kraftVersionFeature,
  'transaction.version',
  'group.version',
  'eligible.leader.replicas.version',
  'share.version',
  'streams.version',
]

const knownVersions = () => [...metadataVersions(), unstableMetadataVersion]

/** `feature=level`, line by line. Throws StorageError for a release that 4.3.1 does not know. */
export function versionMapping(release?: string): readonly string[] {
  const told = release ?? metadataVersionName(latestMetadataVersion) ?? ''
  const { level } = versionOfRelease(told, knownVersions())
  return [
    `${metadataVersionFeature}=${level} (${told})`,
    ...features.map((feature) => `${feature}=${defaultLevel(feature, level)}`),
  ]
}

const int16 = 32_768n

/** What `feature=level` needs. Throws StorageError. */
export function featureDependencies(text: string): readonly string[] {
  const equals = text.indexOf('=')
  if (equals < 0) {
    throw new StorageError(
      `Invalid feature format: ${text}. Expected format: 'feature=version' (e.g. 'group.version=1')`,
    )
  }
  const name = text.slice(0, equals).trim()
  const levelText = text.slice(equals + 1).trim()
  const parsed = parseInteger(levelText)
  if (parsed === undefined || parsed >= int16 || parsed < -int16) {
    throw new StorageError(`Invalid version format: ${levelText} for feature ${name}`)
  }
  const level = Number(parsed)
  if (name === metadataVersionFeature) {
    const version = knownVersions().find((it) => it.level === level)
    if (version === undefined) throw new StorageError(`Unknown ${metadataVersionFeature} ${level}`)
    return [`${name}=${level} (${version.name}) has no dependencies.`]
  }
  const feature = supportedFeatures.find((it) => it.name === name)
  if (feature === undefined) throw new StorageError(`Unknown feature: ${name}`)
  if (level < feature.minLevel || level > feature.maxLevel) {
    throw new StorageError(`Feature level ${level} is not supported for feature ${name}`)
  }
  const needed = level > 0 ? neededMetadataVersion(name) : 0
  if (needed === 0) return [`${name}=${level} has no dependencies.`]
  return [`${name}=${level} requires:`, `    ${metadataVersionFeature}=${needed} (${metadataVersionName(needed)})`]
}
