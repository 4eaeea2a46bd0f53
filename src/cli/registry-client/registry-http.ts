/** One request to a schema registry after the other: over HTTP or HTTPS, at the next URL where nobody answers at the one before. */
import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { request as requestByTls } from 'node:https'
import { printable } from '../table.ts'
import { type Endpoint, type Login, withFlag } from './registry-flags.ts'

/** A registry that refuses, or that does not answer. Its message is one line. */
export class RegistryCallError extends Error {
  override readonly name = 'RegistryCallError'
  /** Of the REST interface, as 40401, or the HTTP status; undefined where nobody has answered. */
  readonly errorCode: number | undefined

  constructor(message: string, errorCode: number | undefined, options?: ErrorOptions) {
    super(oneLine(message), options)
    this.errorCode = errorCode
  }
}

const messageLengthMax = 4000

function oneLine(text: string): string {
  const line = printable(text.slice(0, messageLengthMax + 1).replace(/\s*\n\s*/g, ' '))
  return line.length > messageLengthMax ? `${line.slice(0, messageLengthMax)}...` : line
}

export interface RegistryLimits {
  /** Of one request, all in all: default 60,000; comparing large schemas takes seconds. */
  readonly timeoutMs?: number
  /** Of one answer: default 128 MiB, for a page of schemas, each of which may have a megabyte. */
  readonly answerBytesMax?: number
}

export interface RegistryHttpOptions extends RegistryLimits {
  /** At least one. */
  readonly endpoints: readonly Endpoint[]
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

const contentType = 'application/vnd.schemaregistry.v1+json'
const answerBytesMaxDefault = 128 * 1024 * 1024
const timeoutMsDefault = 60_000
/** Nobody has seen the request. */
const unsentCodes: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
])

export class RegistryHttp implements Disposable {
  readonly #endpoints: readonly Endpoint[]
  readonly #timeoutMs: number
  readonly #answerBytesMax: number
  readonly #ended = new AbortController()
  /** The one that answered last is asked first. */
  #first = 0

  constructor(options: RegistryHttpOptions) {
    const { endpoints, timeoutMs = timeoutMsDefault, answerBytesMax = answerBytesMaxDefault } = options
    this.#endpoints = endpoints
    this.#timeoutMs = timeoutMs
    this.#answerBytesMax = answerBytesMax
  }

  /** Gives up what is still asked for: where something has failed, that is of no use. */
  [Symbol.dispose](): void {
    this.#ended.abort()
  }

  /** `:.name:`, where the URL lies in a context; else empty, as for the default context. */
  get context(): string {
    const [, name = ''] = /\/contexts\/([^/]+)$/.exec(this.#endpoints[0]?.url ?? '') ?? []
    // With or without the colons, with or without the dot.
    const bare = decoded(name)
      .replace(/^:?\.?/, '')
      .replace(/:$/, '')
    return bare === '' ? '' : `:.${bare}:`
  }

  /** Resolves to what the answer's JSON says. Rejects with RegistryCallError. */
  async ask(method: Method, path: string, body?: object): Promise<unknown> {
    const first = this.#first
    const failures: RegistryCallError[] = []
    for (const turn of this.#endpoints.keys()) {
      const place = (first + turn) % this.#endpoints.length
      const endpoint = this.#endpoints[place]
      if (endpoint === undefined) continue
      try {
        const told = await this.#askOne(endpoint, method, path, body)
        this.#first = place
        return told
      } catch (error) {
        if (!(error instanceof RegistryCallError) || !isAskedElsewhere(error, method)) throw error
        failures.push(error)
      }
    }
    const [only, ...more] = failures
    if (only !== undefined && more.length === 0) throw only
    const text = failures.map(({ message }) => message).join('; ')
    throw new RegistryCallError(text, failures.at(-1)?.errorCode, { cause: only })
  }

  async #askOne(endpoint: Endpoint, method: Method, path: string, body: object | undefined): Promise<unknown> {
    const url = endpoint.url + path
    const shownUrl = url.replace(/\?.*$/s, '')
    let reply: { readonly status: number; readonly text: string }
    try {
      reply = await this.#exchange(url, endpoint, { method, body })
    } catch (error) {
      throw new RegistryCallError(`no schema registry answers at ${endpoint.url}: ${reasonOf(error)}`, undefined, {
        cause: error,
      })
    }
    const { status, text } = reply
    const isGood = status >= 200 && status < 300
    let told: unknown
    try {
      told = text === '' && isGood ? undefined : JSON.parse(text)
    } catch (error) {
      throw new RegistryCallError(
        `${shownUrl}: the answer is no JSON (HTTP ${status}): ${text.slice(0, 100)}`,
        status,
        {
          cause: error,
        },
      )
    }
    if (isGood) return told
    throw refusal(shownUrl, status, told)
  }

  #exchange(
    url: string,
    { login }: Endpoint,
    { method, body }: { readonly method: Method; readonly body: object | undefined },
  ): Promise<{ readonly status: number; readonly text: string }> {
    const sent = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const options: RequestOptions = {
      method,
      signal: AbortSignal.any([this.#ended.signal, AbortSignal.timeout(this.#timeoutMs)]),
      headers: {
        accept: `${contentType}, application/json`,
        ...(sent && { 'content-type': contentType, 'content-length': sent.length }),
        ...(login !== undefined && { authorization: authorizationOf(login) }),
      },
    }
    return new Promise((resolve, reject) => {
      const answered = (reply: IncomingMessage): void => {
        textOf(reply, this.#answerBytesMax).then((text) => resolve({ status: reply.statusCode ?? 0, text }), reject)
      }
      const asked = url.startsWith('https:') ? requestByTls(url, options, answered) : request(url, options, answered)
      asked.on('error', reject)
      asked.end(sent)
    })
  }
}

const authorizationOf = ({ username, password }: Login): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

async function textOf(reply: IncomingMessage, answerBytesMax: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of reply) {
    if (!Buffer.isBuffer(chunk)) continue
    size += chunk.length
    if (size > answerBytesMax) throw new Error(`the answer has more than ${answerBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Of an address with several numbers Node tells each, and says nothing itself. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(reasonOf).join(', ')
  if (error.name === 'TimeoutError' || (error.cause instanceof Error && error.cause.name === 'TimeoutError'))
    return 'not in time'
  // What OpenSSL says of that has its own sources in it.
  if ('code' in error && error.code === 'EPROTO') return 'TLS is not spoken there'
  return withFlag(error.message)
}

function refusal(url: string, status: number, told: unknown): RegistryCallError {
  const fields = typeof told === 'object' && told !== null ? told : {}
  const code = 'error_code' in fields && typeof fields.error_code === 'number' ? fields.error_code : status
  const message = 'message' in fields && typeof fields.message === 'string' ? fields.message : ''
  // What has HTTP's own code may come from somebody who is no registry.
  const place = code < 1000 ? `${url}: ` : ''
  return new RegistryCallError(`${place}${message} (${code})`, code)
}

/** A write that somebody may have begun with is not done twice. */
function isAskedElsewhere({ errorCode, cause }: RegistryCallError, method: Method): boolean {
  const isUnsent = cause instanceof Error && 'code' in cause && unsentCodes.has(String(cause.code))
  if (errorCode === undefined) return isUnsent || method === 'GET'
  return method === 'GET' && String(errorCode).startsWith('5')
}
