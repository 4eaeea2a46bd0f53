/** Writes are the leader's: an instance that does not lead passes them on, and answers what the leader has answered. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Clock, Logger } from '../../base/index.ts'
import type { ForwardedReply, ForwardedRequest, SendRequest } from '../leader/exchange.ts'
import { forward, forwardHeader, NotTakenError, passedHeaders } from '../leader/forwarding.ts'
import type { Place } from '../leader/leadership.ts'
import type { Registry } from '../registry.ts'
import { RegistryError } from '../registry-error.ts'
import { challenge } from './authentication.ts'
import { registeredReply } from './replies.ts'
import { type Query, queryFlag, schemaRequest, subjectOf } from './request-fields.ts'

export interface ForwardedWritesOptions {
  readonly registry: Registry
  readonly clock: Clock
  readonly logger: Logger
  readonly place: (withinMs: number) => Promise<Place>
  /** For an election to end, and for a leader to be there that takes a write. */
  readonly electionTimeoutMs: number
  /** For the leader to answer. */
  readonly forwardTimeoutMs: number
  /** How the leader is reached. */
  readonly send: SendRequest
  /** Ends those that are under way. */
  readonly stopped?: AbortSignal
  /** As it came. */
  readonly bodyOf: (request: FastifyRequest) => string | undefined
}

const registerPath = '/subjects/:subject/versions'
/** Between two attempts, where the leader has not taken a write. */
const retryMs = 100

export function forwardWrites(server: FastifyInstance, options: ForwardedWritesOptions): void {
  const { registry, logger } = options
  server.addHook('preHandler', async (request, reply) => {
    if (!isWrite(request) || registry.leads) return
    const isForwarded = request.headers[forwardHeader] !== undefined
    const known = isRegistering(request) ? await registered(registry, request) : undefined
    if (known !== undefined) return reply.send(known)
    const told = await passedOn(requestOf(request, options), isForwarded, options)
    if (told === 'leads') return
    if (told.status < 300) {
      // It is done, whether it is known here or not.
      await registry.catchUp().catch((error: unknown) => {
        logger.log('warn', 'what the leader has written was not read here', { reason: String(error) })
      })
    }
    // The leader has other users than this instance: who asks is to know that it is about the login.
    if (told.status === 401) reply.header('www-authenticate', challenge)
    return reply.code(told.status).send(told.body)
  })
}

const isRegistering = ({ method, routeOptions }: FastifyRequest): boolean =>
  method === 'POST' && routeOptions.url === registerPath

const isWrite = (request: FastifyRequest): boolean =>
  !request.is404 && (request.method === 'PUT' || request.method === 'DELETE' || isRegistering(request))

/** What is there already is told by whoever knows it, also where nobody leads. */
async function registered(registry: Registry, { params, query, body }: FastifyRequest): Promise<object | undefined> {
  try {
    const subject = subjectOf(params as { readonly subject: string })
    const normalize = queryFlag(query as Query, 'normalize')
    const found = await registry.registered({ ...schemaRequest(body), subject, normalize })
    return found && registeredReply(found)
  } catch {
    // What is wrong with it the leader says.
    return undefined
  }
}

function requestOf(request: FastifyRequest, { bodyOf }: ForwardedWritesOptions): ForwardedRequest {
  const given = passedHeaders.flatMap((name) => {
    const value = request.headers[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  const { method, originalUrl: path } = request
  return { method, path, headers: Object.fromEntries(given), body: bodyOf(request) }
}

/** Where the leader has surely not begun with it, as it has gone or leads no more, the next one is waited for. */
async function passedOn(
  request: ForwardedRequest,
  isForwarded: boolean,
  { clock, place, electionTimeoutMs, forwardTimeoutMs, send, stopped }: ForwardedWritesOptions,
): Promise<ForwardedReply | 'leads'> {
  const endMs = clock.monotonic() + electionTimeoutMs
  for (;;) {
    const where = await place(Math.max(0, endMs - clock.monotonic()))
    if (where.kind === 'leads') return 'leads'
    if (where.kind === 'leaderless') throw new RegistryError('unknownLeader', `Leader not known: ${where.reason}`)
    if (where.kind === 'unknown') {
      throw new RegistryError('unknownLeader', `Leader not known: none was elected within ${electionTimeoutMs} ms`)
    }
    if (isForwarded) {
      const text = `Leader not known: the request was forwarded to this instance, which does not lead; ${where.url} does`
      throw new RegistryError('unknownLeader', text)
    }
    try {
      return await forward(where.url, request, { clock, timeoutMs: forwardTimeoutMs, send, stopped })
    } catch (error) {
      if (!(error instanceof NotTakenError) || clock.monotonic() + retryMs >= endMs) throw error
      await new Promise<void>((resolve) => clock.after(retryMs, resolve))
    }
  }
}
