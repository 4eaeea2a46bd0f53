/**
 * SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, 7677; KIP-84): both sides prove that they know the password, and none says it. Names and
 * passwords are taken as they are, in UTF-8, as Kafka does.
 */
import type * as crypto from 'node:crypto'
import type { Credentials } from './plain.ts'
import { type SaslClient, SaslError } from './sasl-client.ts'

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** Gives visible characters without a comma that nobody can guess, others each time. */
export type NonceDraw = () => string

const hashes = { 'SCRAM-SHA-256': { hash: 'sha256', size: 32 }, 'SCRAM-SHA-512': { hash: 'sha512', size: 64 } } as const
/** Kafka's clients take fewer for an attack on the password; more than so many would be one on our time. */
const iterationsMin = 4096
const iterationsMax = 262_144

/** Without a channel binding, and in nobody else's name. */
const header = 'n,,'
const printable = /^[\x21-\x2b\x2d-\x7e]+$/

/** What a password comes to by a salt; asked for again with each connection. */
interface Salted {
  readonly password: string
  readonly salt: string
  readonly iterations: number
  readonly key: Buffer
}

/** The client's side for all connections of one user: what costs time is done once. */
export function scram(mechanism: ScramMechanism, draw: NonceDraw): (credentials: Credentials) => SaslClient {
  const { hash, size } = hashes[mechanism]
  let salted: Salted | undefined
  const saltedKey = (node: typeof crypto, password: string, { salt, iterations }: ServerFirst): Buffer => {
    if (salted?.password === password && salted.salt === salt && salted.iterations === iterations) return salted.key
    const key = node.pbkdf2Sync(password, Buffer.from(salt, 'base64'), iterations, size, hash)
    salted = { password, salt, iterations, key }
    return key
  }
  return ({ username, password }) =>
    async (exchange) => {
      if (!username || !password) throw new SaslError('a user has a name and a password')
      // Loaded when it is needed: it is larger than the rest of a client.
      const node = await import('node:crypto')
      const hmac = (key: Uint8Array, text: string): Buffer => node.createHmac(hash, key).update(text).digest()
      const nonce = draw()
      const first = `n=${escaped(username)},r=${nonce}`
      const serverFirst = textOf(await exchange(Buffer.from(`${header}${first}`)))
      const told = serverFirstOf(serverFirst, nonce)
      const key = saltedKey(node, password, told)
      const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${told.nonce}`
      const whole = `${first},${serverFirst},${withoutProof}`
      const clientKey = hmac(key, 'Client Key')
      const signature = hmac(node.createHash(hash).update(clientKey).digest(), whole)
      const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0)))
      const last = textOf(await exchange(Buffer.from(`${withoutProof},p=${proof.toString('base64')}`)))
      checkServer(last, hmac(hmac(key, 'Server Key'), whole))
    }
}

const escaped = (username: string): string => username.replaceAll('=', '=3D').replaceAll(',', '=2C')

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

interface ServerFirst {
  readonly nonce: string
  readonly salt: string
  readonly iterations: number
}

function serverFirstOf(text: string, ours: string): ServerFirst {
  const [, nonce = '', salt = '', digits = ''] =
    /^r=([^,]+),s=([A-Za-z0-9+/]+={0,2}),i=(\d{1,9})(?:,.*)?$/.exec(text) ?? []
  if (nonce === '') throw new SaslError('the server does not speak SCRAM')
  if (!nonce.startsWith(ours) || nonce.length === ours.length || !printable.test(nonce)) {
    throw new SaslError('the server answers somebody else: the nonce is not ours')
  }
  const iterations = Number(digits)
  if (iterations < iterationsMin || iterations > iterationsMax) {
    throw new SaslError(`the server asks for ${iterations} iterations; ${iterationsMin} to ${iterationsMax} are made`)
  }
  return { nonce, salt, iterations }
}

function checkServer(text: string, signature: Buffer): void {
  const error = /^e=([^,]*)/.exec(text)?.[1]
  if (error !== undefined) throw new SaslError(`the server refuses: ${error}`)
  const [, verifier = ''] = /^v=([A-Za-z0-9+/]+={0,2})(?:,.*)?$/.exec(text) ?? []
  if (verifier !== signature.toString('base64')) throw new SaslError('the server does not know the password itself')
}
