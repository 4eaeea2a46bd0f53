/** Whether this instance decides on what is written, and if not, who does. */

/** From one election to the next. */
export interface Term {
  /** For so many milliseconds from now on nobody else decides; 0: that is not known, or it is over. */
  readonly sureMs: number
}

export interface Leadership {
  /** Undefined: this instance does not lead. */
  readonly term: Term | undefined
}

const always: Term = { sureMs: Number.POSITIVE_INFINITY }

/** Of who is alone. */
export const alone: Leadership = { term: always }

/** As far as this instance knows. */
export type Place =
  | { readonly kind: 'leads' }
  | { readonly kind: 'follows'; readonly url: string }
  /** There will be none before something changes. */
  | { readonly kind: 'leaderless'; readonly reason: string }
  /** It is being found out. */
  | { readonly kind: 'unknown' }
