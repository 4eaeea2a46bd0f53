/** Who may log in, and whether the password is theirs. */
import type { Clock } from '../../base/index.ts'
import { PasswordChecks } from './password-checks.ts'
import { type Cryptography, isHash, type PasswordHash, passwordHash } from './password-hash.ts'

/** `read`: may ask for everything, and change nothing. */
export type UserRole = 'admin' | 'read'

/** A password, or a hash of one, as `hashPassword` makes it; alone it is that of an `admin`. */
export type RegistryUser = string | { readonly password: string; readonly role?: UserRole }

export interface Login {
  readonly name: string
  readonly password: string
  /** From where. */
  readonly address: string
}

export interface User {
  readonly name: string
  readonly role: UserRole
}

export type LoginOutcome =
  | { readonly kind: 'user'; readonly user: User }
  | { readonly kind: 'refused'; readonly reason: 'no such user' | 'wrong password' }
  /** Too many are being looked at. */
  | { readonly kind: 'busy' }

type Secret =
  | { readonly kind: 'digest'; readonly digest: Uint8Array }
  | { readonly kind: 'hash'; readonly hash: PasswordHash }

/** Of HMAC with SHA-256. */
const digestBytes = 32
/** Logins whose password was right. */
const verifiedMax = 1000

export class Users {
  readonly #cryptography: Cryptography
  /** Of this process alone: what is remembered by it says nothing elsewhere. */
  readonly #key: Uint8Array
  readonly #users = new Map<string, User & { readonly secret: Secret }>()
  readonly #checks: PasswordChecks
  /** Nobody's. Whoever does not exist, or has no hash, is refused behind as long as who has one. Undefined: nobody has. */
  readonly #decoy: PasswordHash | undefined
  /** By name and password together; those that turn out wrong are forgotten. */
  readonly #verified = new Map<string, Promise<boolean | undefined>>()

  /** Throws TypeError. */
  constructor(given: Readonly<Record<string, RegistryUser>>, cryptography: Cryptography, clock: Clock) {
    this.#cryptography = cryptography
    this.#checks = new PasswordChecks(cryptography, clock)
    this.#key = cryptography.secret(digestBytes)
    for (const [name, user] of Object.entries(given)) this.#users.set(name, this.#checked(name, user))
    if (this.#users.size === 0) throw new TypeError('users has nobody in it: nobody could log in')
    const secrets = [...this.#users.values()].map(({ secret }) => secret)
    const hash = secrets.find((it) => it.kind === 'hash')?.hash
    this.#decoy = hash && { ...hash, hash: cryptography.secret(hash.hash.length) }
  }

  #checked(name: string, user: RegistryUser): User & { readonly secret: Secret } {
    // The name ends at the first colon of what is sent.
    if (name === '' || name.includes(':')) throw new TypeError(`users: a name is not empty and has no colon: '${name}'`)
    const { password, role = 'admin' } = typeof user === 'string' ? { password: user } : user
    if (role !== 'admin' && role !== 'read')
      throw new TypeError(`users: the role of '${name}' is admin or read, not '${role}'`)
    if (typeof password !== 'string' || password === '') throw new TypeError(`users: '${name}' has no password`)
    try {
      const secret: Secret = isHash(password)
        ? { kind: 'hash', hash: passwordHash(password) }
        : { kind: 'digest', digest: this.#digest(password) }
      return { name, role, secret }
    } catch (error) {
      throw error instanceof TypeError ? new TypeError(`users: '${name}': ${error.message}`) : error
    }
  }

  /** Rejects where the thread has ended that looks at passwords. */
  async check(login: Login): Promise<LoginOutcome> {
    const user = this.#users.get(login.name)
    const isRight = await this.#isRight(login, user?.secret)
    if (isRight === undefined) return { kind: 'busy' }
    if (user === undefined) return { kind: 'refused', reason: 'no such user' }
    if (!isRight) return { kind: 'refused', reason: 'wrong password' }
    return { kind: 'user', user: { name: user.name, role: user.role } }
  }

  /** Undefined: not now. */
  async #isRight(login: Login, secret: Secret | undefined): Promise<boolean | undefined> {
    if (secret?.kind === 'hash') return this.#isOfHash(login, secret.hash)
    const { isEqual } = this.#cryptography
    if (secret !== undefined && isEqual(this.#digest(login.password), secret.digest)) return true
    return this.#decoy === undefined ? false : this.#checks.isWrong(login.password, this.#decoy, login)
  }

  async #isOfHash(login: Login, hash: PasswordHash): Promise<boolean | undefined> {
    const { name, password } = login
    const id = Buffer.from(this.#digest(`${name}:${password}`)).toString('base64')
    const known = this.#verified.get(id)
    if (known !== undefined) {
      // Whoever comes often stays.
      this.#verified.delete(id)
      this.#verified.set(id, known)
      return known
    }
    const verified = this.#checks.isRight(password, hash, login)
    this.#verified.set(id, verified)
    const [oldest] = this.#verified.keys()
    if (this.#verified.size > verifiedMax && oldest !== undefined) this.#verified.delete(oldest)
    let isRight: boolean | undefined
    try {
      isRight = await verified
    } finally {
      if (isRight !== true) this.#verified.delete(id)
    }
    return isRight
  }

  close(): Promise<void> {
    return this.#checks.close()
  }

  #digest(text: string): Uint8Array {
    return this.#cryptography.hmac(this.#key, text)
  }
}
