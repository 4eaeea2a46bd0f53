/**
 * HTTPS: what the port shows of itself and asks of others, all of it exchanged while it serves. To the leader the same certificate says
 * who this instance is. Node's `https` comes in from outside.
 */
import type { ClientRequest, IncomingMessage, RequestOptions, Server, ServerResponse } from 'node:http'
import { type SendRequest, sendOverHttp } from '../leader/exchange.ts'

export interface RegistryTls {
  /** In PEM, with the chain that leads to the authority. */
  readonly cert: string
  /** In PEM. */
  readonly key: string
  /** Of the key. */
  readonly passphrase?: string
  /** Authorities in PEM that have signed the certificates of clients, and of the other instances: default those of the system. */
  readonly ca?: string
  /**
   * Whether clients show a certificate. `requested`: who has none is let in too, who has one that `ca` has not signed is not. Default
   * `none`.
   */
  readonly clientAuth?: 'none' | 'requested' | 'required'
}

interface SecureContext {
  readonly cert: string
  readonly key: string
  readonly passphrase?: string
  readonly ca?: string
}

interface ServerOptions extends SecureContext {
  readonly minVersion: 'TLSv1.2'
  readonly requestCert: boolean
  readonly rejectUnauthorized: boolean
  readonly handshakeTimeout: number
  readonly keepAliveTimeout: number
  readonly requestTimeout: number
}

/** Of `net.Socket`, and `tls.TLSSocket`. */
type Socket = IncomingMessage['socket']

type Listener = (request: IncomingMessage, response: ServerResponse) => void

interface HandshakeError extends Error {
  readonly code?: string
  /** OpenSSL's words for it, where it is OpenSSL that says so. */
  readonly reason?: string
}

interface HttpsServer extends Server {
  setSecureContext(context: SecureContext & { readonly minVersion: 'TLSv1.2' }): void
}

/** What of `node:https` is needed. */
export interface Https {
  createServer(options: ServerOptions, listener: Listener): HttpsServer
  request(url: URL, options: RequestOptions & Partial<SecureContext>): ClientRequest
}

export interface SecureServerOptions {
  readonly https: Https
  readonly requestMsMax: number
  /** Somebody was not let in. */
  readonly onRefused: (reason: string, from: string | undefined) => void
}

const minVersion = 'TLSv1.2'
const handshakeMsMax = 30_000
/** Of a connection without a request: more than the minute that many balancers keep one for. */
const idleMsMax = 72_000

export class SecureServer {
  readonly #options: SecureServerOptions
  readonly #clientAuth: 'none' | 'requested' | 'required'
  #server: HttpsServer | undefined
  #context: SecureContext

  /** Throws TypeError for what is no certificate with its key. */
  constructor(tls: RegistryTls, options: SecureServerOptions) {
    this.#options = options
    this.#clientAuth = clientAuthOf(tls)
    this.#context = contextOf(tls)
    // It listens nowhere: what is wrong shows now.
    this.#created(() => undefined)
  }

  create(listener: Listener): Server {
    const { onRefused } = this.#options
    // Where a client may have no certificate Node lets in every one. What a stranger has sent with it may be a request already.
    const strangers = new WeakSet<Socket>()
    const server = this.#created((request, response) => {
      if (strangers.has(request.socket)) request.socket.destroy()
      else listener(request, response)
    })
    server.prependListener('secureConnection', (socket: Socket) => {
      if (this.#clientAuth !== 'requested' || !isStranger(socket)) return
      strangers.add(socket)
      onRefused("the client's certificate is of a stranger", socket.remoteAddress)
      socket.destroy()
    })
    server.on('tlsClientError', (error: HandshakeError, { remoteAddress }: Socket) => {
      // Who only looks whether the port is open goes like that.
      if (error.code !== 'ECONNRESET') onRefused(reasonOf(error), remoteAddress)
    })
    closeWithHandshakes(server)
    this.#server = server
    return server
  }

  /** For connections that begin from now on. Throws TypeError, and goes on with what there was. */
  reload(tls: RegistryTls): void {
    const { clientAuth = this.#clientAuth } = tls
    if (clientAuth !== this.#clientAuth)
      throw new TypeError(`tls.clientAuth stays '${this.#clientAuth}' while the registry runs`)
    clientAuthOf({ ...tls, clientAuth })
    const before = this.#context
    this.#context = contextOf(tls)
    try {
      this.#created(() => undefined)
    } catch (error) {
      this.#context = before
      throw error
    }
    this.#server?.setSecureContext({ ...this.#context, minVersion })
  }

  readonly send: SendRequest = (url, options) => sendSecurely(this.#options.https, this.#context)(url, options)

  #created(listener: Listener): HttpsServer {
    const { https, requestMsMax } = this.#options
    const timeouts = { handshakeTimeout: handshakeMsMax, keepAliveTimeout: idleMsMax, requestTimeout: requestMsMax }
    const asks = { requestCert: this.#clientAuth !== 'none', rejectUnauthorized: this.#clientAuth === 'required' }
    try {
      return https.createServer({ ...this.#context, ...timeouts, ...asks, minVersion }, listener)
    } catch (error) {
      throw new TypeError(`tls: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}

/** A connection that does not get on with its handshake is none of HTTP yet: Node would wait for it until that has timed out. */
function closeWithHandshakes(server: HttpsServer): void {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const closeThoseOfHttp = server.closeAllConnections.bind(server)
  server.closeAllConnections = () => {
    closeThoseOfHttp()
    for (const socket of sockets) socket.destroy()
  }
}

/** It has shown a certificate, and nobody whom we believe has signed it. */
function isStranger(socket: object): boolean {
  if (!('authorized' in socket && 'getPeerCertificate' in socket) || socket.authorized === true) return false
  const certificate: unknown = typeof socket.getPeerCertificate === 'function' ? socket.getPeerCertificate() : undefined
  return typeof certificate === 'object' && certificate !== null && Object.keys(certificate).length > 0
}

const reasonOf = ({ reason, message }: HandshakeError): string =>
  reason === 'http request' ? 'a request without TLS' : (reason ?? message)

/** With a certificate of its own where there is one. */
export const sendSecurely =
  (https: Https, context: Partial<SecureContext> = {}): SendRequest =>
  (url, options) =>
    url.protocol === 'https:' ? https.request(url, { ...options, ...context }) : sendOverHttp(url, options)

function contextOf({ cert, key, passphrase, ca }: RegistryTls): SecureContext {
  for (const [name, given] of Object.entries({ cert, key, ...(ca !== undefined && { ca }) })) {
    // A server of Node starts without them, and fails with everybody.
    if (typeof given !== 'string' || !given.includes('-----BEGIN '))
      throw new TypeError(`tls.${name} is no text in PEM`)
  }
  return { cert, key, ...(passphrase !== undefined && { passphrase }), ...(ca !== undefined && { ca }) }
}

/** Throws TypeError. */
function clientAuthOf({ clientAuth = 'none', ca }: RegistryTls): 'none' | 'requested' | 'required' {
  if (!['none', 'requested', 'required'].includes(clientAuth))
    throw new TypeError(`tls.clientAuth is none, requested or required, not '${clientAuth}'`)
  if (clientAuth === 'none' || ca !== undefined) return clientAuth
  throw new TypeError(
    "tls.clientAuth needs tls.ca: whoever has a certificate of one of the system's authorities would be let in",
  )
}
