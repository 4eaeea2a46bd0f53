/**
 * `--add-scram`: users that a new cluster knows from its first moment (KIP-900), as records. Passwords do not leave this
 * file: neither records nor messages hold one. The cryptography comes in from outside, for this room has none.
 */
import type { RandomStream } from '../base/index.ts'
import { parseInteger } from '../config/index.ts'
import type { MetadataRecord } from '../metadata/index.ts'
import { userScramCredentialRecord } from '../protocol/index.ts'
import { StorageError } from './meta-properties.ts'

export type ScramHash = 'sha256' | 'sha512'

export interface ScramFunctions {
  pbkdf2(hash: ScramHash, input: ScramPassword): Promise<Uint8Array>
  hmac(hash: ScramHash, key: Uint8Array, text: string): Uint8Array
  digest(hash: ScramHash, bytes: Uint8Array): Uint8Array
}

export interface ScramPassword {
  readonly password: string
  readonly salt: Uint8Array
  readonly iterations: number
}

interface Mechanism {
  /** In a record. */
  readonly type: number
  readonly hash: ScramHash
  /** As Kafka's messages call it. */
  readonly label: string
}

const mechanisms: ReadonlyMap<string, Mechanism> = new Map([
  ['SCRAM-SHA-256', { type: 1, hash: 'sha256', label: 'SCRAM_SHA_256' }],
  ['SCRAM-SHA-512', { type: 2, hash: 'sha512', label: 'SCRAM_SHA_512' }],
])
const iterationsMin = 4096
const iterationsMax = 16_384
const saltSizeInWords = 5

interface Credential {
  readonly name: string
  readonly salt: Buffer | undefined
  readonly iterations: number
  readonly secret:
    | { readonly kind: 'password'; readonly text: string }
    | { readonly kind: 'salted'; readonly bytes: Buffer }
}

/** One record of `SCRAM-SHA-256=[name=alice,password=secret]`, or with `salt`, `iterations`, `saltedpassword`. */
export async function scramRecord(
  text: string,
  { functions, random }: { readonly functions: ScramFunctions; readonly random: RandomStream },
): Promise<MetadataRecord> {
  const { mechanism, settings } = parseArgument(text.trim())
  const { name, iterations, secret, ...given } = parseCredential(settings)
  checkIterations(iterations, mechanism)
  const salt = given.salt ?? drawSalt(random)
  const salted =
    secret.kind === 'salted'
      ? secret.bytes
      : await functions.pbkdf2(mechanism.hash, { password: secret.text, salt, iterations })
  const clientKey = functions.hmac(mechanism.hash, salted, 'Client Key')
  const value = userScramCredentialRecord.create({
    name,
    mechanism: mechanism.type,
    salt,
    storedKey: Buffer.from(functions.digest(mechanism.hash, clientKey)),
    serverKey: Buffer.from(functions.hmac(mechanism.hash, salted, 'Server Key')),
    iterations,
  })
  return { kind: 'userScramCredential', value }
}

function parseArgument(text: string): { readonly mechanism: Mechanism; readonly settings: string } {
  const equals = text.indexOf('=')
  // The text may hold a password: only what stands before the first `=` is ever shown.
  if (equals < 0) throw new StorageError('Failed to find equals sign in SCRAM argument')
  const name = text.slice(0, equals)
  const settings = text.slice(equals + 1)
  const mechanism = mechanisms.get(name)
  if (mechanism === undefined) throw new StorageError(`The add-scram mechanism ${name} is not supported.`)
  if (!settings.startsWith('[')) throw new StorageError('Expected configuration string to start with [')
  if (!settings.endsWith(']')) throw new StorageError('Expected configuration string to end with ]')
  return { mechanism, settings: settings.slice(1, -1) }
}

function parseCredential(settings: string): Credential {
  const values = parseSettings(settings)
  const take = (key: string): string | undefined => {
    const value = values.get(key)
    values.delete(key)
    return value
  }
  const name = take('name')
  if (name === undefined) throw new StorageError("You must supply 'name' to add-scram")
  const saltText = take('salt')
  const salt = saltText === undefined ? undefined : parseBase64('salt', saltText)
  const iterations = parseIterations(take('iterations'))
  const password = take('password')
  const salted = take('saltedpassword')
  const secret = parseSecret({ password, salted, hasSalt: salt !== undefined })
  if (values.size > 0) throw new StorageError(`Unknown SCRAM configurations: ${[...values.keys()].sort().join(', ')}`)
  return { name, salt, iterations, secret }
}

function parseSecret(given: {
  readonly password: string | undefined
  readonly salted: string | undefined
  readonly hasSalt: boolean
}): Credential['secret'] {
  if (given.password !== undefined) {
    if (given.password === '') throw new StorageError("The 'password' of add-scram must not be empty")
    return { kind: 'password', text: given.password }
  }
  if (given.salted === undefined) {
    throw new StorageError("You must supply one of 'password' or 'saltedpassword' to add-scram")
  }
  if (!given.hasSalt) throw new StorageError("You must supply 'salt' with 'saltedpassword' to add-scram")
  const bytes = parseBase64('saltedPassword', given.salted)
  if (bytes.length === 0) throw new StorageError("The 'saltedpassword' of add-scram must not be empty")
  return { kind: 'salted', bytes }
}

/** `key=value` between commas, where quotes around a value fall away; so a password holds no comma, as in Kafka. */
function parseSettings(settings: string): Map<string, string> {
  const values = new Map<string, string>()
  const parts = settings.split(',')
  while (parts.length > 1 && parts.at(-1) === '') parts.pop()
  for (const part of parts) {
    const equals = part.indexOf('=')
    if (equals < 0) throw new StorageError('No equals sign found in a SCRAM component')
    const value = part.slice(equals + 1)
    const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"')
    values.set(part.slice(0, equals), isQuoted ? value.slice(1, -1) : value)
  }
  return values
}

/** Buffer.from passes over what is no base64. Padding may be left out, but not be wrong. */
function parseBase64(what: string, text: string): Buffer {
  const [, digits, padding] = /^([A-Za-z0-9+/]*)(={0,2})$/.exec(text) ?? []
  const isWhole = padding === '' ? (digits?.length ?? 0) % 4 !== 1 : text.length % 4 === 0
  if (digits === undefined || !isWhole) throw new StorageError(`Failed to decode given ${what}`)
  return Buffer.from(digits, 'base64')
}

function parseIterations(text: string | undefined): number {
  if (text === undefined) return iterationsMin
  const iterations = parseInteger(text)
  if (iterations === undefined) throw new StorageError(`Failed to parse iterations count: ${text}`)
  return Number(iterations)
}

function checkIterations(iterations: number, { label }: Mechanism): void {
  const problem =
    iterations < iterationsMin ? `>= ${iterationsMin}` : iterations > iterationsMax ? `<= ${iterationsMax}` : undefined
  if (problem === undefined) return
  throw new StorageError(`The 'iterations' value must be ${problem} for add-scram using ${label}`)
}

function drawSalt(random: RandomStream): Buffer {
  const salt = Buffer.alloc(4 * saltSizeInWords)
  for (let at = 0; at < salt.length; at += 4) salt.writeUInt32BE(random.u32(), at)
  return salt
}
