/** Passes a request on to the instance that leads, and its answer back, both as they are. */
import type { Clock } from '../../base/index.ts'
import { RegistryError, RegistryErrorCode } from '../registry-error.ts'

export interface ForwardedRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Undefined: none. */
  readonly body: string | undefined
}

export interface ForwardedReply {
  readonly status: number
  readonly body: string
}

/** Whoever gets it with a request does not pass that on. */
export const forwardHeader = 'x-forward'
/** Of who asks, and what with: the leader is to see that as well. */
export const passedHeaders = ['content-type', 'accept', 'authorization', 'x-request-id'] as const
const replyBytesMax = 32 * 1024 * 1024

/** The leader has surely not begun: nobody was there, or it said that it leads no more. */
export class NotTakenError extends RegistryError {}

export interface ForwardingOptions {
  readonly clock: Clock
  /** `leader.read.timeout.ms`. */
  readonly timeoutMs: number
}

/** Rejects with RegistryError: forwardingFailed, where it is not known whether it was done unless it is a NotTakenError. */
export async function forward(
  url: string,
  { method, path, headers, body }: ForwardedRequest,
  { clock, timeoutMs }: ForwardingOptions,
): Promise<ForwardedReply> {
  const ending = new AbortController()
  const timer = clock.after(timeoutMs, () => ending.abort(new Error(`no answer within ${timeoutMs} ms`)))
  try {
    const reply = await fetch(url + path, {
      ...{ method, headers: { ...headers, [forwardHeader]: 'true' }, redirect: 'manual', signal: ending.signal },
      ...(body !== undefined && { body }),
    })
    const told = { status: reply.status, body: await textOf(reply) }
    if (isOfNoLeader(told)) throw new NotTakenError('unknownLeader', `${url} is said to lead, and does not know it`)
    return told
  } catch (error) {
    if (error instanceof NotTakenError) throw error
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const reason = cause instanceof Error ? cause.message : String(cause)
    const text = `Error while forwarding the request to the leader, ${url}: ${reason}`
    const ThisError = isRefused(cause) ? NotTakenError : RegistryError
    throw new ThisError('forwardingFailed', text, { cause: error })
  } finally {
    timer.cancel()
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'

/** A client that waits for `fetch` to read an answer of any length could be made to take all memory. */
async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let count = 0
  for await (const chunk of body ?? []) {
    count += chunk.length
    if (count > replyBytesMax) throw new Error(`an answer of more than ${replyBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
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
