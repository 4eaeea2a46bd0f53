/** The outgoing connections of a process, or of one part of it: what they share, and where a peer comes from. */
import {
  type Clock,
  type Network,
  type RandomStream,
  Reader,
  receiveBuffers,
  TimerWheel,
  Writer,
} from '../base/index.ts'
import type { PeerLimits } from './connection-options.ts'
import { type BackoffRange, ExponentialBackoff } from './exponential-backoff.ts'
import type { ClientSoftware } from './negotiation.ts'
import { Peer, type PeerAddress, type PeerShared } from './peer.ts'
import type { AuthenticationError } from './peer-error.ts'
import type { RequestChannel } from './request-trace.ts'

export interface PeersOptions {
  readonly network: Network
  readonly clock: Clock
  readonly random: RandomStream
  /** In the header of each request. */
  readonly clientId: string
  readonly software: ClientSoftware
  readonly limits: PeerLimits
  /** `reconnect.backoff.ms` and `reconnect.backoff.max.ms`. */
  readonly reconnect: BackoffRange
  /** `socket.connection.setup.timeout.ms` and its `max`; here it covers all that comes before the first request. */
  readonly setupTimeout: BackoffRange
  /** `connections.max.idle.ms`: one that is not used for so long is closed. Unless told, none is. */
  readonly idleMsMax?: number
  /** Told of each request that was sent. */
  readonly trace?: RequestChannel | undefined
  /** What they are told who wait for a connection on which one side does not believe the other; unless told, that error itself. */
  readonly refusal?: (error: AuthenticationError) => Error
  /** Overwrites released buffers, so that tests see who kept a view. */
  readonly poison: boolean
}

const readBytes = 256 * 1024
const tickMs = 10
const slots = 512

export class Peers {
  readonly #shared: PeerShared

  constructor(options: PeersOptions) {
    const { network, clock, random, clientId, software, limits, idleMsMax, poison } = options
    this.#shared = {
      network,
      clock,
      random,
      idleMsMax,
      trace: options.trace,
      refusal: options.refusal ?? ((error) => error),
      clientId: Buffer.from(clientId),
      software,
      limits,
      reconnect: new ExponentialBackoff(options.reconnect, random),
      setupTimeout: new ExponentialBackoff(options.setupTimeout, random),
      receiveBuffers: receiveBuffers({ readBytes, poison }),
      reader: new Reader(),
      writer: new Writer(),
      // A loop that was held up reads the replies that have come meanwhile before it gives up a connection.
      timeouts: new TimerWheel({ clock, tickMs, slots, drainFirst: true }),
    }
  }

  /** Connects when something is sent. Whoever has it closes it. */
  to(address: PeerAddress): Peer {
    return new Peer(this.#shared, address)
  }
}
