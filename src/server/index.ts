/** The door of `server`. */
export {
  type Answer,
  type BoundHandler,
  closeConnection,
  type Handler,
  noReply,
  type RequestContext,
} from './handler.ts'
export { saslHandshakeHandler } from './handlers/17-sasl-handshake.ts'
export { type ApiVersionsServices, apiVersionsHandler, type Features } from './handlers/18-api-versions.ts'
export { bind, Router } from './router.ts'
export { type ListenerOptions, Server, type ServerLimits, type ServerOptions } from './server.ts'
