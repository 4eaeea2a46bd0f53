/**
 * Lines in the log for what clients ask again and again and never get: the first one at once, then one a minute at most.
 * Off the hot path: only who refuses something calls it.
 */
import type { Clock, Logger } from '../base/index.ts'
import type { RequestContext } from './handler.ts'

export interface RareWarningOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly logger: Logger
}

interface Told {
  atMs: number
  /** Since then, without a line. */
  more: number
}

const intervalMs = 60_000
/** A client may have a name of 32 KB. */
const nameCharactersMax = 256

export class RareWarning {
  readonly #options: RareWarningOptions
  /** By the line: each is a text of ours, so that there are only as many as there are callers. */
  readonly #told = new Map<string, Told>()

  constructor(options: RareWarningOptions) {
    this.#options = options
  }

  warn(line: string, { apiKey, clientHost, clientId }: RequestContext): void {
    const nowMs = this.#options.clock.monotonic()
    const told = this.#told.get(line)
    if (told !== undefined && nowMs - told.atMs < intervalMs) {
      told.more++
      return
    }
    this.#told.set(line, { atMs: nowMs, more: 0 })
    this.#options.logger.log('warn', line, {
      client: clientHost,
      clientId: clientId?.slice(0, nameCharactersMax),
      apiKey,
      ...(told === undefined || told.more === 0 ? {} : { sinceTheLastLine: told.more }),
    })
  }
}

export const refusedTransaction =
  'A client asked for a transaction and was refused: transactions are not served yet, produce without transactional.id'
