/** For tests of one log: a time that stands still, and a logger that nobody reads. */
import type { Clock, Logger } from '../base/index.ts'

export const clock: Clock = {
  now: () => 1_795_459_300_000,
  monotonic: () => 0,
  after: () => ({ cancel: () => undefined }),
  afterDrain: (then) => then(),
}

export const logger: Logger = { child: () => logger, log: () => undefined }
