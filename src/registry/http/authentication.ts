/** Basic authentication (RFC 7617), for every path: who asks without it, or with a wrong one, learns nothing. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { LimitedLog } from './limited-log.ts'
import type { Login, User, Users } from './users.ts'

export interface AuthenticationOptions {
  readonly users: Users
  readonly refusals: LimitedLog
}

export const challenge = 'Basic realm="schema-registry"'
/** Of what somebody says that he is called, in the log. */
const nameLengthMax = 64
const looks: ReadonlySet<string> = new Set(['GET', 'HEAD'])
const postsThatLook: ReadonlySet<string> = new Set([
  '/subjects/:subject',
  '/compatibility/subjects/:subject/versions',
  '/compatibility/subjects/:subject/versions/:version',
])

/** Before the body is read. */
export function authenticate(server: FastifyInstance, { users, refusals }: AuthenticationOptions): void {
  server.addHook('onRequest', async (request, reply) => {
    const login = loginOf(request.headers.authorization)
    const outcome = login && (await users.check({ ...login, address: request.ip }))
    if (outcome?.kind === 'busy') {
      const message = 'Too many passwords are being checked, try again'
      return reply.code(503).header('retry-after', '1').send({ error_code: 503, message })
    }
    if (outcome?.kind !== 'user') {
      // Many ask first without, to see whether they must.
      if (login !== undefined) {
        const { reason } = outcome ?? {}
        refusals.warn('a login was refused', {
          user: login.name.slice(0, nameLengthMax),
          from: request.ip,
          reason: reason ?? '',
        })
      }
      return reply.code(401).header('www-authenticate', challenge).send({ error_code: 401, message: 'Unauthorized' })
    }
    if (may(outcome.user, request)) return
    const message = `Forbidden: the user '${outcome.user.name}' may only read`
    return reply.code(403).send({ error_code: 403, message })
  })
}

/** Undefined: there is none. */
function loginOf(header: string | undefined): Omit<Login, 'address'> | undefined {
  const [, encoded] = /^basic +([\w+/-]+={0,2}) *$/i.exec(header ?? '') ?? []
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const end = text.indexOf(':')
  return end < 0 ? undefined : { name: text.slice(0, end), password: text.slice(end + 1) }
}

/** What is not known to change nothing is for those who may change everything. */
function may({ role }: User, { method, is404, routeOptions }: FastifyRequest): boolean {
  if (role === 'admin' || is404 || looks.has(method)) return true
  return method === 'POST' && postsThatLook.has(routeOptions.url ?? '')
}
