/** Outgoing connections by TLS. Node's TLS is loaded when the first one is made: a process without any does not pay for it. */
import type * as net from 'node:net'
import type * as tls from 'node:tls'
import { TlsError, type TlsOptions } from '../base/index.ts'

/** What is made of certificates and keys costs more than a connection: once for all with the same options. */
const contexts = new WeakMap<TlsOptions, tls.SecureContext>()

/** Emits 'secureConnect' when the server has shown who it is. Throws TlsError for options that cannot be used. */
export function connectTls(to: net.TcpNetConnectOpts, options: TlsOptions): net.Socket {
  const { connect } = process.getBuiltinModule('node:tls')
  const { servername = to.host ?? '', rejectUnauthorized = true, endpointIdentificationAlgorithm = 'https' } = options
  // An address is no name that a server could be asked for; its certificate is to have it all the same.
  const isName = process.getBuiltinModule('node:net').isIP(servername) === 0
  const { checkServerIdentity } = process.getBuiltinModule('node:tls')
  const given: net.TcpNetConnectOpts & tls.ConnectionOptions = {
    ...to,
    secureContext: contextOf(options),
    servername: isName ? servername : '',
    rejectUnauthorized,
    checkServerIdentity: (_, certificate) =>
      endpointIdentificationAlgorithm === 'https' ? checkServerIdentity(servername, certificate) : undefined,
  }
  return connect(given)
}

function contextOf(options: TlsOptions): tls.SecureContext {
  const known = contexts.get(options)
  if (known !== undefined) return known
  const { ca, cert, key, pfx, passphrase, crl, ciphers, minVersion, maxVersion } = options
  const given = { ca, cert, key, pfx, passphrase, crl, ciphers, minVersion, maxVersion }
  const defined = Object.entries(given).filter(([, value]) => value !== undefined)
  try {
    const context = process.getBuiltinModule('node:tls').createSecureContext(Object.fromEntries(defined))
    contexts.set(options, context)
    return context
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TlsError(`certificates or keys cannot be used: ${reason}`, { cause })
  }
}

/** What OpenSSL says of a certificate, as Node passes it on in `code`. */
const certificateCodes: ReadonlySet<string> = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CRL_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
  'CRL_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** Undefined: the network is at fault. */
export function tlsErrorOf(error: Error & { readonly code?: string }): TlsError | undefined {
  if (error instanceof TlsError) return error
  const { code = '', message } = error
  // EPROTO: OpenSSL has found it out while something was written.
  if (!/^(ERR_(TLS|SSL)_.*|EPROTO)$/.test(code) && !certificateCodes.has(code)) return undefined
  // OpenSSL tells where in its sources, and what, by parts between colons.
  const told = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(message)?.[1]
  return new TlsError(told === undefined ? message.trim() : `TLS: ${told}`, { cause: error })
}
