/** The door of `replication`. */
export * from './fetch-reader.ts'
export * from './fetch-sessions.ts'
export type { AliveBroker, CommittedIsr, IsrProposal } from './leadership.ts'
export * from './log-config.ts'
export * from './partition.ts'
export * from './replica-manager.ts'
export * from './replication.ts'
export * from './waiting-fetch.ts'
