/** What `bin/odradek.js` tells every verb of its process. */
export interface ProcessContext {
  /** An older Node started this one, and passes signals on by the channel between the two. */
  readonly hasParent: boolean
}
