/** The client's side of one mechanism, as a conversation: each message is sent and answered; who is not satisfied with an answer throws. */

/** Sends a message and gives what the server answers. Rejects where the server refuses. */
type Exchange = (message: Uint8Array) => Promise<Uint8Array>

/** Resolves when both sides believe each other. Rejects with SaslError, or as `exchange` does. */
export type SaslClient = (exchange: Exchange) => Promise<void>

/** What cannot be said by this mechanism, or an answer that is not to be believed. */
export class SaslError extends Error {
  override readonly name = 'SaslError'
}
