/** The features of this node and of its cluster, as ApiVersions tells them. */
import {
  kraftVersionFeature,
  type MetadataImage,
  metadataVersionFeature,
  supportedFeatures,
} from '../metadata/index.ts'
import type { Features } from '../server/index.ts'
import type { MetadataQuorum } from './metadata-quorum.ts'

export function featuresOf({ features, provenance }: MetadataImage, quorum: MetadataQuorum): Features {
  const levels = new Map([...features.finalized, [metadataVersionFeature, features.metadataVersion]])
  if (quorum.kraftVersion > 0) levels.set(kraftVersionFeature, quorum.kraftVersion)
  return {
    supported: supportedFeatures.map(({ name, minLevel, maxLevel }) => ({
      name,
      minVersion: minLevel,
      maxVersion: maxLevel,
    })),
    finalizedEpoch: provenance.offset,
    finalized: [...levels].map(([name, level]) => ({ name, level })),
  }
}
