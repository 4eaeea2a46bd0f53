/** What a segment finds wrong with its own files. */

/** An index entry does not fit the batch found there: the indexes are rebuilt, then the question is asked again. */
export class StaleIndexError extends Error {
  override readonly name = 'StaleIndexError'
}

/** A failed write could not be taken back: nothing may be assumed of the file. */
export class BrokenSegmentError extends Error {
  override readonly name = 'BrokenSegmentError'
}
