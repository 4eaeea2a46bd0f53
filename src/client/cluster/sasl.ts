/** Who the client is to the brokers: the words of its options, and what each connection is prepared by. */
import type { RandomStream } from '../../base/index.ts'
import { authenticate, type Prepare } from '../../peer/index.ts'
import { type Credentials, type OAuthToken, oauthBearer, plain, type SaslClient, scram } from '../../security/index.ts'
import { checkNames } from '../check-options.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Address } from './address.ts'

type PasswordMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** One connection that wants to be let in, as a mechanism of the application's own sees it. */
export interface SaslSession extends Address {
  /** Sends a message of the mechanism, and resolves with the server's answer. Rejects where the server refuses. */
  readonly exchange: (message: Uint8Array) => Promise<Uint8Array>
}

/**
 * SASL (`sasl.mechanism`, `sasl.jaas.config`). Functions are called for each connection, and again when a session is renewed before it
 * ends (KIP-368), so that credentials may change while the client runs. Where they reject, so do those who wait for the connection.
 *
 * PLAIN says the password itself: use it with `ssl`.
 */
export type SaslOptions =
  | { readonly mechanism: PasswordMechanism; readonly username: string; readonly password: string }
  | { readonly mechanism: PasswordMechanism; readonly credentials: () => Credentials | Promise<Credentials> }
  | { readonly mechanism: 'OAUTHBEARER'; readonly token: () => OAuthToken | Promise<OAuthToken> }
  | { readonly mechanism: string; readonly authenticate: (session: SaslSession) => Promise<void> }

const names = { mechanism: 0, username: 0, password: 0, credentials: 0, token: 0, authenticate: 0 }

/** Throws KafkaError for what makes no sense. */
export function checkSasl(options: SaslOptions): void {
  checkNames(options, names)
  const { mechanism } = options
  if (typeof mechanism !== 'string' || mechanism === '') throw wrong('names no mechanism')
  if ('authenticate' in options) checkFunction(options.authenticate, 'authenticate')
  else if ('token' in options) {
    checkFunction(options.token, 'token')
    if (mechanism !== 'OAUTHBEARER') throw wrong(`${mechanism} takes no token`)
  } else {
    if (!isPasswordMechanism(mechanism)) throw wrong(`${mechanism} needs 'token' (OAUTHBEARER) or 'authenticate'`)
    if ('credentials' in options) checkFunction(options.credentials, 'credentials')
    else if (typeof options.username !== 'string' || typeof options.password !== 'string') {
      throw wrong(`${mechanism} needs 'username' and 'password', or 'credentials'`)
    }
  }
}

const wrong = (text: string): KafkaError => new KafkaError('INVALID_ARGUMENT', `sasl: ${text}`)

function checkFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') throw wrong(`'${name}' is a function`)
}

const isPasswordMechanism = (mechanism: string): mechanism is PasswordMechanism =>
  mechanism === 'PLAIN' || mechanism === 'SCRAM-SHA-256' || mechanism === 'SCRAM-SHA-512'

export interface SaslSurroundings {
  readonly random: RandomStream
  /** For each answer. */
  readonly timeoutMs: number
}

/** Gives what a connection to an address is prepared by. */
export function saslPreparation(
  options: SaslOptions,
  { random, timeoutMs }: SaslSurroundings,
): (address: Address) => Prepare {
  const { mechanism } = options
  const speak = clientOf(options, random)
  return (address) => (connection) =>
    authenticate(connection, { mechanism, client: (exchange) => speak({ ...address, exchange }), timeoutMs })
}

function clientOf(options: SaslOptions, random: RandomStream): (session: SaslSession) => Promise<void> {
  if ('authenticate' in options) return (session) => options.authenticate(session)
  if ('token' in options) return async ({ exchange }) => oauthBearer(await options.token())(exchange)
  const given = 'credentials' in options ? options.credentials : (): Credentials => options
  const byPassword = passwordClient(options.mechanism, random)
  return async ({ exchange }) => byPassword(await given())(exchange)
}

const passwordClient = (
  mechanism: PasswordMechanism,
  random: RandomStream,
): ((credentials: Credentials) => SaslClient) =>
  mechanism === 'PLAIN' ? plain : scram(mechanism, () => nonceOf(random))

/** 128 bits. */
const nonceOf = (random: RandomStream): string =>
  Array.from({ length: 4 }, () => random.u32().toString(16).padStart(8, '0')).join('')
