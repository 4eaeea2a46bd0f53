/**
 * Passwords that are compared with hashes: one after the other, in a thread of their own. Whoever has no hash to be compared with waits as
 * long, so that nobody learns from the time who is there, and takes no turn from those who have one.
 */
import type { Clock } from '../../base/index.ts'
import type { Cryptography, PasswordHash, ScryptThread } from './password-hash.ts'

export interface Asking {
  readonly name: string
  /** From where. */
  readonly address: string
}

/** Waiting to be compared, or being so. */
const placesMax = 16
/** Of one name, from several addresses: who goes for one user leaves places to the others. */
const placesOfNameMax = 8

export class PasswordChecks {
  readonly #cryptography: Cryptography
  readonly #clock: Clock
  /** Started for the first of them. */
  #thread: ScryptThread | undefined
  /** From which addresses, by name. */
  readonly #askers = new Map<string, Set<string>>()
  #waiting = 0
  /** Of those that wait. */
  #last: Promise<unknown> = Promise.resolve()
  /** What the last one took. */
  #checkMs = 0
  #isClosed = false

  constructor(cryptography: Cryptography, clock: Clock) {
    this.#cryptography = cryptography
    this.#clock = clock
  }

  /** Undefined: not now. Rejects where the thread has ended. */
  isRight(password: string, expected: PasswordHash, asking: Asking): Promise<boolean | undefined> {
    return this.#placed(asking, () => this.#inTurn(password, expected))
  }

  /** As long as `isRight` takes for a hash like `decoy`, and with the same answer where there is no place. */
  isWrong(password: string, decoy: PasswordHash, asking: Asking): Promise<false | undefined> {
    return this.#placed(asking, async (): Promise<false> => {
      if (this.#waiting === 0) await this.#inTurn(password, decoy)
      else {
        await this.#last
        await new Promise<void>((resolve) => this.#clock.after(this.#checkMs, resolve))
      }
      return false
    })
  }

  /** One at a time of each name and address. */
  async #placed<T>({ name, address }: Asking, check: () => Promise<T>): Promise<T | undefined> {
    const addresses = this.#askers.get(name) ?? new Set()
    if (addresses.has(address) || addresses.size >= placesOfNameMax || this.#waiting >= placesMax) return undefined
    this.#askers.set(name, addresses.add(address))
    try {
      return await check()
    } finally {
      addresses.delete(address)
      if (addresses.size === 0) this.#askers.delete(name)
    }
  }

  #inTurn(password: string, expected: PasswordHash): Promise<boolean> {
    this.#waiting++
    const checked = this.#last.then(() => this.#check(password, expected))
    const left = (): void => void this.#waiting--
    this.#last = checked.then(left, left)
    return checked
  }

  async #check(password: string, expected: PasswordHash): Promise<boolean> {
    if (this.#isClosed) throw new Error('the registry is closed')
    this.#thread ??= this.#cryptography.scryptThread()
    const beginMs = this.#clock.monotonic()
    const hash = await this.#thread.scrypt(password, expected, expected.hash.length)
    this.#checkMs = this.#clock.monotonic() - beginMs
    return this.#cryptography.isEqual(hash, expected.hash)
  }

  /** What waits has failed. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#thread?.close()
  }
}
