/** Passes a request on to the instance that leads, and its answer back, both as they are. */
import type { Clock } from '../../base/index.ts'
import { RegistryError, RegistryErrorCode } from '../registry-error.ts'
import { exchange, type ForwardedReply, type ForwardedRequest, type SendRequest, sendOverHttp } from './exchange.ts'

/** Whoever gets it with a request does not pass that on. */
export const forwardHeader = 'x-forward'
/** Of who asks, and what with: the leader is to see that as well. */
export const passedHeaders = ['content-type', 'accept', 'authorization', 'x-request-id'] as const

/** The leader has surely not begun: nobody was there, or it said that it leads no more. */
export class NotTakenError extends RegistryError {}

export interface ForwardingOptions {
  readonly clock: Clock
  /** `leader.read.timeout.ms`. */
  readonly timeoutMs: number
  /** How a leader at `https:` is reached. Default: it is not. */
  readonly send?: SendRequest
  /** Ends it. */
  readonly stopped?: AbortSignal | undefined
}

/** Rejects with RegistryError: forwardingFailed, where it is not known whether it was done unless it is a NotTakenError. */
export async function forward(
  url: string,
  { headers, ...request }: ForwardedRequest,
  { clock, timeoutMs, send = sendOverHttp, stopped }: ForwardingOptions,
): Promise<ForwardedReply> {
  const ending = new AbortController()
  const { signal } = ending
  const timer = clock.after(timeoutMs, () => ending.abort(new Error(`no answer within ${timeoutMs} ms`)))
  const stop = (): void => ending.abort(stopped?.reason)
  stopped?.addEventListener('abort', stop)
  try {
    if (stopped?.aborted === true) stop()
    const told = await exchange(url, { ...request, headers: { ...headers, [forwardHeader]: 'true' } }, { send, signal })
    if (isOfNoLeader(told)) throw new NotTakenError('unknownLeader', `${url} is said to lead, and does not know it`)
    return told
  } catch (error) {
    if (error instanceof NotTakenError) throw error
    const reason = reasonOf(signal.aborted ? signal.reason : error)
    const text = `Error while forwarding the request to the leader, ${url}: ${reason}`
    const ThisError = isRefused(error) ? NotTakenError : RegistryError
    throw new ThisError('forwardingFailed', text, { cause: error })
  } finally {
    timer.cancel()
    stopped?.removeEventListener('abort', stop)
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'

/** Of a host with several addresses Node says each by itself, and of them together nothing. */
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError && error.message === '' ? error.errors[0] : error
  return first instanceof Error ? first.message : String(first)
}

function isOfNoLeader({ status, body }: ForwardedReply): boolean {
  if (status !== 500) return false
  try {
    const told: unknown = JSON.parse(body)
    const hasCode = typeof told === 'object' && told !== null && 'error_code' in told
    return hasCode && told.error_code === RegistryErrorCode.unknownLeader
  } catch {
    return false
  }
}
