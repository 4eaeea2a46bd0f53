/** The door of `node`: what puts the roles of a process together, from formatting on. */

export {
  BrokerConfig,
  brokerKey,
  ConfigError,
  isNodeRegistryKey,
  ownKeys,
  parseProperties,
  RegistryConfig,
} from '../config/index.ts'
export { MissingMetadataError, QuorumStateError } from '../raft/index.ts'
export * from './bootstrap-checkpoint.ts'
export { bootstrapFeatureLevels, featureRecords, parseFeatureLevels } from './bootstrap-features.ts'
export type { ScramFunctions, ScramHash, ScramPassword } from './bootstrap-scram.ts'
export { featureDependencies, versionMapping } from './feature-lines.ts'
export { metadataVersionOfRelease } from './feature-rules.ts'
export * from './format.ts'
export { type GroupWhy, groupWhy } from './group-why.ts'
export { jobs, jobsUrl } from './jobs.ts'
export * from './meta-properties.ts'
export * from './meta-properties-set.ts'
export * from './node.ts'
export { nodeMetrics } from './node-metrics.ts'
export { software } from './node-peers.ts'
export { storageInfo } from './storage-info.ts'
