/** What was made of the key and the value of a record by the schemas that they name. */

export interface DecodedPart {
  /** As `JSON.stringify` takes it. */
  readonly json: unknown
  /** The JSON on one line; of an XML document, the document. */
  readonly text: string
  readonly schema: { readonly type: string } & ({ readonly id: number } | { readonly guid: string })
}

/** A part that is undefined was not to be decoded, is null, or could not be. */
export interface DecodedRecord {
  readonly key: DecodedPart | undefined
  readonly value: DecodedPart | undefined
  /** Why a part could not be decoded. */
  readonly error: string | undefined
}
