/**
 * From a frame to a handler and back: header, version, body, answer. Lies on the path of every request, between
 * `connection` and `handlers/`. Knows no socket and no order of replies.
 */
import { ApiError, type Logger, type Reader, type Writer } from '../base/index.ts'
import { isNotController } from '../metadata/index.ts'
import {
  type Answer,
  type BodyWriter,
  type BoundHandler,
  type Elsewhere,
  type Handler,
  LateAnswer,
  type RequestContext,
  Signal,
} from './handler.ts'
import { RequestTally } from './request-tally.ts'

/** Ties a handler's types together, so that the router can hold handlers of all APIs in one table. */
export function bind<Request, Response>(handler: Handler<Request, Response>): BoundHandler {
  const { api } = handler
  const encode = (answer: Answer<Response>, version: number): Answer<BodyWriter> =>
    answer instanceof Signal ? answer : (writer: Writer) => api.response.encode(writer, version, answer)
  const failed = (request: Request, error: unknown, context: RequestContext): Answer<BodyWriter> => {
    if (!(error instanceof ApiError) || handler.fail === undefined) throw error
    return encode(handler.fail(request, error, context), context.apiVersion)
  }
  return {
    key: api.key,
    name: api.name,
    versions: api.versions,
    run(reader: Reader, context: RequestContext, elsewhere?: Elsewhere) {
      const request = api.request.decode(reader, context.apiVersion)
      const otherwise = (error: unknown): ReturnType<Elsewhere> =>
        elsewhere !== undefined && isNotController(error) ? elsewhere() : failed(request, error, context)
      try {
        const answer = handler.handle(request, context)
        if (answer instanceof LateAnswer) {
          const written = new LateAnswer<BodyWriter>()
          answer.whenSettled((settled) => written.settle(encode(settled, context.apiVersion)))
          return written
        }
        if (!(answer instanceof Promise)) return encode(answer, context.apiVersion)
        return answer.then((settled) => encode(settled, context.apiVersion), otherwise)
      } catch (error) {
        return otherwise(error)
      }
    },
  }
}

/** A handler, and what is counted of its requests. */
export interface Route {
  readonly handler: BoundHandler
  readonly tally: RequestTally
}

/** Every API that a listener serves; ApiVersions lists just these. */
export class Router {
  readonly #routes = new Map<number, Route>()
  readonly logger: Logger

  constructor(handlers: readonly BoundHandler[], logger: Logger) {
    for (const handler of handlers) this.#routes.set(handler.key, { handler, tally: new RequestTally(handler) })
    this.logger = logger
  }

  find(apiKey: number): Route | undefined {
    return this.#routes.get(apiKey)
  }

  tallies(): readonly RequestTally[] {
    return [...this.#routes.values()].map(({ tally }) => tally)
  }

  served(): readonly BoundHandler[] {
    return [...this.#routes.values()].map(({ handler }) => handler)
  }
}
