/** What the cluster could not or would not do; the message is for the operator. */
export class AdminError extends Error {
  override readonly name = 'AdminError'
}
