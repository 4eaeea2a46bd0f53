/** Schemas of a registry, with all that they refer to. */

import type { SchemaReference } from '../../registry/index.ts'
import { eachAtMostEight } from '../registry-client/at-most.ts'
import type { RegistryCalls, VersionName } from '../registry-client/registry-calls.ts'
import { RegistryCallError, type RegistryLimits } from '../registry-client/registry-http.ts'
import { Documents, keyOf, type SchemaDocument } from './schema-document.ts'
import { TypesError } from './types-error.ts'

export interface Asked {
  readonly subject: string
  readonly version: VersionName
}

interface Read {
  readonly found: readonly SchemaDocument[]
  readonly documents: Documents
}

/** A schema may have a megabyte, and each character of it six in JSON. */
export const readingLimits: RegistryLimits = { answerBytesMax: 8_000_000 }
const documentsMax = 10_000
/** Of all schemas, in characters. */
const textsMax = 64_000_000

export class RegistryReader {
  readonly #registry: RegistryCalls
  readonly #documents = new Documents()
  readonly #begun = new Set<string>()
  #size = 0

  constructor(registry: RegistryCalls) {
    this.#registry = registry
  }

  /**
   * Those that are asked for, in order, each version once, and with them all that they refer to. Behind a failure nothing more is read.
   * Rejects with TypesError, RegistryCallError.
   */
  async read(asked: readonly Asked[]): Promise<Read> {
    if (asked.length > documentsMax) throw tooMany()
    const told = await eachAtMostEight(asked, (it) => this.#document(it))
    // The newest version may be asked for by its number as well.
    const found = [...new Map(told.map((it) => [keyOf(it), it])).values()]
    for (const it of found) this.#begun.add(keyOf(it))
    for (let open = this.#referred(found); open.length > 0; ) {
      open = this.#referred(await eachAtMostEight(open, (it) => this.#document(it)))
    }
    return { found, documents: this.#documents }
  }

  /** What was not asked for yet. */
  #referred(found: readonly SchemaDocument[]): readonly SchemaReference[] {
    const open: SchemaReference[] = []
    for (const reference of found.flatMap(({ references }) => references)) {
      if (this.#begun.has(keyOf(reference))) continue
      this.#begun.add(keyOf(reference))
      if (this.#begun.size > documentsMax) throw tooMany()
      open.push(reference)
    }
    return open
  }

  async #document({ subject, version: wanted }: Asked): Promise<SchemaDocument> {
    const told = await this.#registry.version(subject, wanted).catch((error: unknown) => {
      // Where nobody has answered it is not for what was asked.
      if (!(error instanceof RegistryCallError) || error.errorCode === undefined) throw error
      throw new TypesError(`${subject}, version ${wanted}: ${error.message}`, { cause: error })
    })
    const { version, id, schemaType, schema: text, references } = told
    this.#size += text.length
    if (this.#size > textsMax) throw new TypesError(`the schemas have more than ${textsMax} characters`)
    const document: SchemaDocument = { subject, version, id, schemaType, text, references }
    this.#documents.add(document)
    return document
  }
}

const tooMany = (): TypesError => new TypesError(`these are more than ${documentsMax} schemas`)
