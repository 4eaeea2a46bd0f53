/**
 * Requests that are the active controller's to answer, passed on by a broker (KIP-590): the bytes as the client sent them go
 * there, the bytes of the reply come back. The broker reads them only to refuse what cannot be read and to know how an error
 * is told.
 */
import { ApiError, Reader } from '../base/index.ts'
import { notController } from '../metadata/index.ts'
import {
  type Answer,
  type BodyWriter,
  type BoundHandler,
  type Handler,
  type RequestContext,
  Signal,
} from './handler.ts'
import { bind } from './router.ts'

/** Who asks, and how: what the header of the request in the Envelope says, and where it came from. */
export interface ForwardedRequest
  extends Pick<RequestContext, 'apiKey' | 'apiVersion' | 'correlationId' | 'clientId' | 'clientHost' | 'principal'> {
  /** Behind the header. */
  readonly body: Uint8Array
}

export interface Forwarder {
  /**
   * Resolves with the body of the reply, in the version of the request; with `closeConnection` where the controller does not
   * serve that version: the client is to ask anew for what is served. Rejects with ApiError: 7 where no controller answered
   * in time, -1 where it could not make anything of the Envelope.
   */
  forward(request: ForwardedRequest): Promise<Answer<Uint8Array>>
}

/**
 * For how long the controller says that the client is to wait. The controller does not see the client's connection: holding
 * it is the broker's part. The field comes first, but in replies about delegation tokens, which hold nobody up.
 */
const throttleTimeIn = (fields: object, reply: Uint8Array): number =>
  Object.keys(fields)[0] === 'throttleTimeMs' && reply.length >= 4 ? new Reader(reply).i32() : 0

/**
 * A handler of the controller as a broker serves it. `forwarder` is undefined while the active controller is in this
 * process: then the handler answers here; where it finds that this has changed, the request goes on to the new one.
 */
export function bindForwarded<Request, Response>(
  handler: Handler<Request, Response>,
  forwarder: () => Forwarder | undefined,
): BoundHandler {
  const bound = bind(handler)
  const passOn = async (body: Buffer, context: RequestContext): Promise<Answer<BodyWriter>> => {
    const { apiKey, apiVersion, correlationId, clientId, clientHost, principal } = context
    const request = handler.api.request.decode(new Reader(body), apiVersion)
    try {
      const to = forwarder()
      if (to === undefined) throw notController()
      const reply = await to.forward({ apiKey, apiVersion, correlationId, clientId, clientHost, principal, body })
      if (reply instanceof Signal) return reply
      context.throttle(throttleTimeIn(handler.api.response.fields, reply))
      return (writer) => writer.reference(reply)
    } catch (error) {
      if (!(error instanceof ApiError) || handler.fail === undefined) throw error
      const response = handler.fail(request, error, context)
      return (writer) => handler.api.response.encode(writer, apiVersion, response)
    }
  }
  return {
    ...bound,
    run(reader, context) {
      const body = Buffer.from(reader.bytes.subarray(reader.position, reader.end))
      const elsewhere = (): Promise<Answer<BodyWriter>> => passOn(body, context)
      return forwarder() === undefined ? bound.run(reader, context, elsewhere) : elsewhere()
    },
  }
}
