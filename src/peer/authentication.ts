/** SASL on a connection that we made (KIP-43, KIP-152): the mechanism is named, then its messages go back and forth in requests. */
import { ErrorCode, errorName, saslAuthenticate, saslHandshake } from '../protocol/index.ts'
import { type SaslClient, SaslError } from '../security/index.ts'
import type { PreparedSession } from './connection-options.ts'
import { AuthenticationError, PeerError, UnsupportedVersionError } from './peer-error.ts'
import type { Sender } from './sender.ts'

export interface AuthenticationOptions {
  readonly mechanism: string
  readonly client: SaslClient
  /** For each answer. */
  readonly timeoutMs: number
}

/** With version 0 the messages would go without headers. */
const handshakeVersions = [1, 1] as const
/** Whoever needs more of them does not come to an end. */
const messagesMax = 100

/** Rejects with AuthenticationError, or with PeerError where the connection is lost meanwhile. */
export async function authenticate(connection: Sender, options: AuthenticationOptions): Promise<PreparedSession> {
  try {
    return await converse(connection, options)
  } catch (cause) {
    if (!(cause instanceof UnsupportedVersionError)) throw cause
    throw new AuthenticationError(cause.message, { errorCode: ErrorCode.ILLEGAL_SASL_STATE, cause })
  }
}

async function converse(
  connection: Sender,
  { mechanism, client, timeoutMs }: AuthenticationOptions,
): Promise<PreparedSession> {
  const request = saslHandshake.request.create({ mechanism })
  const { errorCode, mechanisms } = await connection.send(saslHandshake, request, {
    timeoutMs,
    versions: handshakeVersions,
  })
  if (errorCode === ErrorCode.UNSUPPORTED_SASL_MECHANISM) {
    throw new AuthenticationError(`${mechanism} is not served there, but ${mechanisms.join(', ')}`, { errorCode })
  }
  if (errorCode !== ErrorCode.NONE) throw refused(errorCode, `${mechanism} is not expected there`)
  let lifetimeMs = 0
  let messages = 0
  const exchange = async (message: Uint8Array): Promise<Uint8Array> => {
    if (messages++ === messagesMax) throw new SaslError(`${mechanism} does not come to an end`)
    const token = saslAuthenticate.request.create({ authBytes: message })
    const reply = await connection.send(saslAuthenticate, token, { timeoutMs })
    if (reply.errorCode !== ErrorCode.NONE) throw refused(reply.errorCode, reply.errorMessage)
    lifetimeMs = reply.sessionLifetimeMs
    return reply.authBytes
  }
  try {
    await client(exchange)
  } catch (cause) {
    if (cause instanceof PeerError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AuthenticationError(reason, { errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, cause })
  }
  return { lifetimeMs: lifetimeMs > 0 ? lifetimeMs : undefined }
}

const refused = (errorCode: number, reason: string | null): AuthenticationError =>
  new AuthenticationError(reason === null || reason === '' ? errorName(errorCode) : reason, { errorCode })
