/** The time that a client gives the controller: past it the reply is an error, whatever comes of the request. */
import { ApiError, type Clock } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'

const timedOut = (): ApiError =>
  new ApiError(ErrorCode.REQUEST_TIMED_OUT, 'The request was not done within its timeout; it may still be done.')

/**
 * What `work` resolves to, or a rejection with ApiError 7 after `timeoutMs`. Without any time `work` is not begun, as in
 * Kafka, where such a request leaves the controller's queue untouched.
 */
export function withinTimeout<T>(clock: Clock, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  if (timeoutMs <= 0) return Promise.reject(timedOut())
  return new Promise((resolve, reject) => {
    const pending = work()
    const timer = clock.after(timeoutMs, () => reject(timedOut()))
    pending.then(
      (value) => {
        timer.cancel()
        resolve(value)
      },
      (error: unknown) => {
        timer.cancel()
        reject(error)
      },
    )
  })
}
