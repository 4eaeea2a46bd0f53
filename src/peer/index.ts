/** The door of `peer`: connections to other processes, and requests over them. */
export { type AuthenticationOptions, authenticate } from './authentication.ts'
export type { SendOptions, TakeOptions } from './call.ts'
export type { PeerLimits, Prepare, PreparedSession } from './connection-options.ts'
export { type BackoffRange, ExponentialBackoff } from './exponential-backoff.ts'
export {
  type AskedPartition,
  type AskedPartitions,
  FetchSessionClient,
  type SessionRequest,
} from './fetch-session-client.ts'
export type { ClientSoftware } from './negotiation.ts'
export type { Peer, PeerAddress } from './peer.ts'
export { AuthenticationError, PeerError, type PeerFailure, UnsupportedVersionError } from './peer-error.ts'
export { Peers, type PeersOptions } from './peers.ts'
export type { RequestTrace } from './request-trace.ts'
export type { Sender } from './sender.ts'
export type { VersionRange } from './served-versions.ts'
