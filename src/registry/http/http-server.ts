/** The REST interface of the registry over HTTP, or HTTPS. */
import type { Server } from 'node:http'
import fastify, { type FastifyError, type FastifyInstance, type FastifyServerFactory } from 'fastify'
import type { Logger } from '../../base/index.ts'
import type { Registry } from '../registry.ts'
import { RegistryError, RegistryErrorCode } from '../registry-error.ts'
import { type AuthenticationOptions, authenticate } from './authentication.ts'
import { withoutContext } from './context-path.ts'
import { type ForwardedWritesOptions, forwardWrites } from './forwarded-writes.ts'
import { openApiDocument, openApiPath } from './openapi/document.ts'
import { BodyRefusedError, RequestBodies } from './request-bodies.ts'
import { idRoutes, schemaRoutes } from './schema-routes.ts'
import type { SecureServer } from './secure-server.ts'
import { ServedPaths } from './served-paths.ts'
import { settingRoutes } from './setting-routes.ts'
import { subjectRoutes, versionRoutes } from './subject-routes.ts'

export interface HttpServerOptions {
  readonly registry: Registry
  readonly logger: Logger
  readonly clusterId: string
  readonly version: string
  /** What instances of one registry have in common. Default `schema-registry`. */
  readonly groupId?: string
  /** Where there are others. Undefined: all is decided here. */
  readonly forwarding?: Omit<ForwardedWritesOptions, 'registry' | 'logger' | 'bodyOf'>
  /** Undefined: HTTP without TLS. */
  readonly secure?: SecureServer | undefined
  /** Undefined: whoever reaches the port may do everything. */
  readonly authentication?: AuthenticationOptions | undefined
  /** Of all requests that are being received or answered. Default 64 MB: what comes beyond it gets 503. */
  readonly bodiesBytesMax?: number
  /** Default 1000; others are closed as they come. */
  readonly connectionsMax?: number
}

const allBodiesBytesMax = 64 * 1024 * 1024
const openConnectionsMax = 1000
/** Of a name in a path. */
const paramLengthMax = 4096
/** For a request to come in whole. */
export const requestMsMax = 60_000
const messageLengthMax = 200
const contentType = 'application/vnd.schemaregistry.v1+json'

/** Listens nowhere yet. */
export function httpServer(options: HttpServerOptions): FastifyInstance {
  const { registry, logger, clusterId, version, groupId = 'schema-registry', forwarding } = options
  const { secure, authentication, bodiesBytesMax = allBodiesBytesMax, connectionsMax = openConnectionsMax } = options
  const server = fastify({
    ...(secure && { serverFactory: factoryOf(secure) }),
    routerOptions: { maxParamLength: paramLengthMax, ignoreTrailingSlash: true },
    rewriteUrl: ({ url = '/' }) => withoutContext(url),
    forceCloseConnections: true,
    requestTimeout: requestMsMax,
    frameworkErrors: (error, _request, reply) => {
      const { statusCode = 400, message } = error
      const body = JSON.stringify({ error_code: statusCode, message: message.slice(0, messageLengthMax) })
      reply.hijack()
      reply.raw
        .writeHead(statusCode, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) })
        .end(body)
    },
    return503OnClosing: false,
  })
  server.server.maxConnections = connectionsMax
  const bodies = new RequestBodies(server, bodiesBytesMax)
  server.setErrorHandler<FastifyError | RegistryError | BodyRefusedError>((error, _request, reply) => {
    if (error instanceof BodyRefusedError) {
      const { statusCode: status, message } = error
      if (status === 503) reply.header('retry-after', '1')
      return reply.code(status).header('connection', 'close').send({ error_code: status, message })
    }
    const { status, errorCode, message } = refusal(error)
    if (status >= 500) {
      // What has a code of its own is known to happen: that there is no leader, or that the cluster does not answer.
      const isKnown = error instanceof RegistryError
      const reason = isKnown ? message : (error.stack ?? message)
      // Who goes before all is sent has no use for an answer.
      const isGone = 'code' in error && error.code === 'ECONNRESET'
      logger.log(isGone ? 'debug' : isKnown ? 'warn' : 'error', 'a request has failed', { reason })
    }
    return reply.code(status).send({ error_code: errorCode, message })
  })
  const served = new ServedPaths()
  server.addHook('onRoute', ({ url, method }) => served.add(url, method))
  server.setNotFoundHandler(({ url }, reply) => {
    const [path = ''] = url.split('?', 1)
    const methods = served.methodsOf(path)
    if (methods.length === 0) return reply.code(404).send({ error_code: 404, message: 'HTTP 404 Not Found' })
    const message = 'HTTP 405 Method Not Allowed'
    return reply.code(405).header('allow', methods.join(', ')).send({ error_code: 405, message })
  })
  server.addHook('onSend', (request, reply, payload, done) => {
    if (request.routeOptions.url !== openApiPath || reply.statusCode !== 200) reply.header('content-type', contentType)
    done(null, payload)
  })
  if (authentication !== undefined) authenticate(server, authentication)
  server.get('/', () => ({}))
  server.get('/v1/metadata/id', () => ({
    id: '',
    scope: { path: [], clusters: { 'kafka-cluster': clusterId, 'schema-registry-cluster': groupId } },
  }))
  server.get('/v1/metadata/version', () => ({ version, commitId: '' }))
  const openApi = openApiDocument({ version, needsLogin: authentication !== undefined, mediaType: contentType })
  server.get(openApiPath, () => openApi)
  if (forwarding !== undefined) {
    forwardWrites(server, { ...forwarding, registry, logger, bodyOf: (request) => bodies.textOf(request) })
  }
  subjectRoutes(server, registry)
  versionRoutes(server, registry)
  schemaRoutes(server, registry)
  idRoutes(server, registry)
  settingRoutes(server, registry)
  return server
}

const factoryOf =
  (secure: SecureServer): FastifyServerFactory<Server> =>
  (listener) =>
    secure.create(listener)

function refusal(error: FastifyError | RegistryError): { status: number; errorCode: number; message: string } {
  if (error instanceof RegistryError)
    return { status: error.status, errorCode: error.errorCode, message: error.message }
  const { statusCode = 500 } = error
  if (statusCode >= 500) return { status: 500, errorCode: RegistryErrorCode.internal, message: 'Internal Server Error' }
  return { status: statusCode, errorCode: statusCode, message: error.message }
}
