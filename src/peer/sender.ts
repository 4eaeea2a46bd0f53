/** What can be sent a request: a peer, and to who prepares one, its connection. */
import type { Api, Fields, Infer } from '../protocol/index.ts'
import { type Call, makeCall, type SendOptions, type TakeOptions } from './call.ts'

export abstract class Sender {
  /**
   * Sends a request in the highest version that both sides know; fields that this version lacks are left out. The request
   * is not changed until the promise settles; requests leave, and promises settle, in the order of the calls.
   *
   * Resolves with the response, which is the caller's to keep; with `take`, with what that makes of it where it was
   * received. Rejects with PeerError, UnsupportedVersionError among them, or with RangeError for a request that cannot be
   * encoded.
   */
  send<Q extends Fields, S extends Fields, Taken>(
    api: Api<Q, S>,
    request: Infer<Q>,
    options: TakeOptions<Infer<S>, Taken>,
  ): Promise<Taken>
  send<Q extends Fields, S extends Fields>(api: Api<Q, S>, request: Infer<Q>, options: SendOptions): Promise<Infer<S>>
  send<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    request: Infer<Q>,
    options: SendOptions | TakeOptions<Infer<S>, unknown>,
  ): Promise<unknown> {
    const isKept = !('take' in options)
    const take = isKept ? (response: Infer<S>) => response : options.take
    const { call, reply } = makeCall({ ...options, api, request, take, isKept })
    this.enqueue(call)
    return reply
  }

  protected abstract enqueue(call: Call): void
}
