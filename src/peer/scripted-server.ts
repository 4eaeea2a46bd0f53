/** For tests: a server in a simulated world that answers as a script says, rightly or not. */
import {
  type Connection,
  type ConnectionHandler,
  type Env,
  FrameBuffer,
  Reader,
  receiveBuffers,
  Writer,
  writeFrame,
} from '../base/index.ts'
import {
  type Api,
  type ApiVersionsResponse,
  apiVersions,
  ErrorCode,
  type Fields,
  type Infer,
  requestHeaderVersion,
  responseHeaderVersion,
  saslAuthenticate,
  skipTaggedFields,
} from '../protocol/index.ts'

export interface ScriptedRequest {
  readonly key: number
  readonly version: number
  readonly correlationId: number
  readonly clientId: string
  /** Behind the header, in a frame of its own. */
  readonly reader: Reader
  /** By the order of connecting. */
  readonly connection: number
}

export type Script = (request: ScriptedRequest, socket: Connection) => void

/** Serves so many versions of so few APIs; echoes the bytes of SaslAuthenticate. */
const served = [
  [apiVersions.key, 0, 4],
  [saslAuthenticate.key, 0, 2],
] as const

export function replyFrame<Q extends Fields, S extends Fields>(
  api: Api<Q, S>,
  { version, correlationId }: Pick<ScriptedRequest, 'version' | 'correlationId'>,
  response: Infer<S>,
): Buffer {
  const writer = new Writer()
  const parts = writeFrame(writer, () => {
    writer.i32(correlationId)
    if (responseHeaderVersion(api.key, version) >= 1) writer.uvarint(0)
    api.response.encode(writer, version, response)
  })
  return Buffer.concat(parts.flatMap((part) => (part instanceof Uint8Array ? [part] : [])))
}

export const tellVersions = (
  ranges: readonly (readonly [key: number, min: number, max: number])[] = served,
  errorCode: number = ErrorCode.NONE,
): ApiVersionsResponse =>
  apiVersions.response.create({
    errorCode,
    apiKeys: ranges.map(([apiKey, minVersion, maxVersion]) => ({ apiKey, minVersion, maxVersion })),
  })

/** What a good server does. */
export const answer: Script = (request, socket) => {
  if (request.key === apiVersions.key) socket.write([replyFrame(apiVersions, request, tellVersions())])
  else socket.write([echoOf(request)])
}

export function echoOf(request: ScriptedRequest): Buffer {
  const { authBytes } = saslAuthenticate.request.decode(request.reader, request.version)
  return replyFrame(saslAuthenticate, request, saslAuthenticate.response.create({ authBytes }))
}

function requestOf(bytes: Buffer, connection: number): ScriptedRequest {
  const reader = new Reader(bytes)
  const [key, version, correlationId] = [reader.i16(), reader.i16(), reader.i32()]
  const clientId = reader.string(reader.i16())
  if (requestHeaderVersion(key, version) >= 2) skipTaggedFields(reader)
  return { key, version, correlationId, clientId, reader, connection }
}

export interface Served {
  /** What it has been asked so far. */
  readonly requests: readonly ScriptedRequest[]
  /** Connections that are open. */
  readonly open: () => number
}

export async function serve(
  env: Env,
  { host, port, script }: { readonly host: string; readonly port: number; readonly script: Script },
): Promise<Served> {
  const requests: ScriptedRequest[] = []
  let connections = 0
  let open = 0
  const accept = (socket: Connection): ConnectionHandler => {
    const number = connections++
    open++
    const frames = new FrameBuffer(receiveBuffers({ readBytes: 4096, poison: true }))
    return {
      receiveBuffer: () => frames.receiveBuffer(),
      received: (size) =>
        frames.received(size, 2 ** 20, (bytes, start, end) => {
          const request = requestOf(Buffer.from(bytes.subarray(start, end)), number)
          requests.push(request)
          script(request, socket)
          return true
        }),
      drained: () => undefined,
      closed: () => {
        open--
      },
    }
  }
  await env.network.listen({ host, port, accept })
  return { requests, open: () => open }
}
