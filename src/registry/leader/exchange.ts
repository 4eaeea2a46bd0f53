/** One request to another instance, and its answer, both as they are: nothing is followed, decoded or kept for the next one. */
import { type ClientRequest, type RequestOptions, request as requestOverHttp } from 'node:http'

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

/** Node's `request`, of `node:http` or of `node:https`. */
export type SendRequest = (url: URL, options: RequestOptions) => ClientRequest

/** `http:` alone. */
export const sendOverHttp: SendRequest = (url, options) => requestOverHttp(url, options)

const replyBytesMax = 32 * 1024 * 1024

/** Rejects with what Node says of the connection, or Error for an answer that is too long. */
export function exchange(
  url: string,
  { method, path, headers, body }: ForwardedRequest,
  { send, signal }: { readonly send: SendRequest; readonly signal: AbortSignal },
): Promise<ForwardedReply> {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    // A connection that was kept may be closed on the other side, and nobody could say whether the write was done.
    const request = send(new URL(url), { method, path, headers: { ...headers, ...length }, agent: false, signal })
    request.on('error', reject)
    request.once('response', (reply) => {
      textOf(reply).then((text) => resolve({ status: reply.statusCode ?? 0, body: text }), reject)
    })
    request.end(body)
  })
}

/** Who waits for an answer of any length could be made to take all memory. */
async function textOf(reply: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let count = 0
  for await (const chunk of reply) {
    count += chunk.length
    if (count > replyBytesMax) throw new Error(`an answer of more than ${replyBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
