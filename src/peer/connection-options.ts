/** What a connection is given: what it shares with all others, where it goes, and who is told what becomes of it. */
import type {
  Clock,
  Network,
  RandomStream,
  Reader,
  ReceiveBuffers,
  TimerWheel,
  TlsOptions,
  Writer,
} from '../base/index.ts'
import type { ClientSoftware } from './negotiation.ts'
import type { PeerError } from './peer-error.ts'
import type { RequestChannel } from './request-trace.ts'
import type { Sender } from './sender.ts'

export interface PeerLimits {
  /** A larger reply is not read: the connection is closed. */
  readonly replyBytesMax: number
  /** `max.in.flight.requests.per.connection`. */
  readonly inFlightMax: number
  /** No more requests are encoded while this many bytes wait for the socket. */
  readonly queuedBytesMax: number
  /** Requests that wait for a connection, or for room on it. */
  readonly waitingMax: number
}

/** What all connections of a process share. */
export interface ConnectionShared {
  readonly network: Network
  readonly clock: Clock
  readonly random: RandomStream
  readonly clientId: Buffer
  readonly software: ClientSoftware
  readonly limits: PeerLimits
  readonly receiveBuffers: ReceiveBuffers
  /** Decoding and encoding never suspend, so one reader and one writer serve all. */
  readonly reader: Reader
  readonly writer: Writer
  readonly timeouts: TimerWheel
  /** Told of each request that was sent. */
  readonly trace: RequestChannel | undefined
  /** `connections.max.idle.ms`; undefined: an idle connection stays. */
  readonly idleMsMax: number | undefined
}

export interface PreparedSession {
  /** It is prepared anew before so long has passed (KIP-368); undefined: never. */
  readonly lifetimeMs: number | undefined
}

/** What comes before the first request: authentication. It sees a connection that has told what it serves. */
export type Prepare = (connection: Sender) => Promise<PreparedSession>

export interface ConnectionTarget {
  readonly host: string
  readonly port: number
  /** For all that comes before the first request. */
  readonly setupTimeoutMs: number
  readonly prepare: Prepare | undefined
  /** Undefined: in the clear. */
  readonly tls: TlsOptions | undefined
}

export interface ConnectionOwner {
  opened(): void
  /** Requests may be started that `hasRoom` held back. */
  roomMade(): void
  /** It was closed because nobody has used it for so long; nothing follows. */
  retired(): void
  /** Told once; nothing follows. Of a request that was not started. */
  closed(error: PeerError): void
}
