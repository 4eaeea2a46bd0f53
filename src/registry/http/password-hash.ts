/** Passwords as they are kept, `scrypt:N:r:p:salt:hash` with salt and hash in base64 (RFC 7914): whoever reads that cannot log in with it. */

/** What of Node's cryptography is needed; it comes in from outside. */
export interface Cryptography {
  /** Begins with the first password. */
  scryptThread(): ScryptThread
  /** HMAC with SHA-256. */
  hmac(key: Uint8Array, text: string): Uint8Array
  /** In a time that does not depend on where they differ; both have the same length. */
  isEqual(one: Uint8Array, other: Uint8Array): boolean
  /** So many bytes that nobody can guess. */
  secret(bytes: number): Uint8Array
}

/** Apart from Node's few threads, which the disk of a broker needs: a hash takes one for a quarter of a second. */
export interface ScryptThread {
  /** One after the other. Rejects where the thread has ended; the next one begins another. */
  scrypt(password: string, parameters: ScryptParameters, bytes: number): Promise<Uint8Array>
  /** What is under way has failed. */
  close(): Promise<void>
}

interface ScryptParameters {
  /** N: a power of two. */
  readonly cost: number
  /** r. */
  readonly blockSize: number
  /** p. */
  readonly parallelization: number
  readonly salt: Uint8Array
}

export interface PasswordHash extends ScryptParameters {
  readonly hash: Uint8Array
}

const scheme = 'scrypt'
/** 32 MB, and a quarter of a second. */
const parameters = { cost: 2 ** 15, blockSize: 8, parallelization: 3 }
const saltBytes = 16
const hashBytes = 32
/** Of memory, for one check. */
const memoryMax = 256 * 1024 * 1024
const parallelizationMax = 64

export const isHash = (text: string): boolean => text.startsWith(`${scheme}:`)

const memoryOf = ({ cost, blockSize, parallelization }: ScryptParameters): number =>
  128 * blockSize * (cost + parallelization)

/** Throws TypeError that does not say what was given. */
export function passwordHash(text: string): PasswordHash {
  const match = /^scrypt:(\d{1,10}):(\d{1,5}):(\d{1,5}):([\w+/-]+={0,2}):([\w+/-]+={0,2})$/.exec(text)
  if (match === null) throw new TypeError('a hash is scrypt:N:r:p:salt:hash, with salt and hash in base64')
  const [, cost, blockSize, parallelization, salt = '', hash = ''] = match
  const it = {
    ...{ cost: Number(cost), blockSize: Number(blockSize), parallelization: Number(parallelization) },
    ...{ salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') },
  }
  if (it.cost < 2 || !Number.isInteger(Math.log2(it.cost))) throw new TypeError('N of a hash is a power of two')
  if (it.blockSize < 1 || it.parallelization < 1 || it.parallelization > parallelizationMax)
    throw new TypeError(`r and p of a hash are positive, and p is at most ${parallelizationMax}`)
  if (memoryOf(it) > memoryMax) throw new TypeError('N, r and p of a hash take more than 256 MB')
  if (it.salt.length < 8 || it.hash.length < 16 || it.hash.length > 64)
    throw new TypeError('the salt of a hash has at least 8 bytes, the hash 16 to 64')
  return it
}

/** As it is kept. Throws TypeError where there is no password. */
export async function newPasswordHash(password: string, cryptography: Cryptography): Promise<string> {
  if (password === '') throw new TypeError('a password has at least one character')
  const salt = cryptography.secret(saltBytes)
  const hash = await hashed(cryptography.scryptThread(), password, salt)
  const { cost, blockSize, parallelization } = parameters
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  return [scheme, cost, blockSize, parallelization, base64(salt), base64(hash)].join(':')
}

async function hashed(thread: ScryptThread, password: string, salt: Uint8Array): Promise<Uint8Array> {
  try {
    return await thread.scrypt(password, { ...parameters, salt }, hashBytes)
  } finally {
    await thread.close()
  }
}
