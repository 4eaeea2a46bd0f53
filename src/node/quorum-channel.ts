/**
 * The requests of this node's quorum to the others: each goes out over a peer at the address that the machine gives, and
 * what became of it goes back into the machine.
 */
import { ApiError, type Logger, MalformedError } from '../base/index.ts'
import { type ClientSoftware, type Peer, PeerError, type Peers } from '../peer/index.ts'
import {
  addRaftVoter,
  apiVersions,
  beginQuorumEpoch,
  ErrorCode,
  endQuorumEpoch,
  fetch,
  fetchSnapshot,
  removeRaftVoter,
  updateRaftVoter,
  vote,
} from '../protocol/index.ts'
import {
  decodeBeginEpochReply,
  decodeEndEpochReply,
  decodeFetchReply,
  decodeFetchSnapshotReply,
  decodeUpdateVoterReply,
  decodeVersionsReply,
  decodeVoteReply,
  decodeVoterChangeReply,
  type Endpoint,
  encodeAddVoter,
  encodeBeginEpoch,
  encodeEndEpoch,
  encodeFetch,
  encodeFetchSnapshot,
  encodeRemoveVoter,
  encodeUpdateVoter,
  encodeVote,
  type Outcome,
  type OutgoingRequest,
  type QuorumReply,
  type VoterChangeRequest,
  type WireNames,
} from '../raft/index.ts'

export interface QuorumChannelOptions {
  readonly peers: Peers
  readonly names: WireNames
  /** Who this is, to servers. */
  readonly software: ClientSoftware
  /** `controller.quorum.request.timeout.ms`. */
  readonly requestTimeoutMs: number
  readonly logger: Logger
  /** Whether a node is one that this one goes on speaking to: a voter, the leader, an address of the configuration. */
  readonly isNear: (id: number) => boolean
}

/** What is asked of whoever does not know pre-votes is an election without (KIP-996). */
const preVotesSince = 2
const fetchSince = 13

type Request = OutgoingRequest['request']
type VoterRequest = Extract<Request, VoterChangeRequest | { readonly kind: 'api-versions' }>

interface Line {
  readonly endpoint: Endpoint
  readonly peer: Peer
  /** What was wrong with the last answer, if it was told already. */
  trouble: string | undefined
}

export class QuorumChannel {
  readonly #options: QuorumChannelOptions
  /** By destination: nodes, and addresses of the configuration. */
  readonly #lines = new Map<number, Line>()
  /** For one request each. */
  readonly #once = new Set<Line>()

  constructor(options: QuorumChannelOptions) {
    this.#options = options
  }

  /** Settles when it is known what became of it; never rejects. */
  async send({ to, request }: OutgoingRequest): Promise<Outcome> {
    // Who is asked for its versions is no voter yet, and may never become one; nor need it be there.
    if (request.kind === 'api-versions') return this.#sendOnce(to, request)
    const line = this.#lineTo(to.id, to.endpoint)
    return this.#sendBy(line, request)
  }

  async #sendOnce({ endpoint }: OutgoingRequest['to'], request: Request): Promise<Outcome> {
    const line = this.#lineAt(endpoint)
    this.#once.add(line)
    try {
      return await this.#sendBy(line, request)
    } finally {
      line.peer.close()
      this.#once.delete(line)
    }
  }

  async #sendBy(line: Line, request: Request): Promise<Outcome> {
    try {
      const reply = await this.#ask(line.peer, request)
      line.trouble = undefined
      return { kind: 'reply', reply }
    } catch (error) {
      return this.#failed(line, request, error)
    }
  }

  /** A node that has moved is asked at its new address. Whoever is not spoken to any more is forgotten when another comes. */
  #lineTo(id: number, endpoint: Endpoint): Line {
    const known = this.#lines.get(id)
    const { host, port } = endpoint
    if (known?.endpoint.host === host && known.endpoint.port === port) return known
    known?.peer.close()
    for (const [other, { peer }] of this.#lines) {
      if (this.#options.isNear(other)) continue
      peer.close()
      this.#lines.delete(other)
    }
    const line = this.#lineAt(endpoint)
    this.#lines.set(id, line)
    return line
  }

  #lineAt(endpoint: Endpoint): Line {
    const { host, port } = endpoint
    return { endpoint, peer: this.#options.peers.to({ host, port }), trouble: undefined }
  }

  async #ask(peer: Peer, request: Request): Promise<QuorumReply> {
    const { names, requestTimeoutMs: timeoutMs } = this.#options
    const { kind } = request
    if (kind === 'vote') {
      const versions = [request.isPreVote ? preVotesSince : 0, vote.versions[1]] as const
      return decodeVoteReply(await peer.send(vote, encodeVote(request, names), { timeoutMs, versions }), names)
    }
    if (kind === 'begin-epoch') {
      const message = encodeBeginEpoch(request, names)
      return decodeBeginEpochReply(await peer.send(beginQuorumEpoch, message, { timeoutMs }), names)
    }
    if (kind === 'end-epoch') {
      const message = encodeEndEpoch(request, names)
      return decodeEndEpochReply(await peer.send(endQuorumEpoch, message, { timeoutMs }), names)
    }
    if (kind === 'fetch-snapshot') {
      const message = encodeFetchSnapshot(request, names)
      return decodeFetchSnapshotReply(await peer.send(fetchSnapshot, message, { timeoutMs }), names)
    }
    if (kind !== 'fetch') return this.#askAboutVoters(peer, request)
    const versions = [fetchSince, fetch.versions[1]] as const
    return decodeFetchReply(await peer.send(fetch, encodeFetch(request, names), { timeoutMs, versions }), names)
  }

  async #askAboutVoters(peer: Peer, request: VoterRequest): Promise<QuorumReply> {
    const { names, software, requestTimeoutMs: timeoutMs } = this.#options
    const { kind } = request
    switch (kind) {
      case 'add-voter': {
        // Whoever does not know version 1 would answer when the new voter, which waits, has fetched.
        const versions = [request.ackWhenCommitted ? 0 : 1, addRaftVoter.versions[1]] as const
        const message = encodeAddVoter(request, names, timeoutMs)
        return decodeVoterChangeReply(kind, await peer.send(addRaftVoter, message, { timeoutMs, versions }))
      }
      case 'remove-voter': {
        const message = encodeRemoveVoter(request, names)
        return decodeVoterChangeReply(kind, await peer.send(removeRaftVoter, message, { timeoutMs }))
      }
      case 'update-voter': {
        const message = encodeUpdateVoter(request, names)
        return decodeUpdateVoterReply(await peer.send(updateRaftVoter, message, { timeoutMs }), names)
      }
      case 'api-versions': {
        const { name: clientSoftwareName, version: clientSoftwareVersion } = software
        const message = apiVersions.request.create({ clientSoftwareName, clientSoftwareVersion })
        return decodeVersionsReply(await peer.send(apiVersions, message, { timeoutMs }))
      }
    }
  }

  #failed(line: Line, request: Request, error: unknown): Outcome {
    if (isUnsupported(error)) {
      if (request.kind !== 'vote' || !request.isPreVote) this.#tell(line, request, error)
      return { kind: 'unsupported' }
    }
    if (!(error instanceof PeerError || error instanceof ApiError || error instanceof MalformedError)) throw error
    this.#tell(line, request, error)
    return { kind: 'failed' }
  }

  /** Once for each trouble: the quorum asks again many times a second. */
  #tell(line: Line, { kind }: Request, error: Error): void {
    const isForeign = error instanceof ApiError && error.code === ErrorCode.INCONSISTENT_CLUSTER_ID
    const own = `the cluster.id in meta.properties of this node is ${this.#options.names.clusterId}, that node's is another`
    const message = isForeign ? `${error.message}: ${own}` : error.message
    if (line.trouble === message) return
    line.trouble = message
    const { host, port } = line.endpoint
    this.#options.logger.log('warn', 'another node of the quorum does not answer as it should', {
      node: `${host}:${port}`,
      request: kind,
      reason: message,
    })
  }

  close(): void {
    for (const { peer } of [...this.#lines.values(), ...this.#once]) peer.close()
    this.#lines.clear()
  }
}

const isUnsupported = (error: unknown): error is Error =>
  (error instanceof PeerError && error.failure === 'unsupported version') ||
  (error instanceof ApiError && error.code === ErrorCode.UNSUPPORTED_VERSION)
