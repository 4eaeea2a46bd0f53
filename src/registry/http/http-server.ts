/** The REST interface of the registry over HTTP. */
import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import type { Logger } from '../../base/index.ts'
import type { Registry } from '../registry.ts'
import { RegistryError, RegistryErrorCode } from '../registry-error.ts'
import { withoutContext } from './context-path.ts'
import { idRoutes, schemaRoutes } from './schema-routes.ts'
import { settingRoutes } from './setting-routes.ts'
import { subjectRoutes, versionRoutes } from './subject-routes.ts'

export interface HttpServerOptions {
  readonly registry: Registry
  readonly logger: Logger
  readonly clusterId: string
  readonly version: string
}

/** Bytes of a request: room for the largest schema, each of whose characters may be escaped. */
const bodyBytesMax = 8 * 1024 * 1024
/** Of a name in a path. */
const paramLengthMax = 4096
const contentType = 'application/vnd.schemaregistry.v1+json'

/** Listens nowhere yet. */
export function httpServer({ registry, logger, clusterId, version }: HttpServerOptions): FastifyInstance {
  const server = fastify({
    bodyLimit: bodyBytesMax,
    routerOptions: { maxParamLength: paramLengthMax, ignoreTrailingSlash: true },
    rewriteUrl: ({ url = '/' }) => withoutContext(url),
    forceCloseConnections: true,
    return503OnClosing: false,
  })
  // Clients send what they like: `application/json`, Confluent's own types, or none. It is JSON all the same.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : JSON.parse(String(body)))
    } catch (error) {
      done(
        new RegistryError('invalidRequest', `The request is no JSON: ${error instanceof Error ? error.message : ''}`),
      )
    }
  })
  server.setErrorHandler<FastifyError | RegistryError>((error, _request, reply) => {
    const { status, errorCode, message } = refusal(error)
    if (status >= 500) logger.log('error', 'a request has failed', { reason: error.stack ?? message })
    return reply.code(status).send({ error_code: errorCode, message })
  })
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error_code: 404, message: 'HTTP 404 Not Found' }),
  )
  server.addHook('onSend', (_request, reply, payload, done) => {
    reply.header('content-type', contentType)
    done(null, payload)
  })
  server.get('/', () => ({}))
  server.get('/v1/metadata/id', () => ({
    id: '',
    scope: { path: [], clusters: { 'kafka-cluster': clusterId, 'schema-registry-cluster': 'schema-registry' } },
  }))
  server.get('/v1/metadata/version', () => ({ version, commitId: '' }))
  subjectRoutes(server, registry)
  versionRoutes(server, registry)
  schemaRoutes(server, registry)
  idRoutes(server, registry)
  settingRoutes(server, registry)
  return server
}

function refusal(error: FastifyError | RegistryError): { status: number; errorCode: number; message: string } {
  if (error instanceof RegistryError)
    return { status: error.status, errorCode: error.errorCode, message: error.message }
  const { statusCode = 500 } = error
  if (statusCode >= 500) return { status: 500, errorCode: RegistryErrorCode.internal, message: 'Internal Server Error' }
  return { status: statusCode, errorCode: statusCode, message: error.message }
}
