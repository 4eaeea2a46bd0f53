/** A schema as the registry has it, with those that it refers to. */
import type { SchemaReference } from '../../registry/index.ts'

export interface SchemaDocument {
  readonly subject: string
  readonly version: number
  readonly id: number
  /** AVRO, JSON, PROTOBUF, XML, or what another registry has beside them. */
  readonly schemaType: string
  readonly text: string
  readonly references: readonly SchemaReference[]
}

/** By subject and version. */
export class Documents {
  readonly #byKey = new Map<string, SchemaDocument>()

  add(document: SchemaDocument): void {
    this.#byKey.set(keyOf(document), document)
  }

  get(at: Pick<SchemaDocument, 'subject' | 'version'>): SchemaDocument | undefined {
    return this.#byKey.get(keyOf(at))
  }

  /** All that it refers to, directly or not; what another one refers to comes before it. */
  referred(document: SchemaDocument): readonly { readonly name: string; readonly document: SchemaDocument }[] {
    const found: { readonly name: string; readonly document: SchemaDocument }[] = []
    const begun = new Set<string>()
    // By a list of its own: so many may refer to each other that calls within calls would not do.
    const open = [{ name: '', document, references: [...document.references] }]
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      const reference = last.references.shift()
      if (reference === undefined) {
        open.pop()
        if (open.length > 0) found.push({ name: last.name, document: last.document })
      } else if (!begun.has(reference.name)) {
        begun.add(reference.name)
        const next = this.get(reference)
        if (next !== undefined) open.push({ name: reference.name, document: next, references: [...next.references] })
      }
    }
    return found
  }
}

export const keyOf = ({ subject, version }: Pick<SchemaDocument, 'subject' | 'version'>): string =>
  `${version} ${subject}`
