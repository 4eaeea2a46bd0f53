/** XML: the text of a document, in UTF-8, valid under an XML Schema. */
import type { ParsedSchema } from '../formats/format.ts'
import { documentErrors } from '../xml/validate.ts'
import { xml } from '../xml/xml-format.ts'
import type { Codec, Encoder, WholeSchema } from './codec.ts'

export interface XmlOptions {
  /** Default true; false: neither what is written is checked by the schema nor what is read. */
  readonly validate?: boolean
}

const shownMax = 5
const nothing = Buffer.alloc(0)

export function xmlCodec({ validate = true }: XmlOptions = {}): Codec<string> {
  const parsed = ({ schema, resolved }: WholeSchema): ParsedSchema => xml.parse({ text: schema, references: resolved })
  return {
    schemaType: 'XML',
    encoder(whole): Encoder<string> {
      const schema = parsed(whole)
      return {
        name: schema.name,
        encode(value, head = nothing) {
          if (typeof value !== 'string') throw new TypeError('an XML document is a string')
          if (!value.isWellFormed())
            throw new TypeError('the document is no Unicode: half of a surrogate pair is missing')
          if (validate) check(schema, value)
          return Buffer.concat([head, Buffer.from(value)])
        },
      }
    },
    decoder(writer, reader) {
      const schema = validate ? parsed(reader ?? writer) : undefined
      return (payload, from = 0) => {
        const text = utf8.decode(payload.subarray(from))
        if (schema !== undefined) check(schema, text)
        return text
      }
    },
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function check(schema: ParsedSchema, text: string): void {
  const errors = documentErrors(schema, text)
  if (errors.length === 0) return
  const more = errors.length > shownMax ? `; and ${errors.length - shownMax} more` : ''
  throw new TypeError(`not valid by the schema: ${errors.slice(0, shownMax).join('; ')}${more}`)
}
