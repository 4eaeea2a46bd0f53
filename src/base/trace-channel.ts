/** Where somebody may listen to what happens: a channel of Node's `diagnostics_channel` is one. */
export interface TraceChannel<T> {
  /** False: nothing needs to be gathered, and nothing published. */
  readonly hasSubscribers: boolean
  publish(event: T): void
}
