/** PBKDF2 with HMAC (RFC 8018), which SCRAM salts passwords by. Node's cryptography is 3 MB: it is loaded when it is first needed. */
import { promisify } from 'node:util'

interface PasswordToHash {
  readonly password: string | Uint8Array
  readonly salt: Uint8Array
  readonly iterations: number
  readonly hash: 'SHA-256' | 'SHA-512'
}

const digests = {
  'SHA-256': { digest: 'sha256', bytes: 32 },
  'SHA-512': { digest: 'sha512', bytes: 64 },
} as const

/** As many bytes as the hash has. Off the loop: it takes milliseconds. */
export function hashPassword({ password, salt, iterations, hash }: PasswordToHash): Promise<Uint8Array> {
  const { digest, bytes } = digests[hash]
  const pbkdf2 = promisify(process.getBuiltinModule('node:crypto').pbkdf2)
  return pbkdf2(password, salt, iterations, bytes, digest)
}
