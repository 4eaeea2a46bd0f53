/** For tests: a peer and a scripted server that lets in by SASL, and tells about no cluster. */
import type { Connection } from '../../base/index.ts'
import {
  apiVersions,
  ErrorCode,
  metadata,
  type SaslAuthenticateResponse,
  saslAuthenticate,
  saslHandshake,
} from '../../protocol/index.ts'
import { World } from '../../sim/index.ts'
import { authenticate, type Peer, Peers, type PeersOptions } from '../index.ts'
import { replyFrame, type ScriptedRequest, serve, tellVersions } from '../scripted-server.ts'

export interface StageOptions {
  /** What the server says to a message; undefined: nothing. */
  readonly letIn?: (text: string) => Partial<SaslAuthenticateResponse> | undefined
  readonly knowsSasl?: boolean
  readonly mechanisms?: readonly string[]
  /** What Metadata is answered with, and after how long. */
  readonly throttleTimeMs?: () => number
  readonly answerAfterMs?: number
  readonly metadataMax?: number
  readonly authenticateMax?: number
  readonly peers?: Partial<PeersOptions>
}

export interface Stage {
  readonly world: World
  readonly peer: Peer
  readonly requests: readonly ScriptedRequest[]
  readonly open: () => number
  /** Asks for Metadata; resolves with how long that took in milliseconds. */
  readonly ask: (timeoutMs?: number) => Promise<number>
  /** The keys of the requests of a connection, in order. */
  readonly keys: (connection: number) => number[]
}

export async function sessionStage(options: StageOptions = {}): Promise<Stage> {
  const { letIn = () => ({}), mechanisms = ['PLAIN'], throttleTimeMs = () => 0, answerAfterMs = 0 } = options
  const world = new World({ seed: 1, turn: setImmediate })
  const sasl = options.knowsSasl === false ? [] : [saslHandshake, saslAuthenticate]
  const maxima = new Map([
    [metadata.key, options.metadataMax],
    [saslAuthenticate.key, options.authenticateMax],
  ])
  const ranges = [apiVersions, ...sasl, metadata].map(
    ({ key, versions: [min, max] }) => [key, min, maxima.get(key) ?? max] as const,
  )
  const script = (request: ScriptedRequest, socket: Connection): void => {
    const { key, reader, version } = request
    if (key === apiVersions.key) socket.write([replyFrame(apiVersions, request, tellVersions(ranges))])
    else if (key === saslHandshake.key) {
      const { mechanism } = saslHandshake.request.decode(reader, version)
      const errorCode = mechanisms.includes(mechanism) ? ErrorCode.NONE : ErrorCode.UNSUPPORTED_SASL_MECHANISM
      const response = saslHandshake.response.create({ errorCode, mechanisms: [...mechanisms] })
      socket.write([replyFrame(saslHandshake, request, response)])
    } else if (key === saslAuthenticate.key) {
      const { authBytes } = saslAuthenticate.request.decode(reader, version)
      const told = letIn(Buffer.from(authBytes).toString())
      if (told === undefined) return
      socket.write([replyFrame(saslAuthenticate, request, saslAuthenticate.response.create(told))])
    } else {
      const response = metadata.response.create({ throttleTimeMs: throttleTimeMs() })
      world.after(answerAfterMs, () => socket.write([replyFrame(metadata, request, response)]))
    }
  }
  const { requests, open } = await serve(world.env('b'), { host: 'b', port: 9092, script })
  const { network, clock, random } = world.env('a')
  const peers = new Peers({
    network,
    clock,
    random: random.stream('peers'),
    clientId: 'tester',
    software: { name: 'odradek', version: '0' },
    limits: { replyBytesMax: 100_000, inFlightMax: 5, queuedBytesMax: 64 * 1024, waitingMax: 100 },
    reconnect: { initialMs: 50, maxMs: 1000 },
    setupTimeout: { initialMs: 10_000, maxMs: 30_000 },
    poison: true,
    ...options.peers,
  })
  const client = async (exchange: (message: Uint8Array) => Promise<Uint8Array>): Promise<void> => {
    await exchange(Buffer.from('secret'))
  }
  const peer = peers.to({
    host: 'b',
    port: 9092,
    prepare: (connection) => authenticate(connection, { mechanism: 'PLAIN', client, timeoutMs: 1000 }),
  })
  const ask = async (timeoutMs = 60_000): Promise<number> => {
    const sinceMs = world.nowMs
    await peer.send(metadata, metadata.request.create(), { timeoutMs })
    return world.nowMs - sinceMs
  }
  const keys = (connection: number): number[] =>
    requests.filter((it) => it.connection === connection).map(({ key }) => key)
  return { world, peer, requests, open, ask, keys }
}
