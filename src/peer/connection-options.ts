/** What a connection is given: what it shares with all others, where it goes, and who is told what becomes of it. */
import type { Network, Reader, ReceiveBuffers, TimerWheel, Writer } from '../base/index.ts'
import type { ClientSoftware } from './negotiation.ts'
import type { PeerError } from './peer-error.ts'
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
  readonly clientId: Buffer
  readonly software: ClientSoftware
  readonly limits: PeerLimits
  readonly receiveBuffers: ReceiveBuffers
  /** Decoding and encoding never suspend, so one reader and one writer serve all. */
  readonly reader: Reader
  readonly writer: Writer
  readonly timeouts: TimerWheel
}

/** What comes before the first request: authentication. It sees a connection that has told what it serves. */
export type Prepare = (connection: Sender) => Promise<void>

export interface ConnectionTarget {
  readonly host: string
  readonly port: number
  /** For all that comes before the first request. */
  readonly setupTimeoutMs: number
  readonly prepare: Prepare | undefined
}

export interface ConnectionOwner {
  opened(): void
  /** Requests may be started that `hasRoom` held back. */
  roomMade(): void
  /** Told once; nothing follows. Of a request that was not started. */
  closed(error: PeerError): void
}
