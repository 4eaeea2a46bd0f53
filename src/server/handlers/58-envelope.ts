/**
 * Envelope (58), on controllers: a request that a broker has got and passes on, as its client sent it (KIP-590). It is
 * answered as if the client had come here; what is wrong with it as a request, or with the Envelope, is told in the
 * Envelope's own error code.
 *
 * Version 0.
 */
import { ApiError, addressText, assert, MalformedError, Reader, Writer } from '../../base/index.ts'
import { notController, type Principal } from '../../metadata/index.ts'
import {
  apisByKey,
  defaultPrincipalData,
  type EnvelopeRequest,
  type EnvelopeResponse,
  ErrorCode,
  envelope,
  type RequestHeader,
  requestHeader,
  requestHeaderVersion,
  responseHeader,
  responseHeaderVersion,
} from '../../protocol/index.ts'
import {
  type BodyWriter,
  type BoundHandler,
  type Handler,
  LateAnswer,
  type RequestContext,
  Signal,
} from '../handler.ts'
import type { Router } from '../router.ts'

export interface EnvelopeServices {
  /** Of the same listener. */
  readonly router: () => Router
  /** Whether the active controller is in this process. */
  readonly isActive: () => boolean
}

/** What `read` reads; an ApiError with `code` where the bytes are not what they should be. */
function orRefuse<T>(code: number, what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new ApiError(code, `${what}: ${error.message}`)
  }
}

function principalIn(bytes: Uint8Array | null): Principal {
  return orRefuse(ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE, 'the principal cannot be read', () => {
    const reader = new Reader(bytes ?? new Uint8Array(0))
    const version = reader.i16()
    const [min, max] = defaultPrincipalData.versions
    if (version < min || version > max) throw new MalformedError(`version ${version} is not known`)
    return defaultPrincipalData.decode(reader, version)
  })
}

/** The header version depends on what the header says first. */
function readHeader(bytes: Buffer, reader: Reader): RequestHeader {
  return orRefuse(ErrorCode.UNSUPPORTED_VERSION, 'the header of the request cannot be read', () => {
    const start = new Reader(bytes)
    const apiKey = start.i16()
    if (!apisByKey.has(apiKey)) throw new MalformedError(`api key ${apiKey} is not known`)
    return requestHeader.decode(reader, requestHeaderVersion(apiKey, start.i16()))
  })
}

function handlerOf({ requestApiKey, requestApiVersion }: RequestHeader, router: Router): BoundHandler {
  const api = apisByKey.get(requestApiKey)
  if (api?.forwardable !== true) {
    throw new ApiError(ErrorCode.INVALID_REQUEST, `API ${api?.name} is not eligible for forwarding`)
  }
  const handler = router.find(requestApiKey)?.handler
  if (handler === undefined || requestApiVersion < handler.versions[0] || requestApiVersion > handler.versions[1]) {
    throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, `${api.name} ${requestApiVersion} is not served`)
  }
  return handler
}

/** The client's place in the order of its connection is its broker's to keep; so is the connection, for a throttle time. */
const contextOf = (
  header: RequestHeader,
  client: Pick<RequestContext, 'clientHost' | 'principal'>,
  outer: RequestContext,
): RequestContext => ({
  ...client,
  apiKey: header.requestApiKey,
  apiVersion: header.requestApiVersion,
  correlationId: header.correlationId,
  clientId: header.clientId,
  listenerName: outer.listenerName,
  client: { name: '', version: '' },
  proceed: () => undefined,
  afterEarlier: () => undefined,
  throttle: () => undefined,
  onClose: (run) => outer.onClose(run),
})

function sealed({ apiKey, apiVersion, correlationId }: RequestContext, body: BodyWriter): EnvelopeResponse {
  const writer = new Writer()
  responseHeader.encode(writer, responseHeaderVersion(apiKey, apiVersion), { correlationId })
  body(writer)
  return { responseData: writer.finishAsOne(), errorCode: ErrorCode.NONE }
}

function openingHandler({ router, isActive }: EnvelopeServices) {
  const elsewhere = (): never => {
    throw notController()
  }
  return {
    api: envelope,
    async handle({ requestData, requestPrincipal, clientHostAddress }: EnvelopeRequest, outer: RequestContext) {
      const principal = principalIn(requestPrincipal)
      const clientHost = orRefuse(ErrorCode.INVALID_REQUEST, 'the address of the client cannot be read', () =>
        addressText(clientHostAddress),
      )
      // The views in it live as long as the answer is waited for.
      const bytes = Buffer.from(requestData)
      const reader = new Reader(bytes)
      const header = readHeader(bytes, reader)
      const handler = handlerOf(header, router())
      if (!isActive()) elsewhere()
      const context = contextOf(header, { clientHost, principal }, outer)
      const answer = orRefuse(ErrorCode.UNSUPPORTED_VERSION, `the ${handler.name} request cannot be read`, () =>
        handler.run(reader, context, elsewhere),
      )
      assert(!(answer instanceof LateAnswer), 'what the controller answers late, it answers by a promise')
      const settled = await answer
      return settled instanceof Signal ? settled : sealed(context, settled)
    },
    fail: (_request: EnvelopeRequest, { code }: ApiError) => envelope.response.create({ errorCode: code }),
  }
}

/**
 * A fault of ours has an answer here. For the broker its connection would be lost, as if the controller were: it would send the
 * same request again and again, and hold back all that other clients ask behind it.
 */
export function envelopeHandler(services: EnvelopeServices): Handler<EnvelopeRequest, EnvelopeResponse> {
  const opening = openingHandler(services)
  return {
    ...opening,
    async handle(request, context) {
      try {
        return await opening.handle(request, context)
      } catch (error) {
        if (error instanceof ApiError) throw error
        const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
        services.router().logger.log('error', 'a request that a broker passed on could not be answered', { reason })
        return opening.fail(request, new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, reason))
      }
    },
  }
}
