/** One request on its way, from `send` until its promise settles, with the types of its API put away. */
import { Reader, type Timer, type Writer } from '../base/index.ts'
import type { Api, Fields, Infer } from '../protocol/index.ts'
import type { ApiRange, VersionRange } from './served-versions.ts'

export interface SendOptions {
  /** The longest that it waits to be sent, and then the longest that it waits for its reply, or to leave: as in Kafka, each anew. */
  readonly timeoutMs: number
  /** Narrows the versions that may be used; all that we know unless told. */
  readonly versions?: VersionRange
  /** False for a request that is never answered, Produce with acks=0: it is done when the socket has taken it, and `response` is empty. */
  readonly isAnswered?: boolean
  /** Its reply may be larger than others on the connection. */
  readonly replyBytesMax?: number
}

export interface TakeOptions<Response, Taken> extends SendOptions {
  /**
   * Gets the response where it was received: its byte fields are views that are valid until this returns, and what is
   * kept is copied. What it returns, or throws, is what the promise gives.
   */
  readonly take: (response: Response, version: number) => Taken
}

interface CallSteps {
  readonly encode: (writer: Writer, version: number) => void
  /** Returns for how long the server asks to be left alone. Throws MalformedError, and then has settled nothing. */
  readonly answer: (reader: Reader, version: number, isOurs: boolean) => number
  /** It has left, and nothing will come. */
  readonly sent: () => void
  readonly fail: (error: unknown) => void
}

export class Call {
  readonly api: ApiRange
  readonly timeoutMs: number
  readonly versions: VersionRange
  readonly isAnswered: boolean
  /** 0: as all. */
  readonly replyBytesMax: number
  /** The response outlives the buffer that it was received in. */
  readonly isKept: boolean
  readonly #steps: CallSteps
  #timer: Timer | undefined
  /** When it was sent, and its size; undefined where nobody listens. */
  traced: { readonly sentMs: number; readonly sentBytes: number } | undefined
  /** Both are known once it is sent. */
  version = -1
  correlationId = -1

  constructor(api: ApiRange, options: SendOptions & { readonly isKept: boolean }, steps: CallSteps) {
    const { timeoutMs, versions = api.versions, isAnswered = true, replyBytesMax = 0, isKept } = options
    this.api = api
    this.timeoutMs = timeoutMs
    this.versions = versions
    this.isAnswered = isAnswered
    this.replyBytesMax = replyBytesMax
    this.isKept = isKept
    this.#steps = steps
  }

  /** What ends the waiting; in the place of what was to end it before. */
  endsBy(timer: Timer): void {
    this.#timer?.cancel()
    this.#timer = timer
  }

  encode(writer: Writer): void {
    this.#steps.encode(writer, this.version)
  }

  /**
   * `reader` stands behind the header, in memory that is ours to keep or not. Returns for how many milliseconds the server asks to be left
   * alone. Throws MalformedError: then it is still to be failed.
   */
  answer(reader: Reader, version: number, isOurs: boolean): number {
    const throttleTimeMs = this.#steps.answer(reader, version, isOurs)
    this.#timer?.cancel()
    return throttleTimeMs
  }

  sent(): void {
    this.#timer?.cancel()
    this.#steps.sent()
  }

  fail(error: unknown): void {
    this.#timer?.cancel()
    this.#steps.fail(error)
  }
}

export interface CallSpec<Q extends Fields, S extends Fields, Taken> extends SendOptions {
  readonly api: Api<Q, S>
  readonly request: Infer<Q>
  readonly take: (response: Infer<S>, version: number) => Taken
  /** Whether the response outlives the buffer that it was received in. */
  readonly isKept: boolean
}

export function makeCall<Q extends Fields, S extends Fields, Taken>(
  spec: CallSpec<Q, S, Taken>,
): { readonly call: Call; readonly reply: Promise<Taken> } {
  const { api, request, take, isKept } = spec
  const { promise, resolve, reject } = Promise.withResolvers<Taken>()
  const call = new Call(api, spec, {
    encode: (writer, version) => api.request.encode(writer, version, request),
    answer(reader, version, isOurs) {
      const response = api.response.decode(isKept && !isOurs ? copyOf(reader) : reader, version)
      try {
        resolve(take(response, version))
      } catch (error) {
        reject(error)
      }
      return throttleTimeOf(response)
    },
    sent: () => resolve(take(api.response.create(), call.version)),
    fail: reject,
  })
  return { call, reply: promise }
}

const throttleTimeOf = (response: object): number =>
  'throttleTimeMs' in response && typeof response.throttleTimeMs === 'number' ? response.throttleTimeMs : 0

const copyOf = (reader: Reader): Reader => new Reader(Buffer.from(reader.bytes.subarray(reader.position, reader.end)))
