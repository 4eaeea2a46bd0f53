/** JSON, valid under a JSON Schema: what is written is checked, and what is read. */

import type { Codec, Encoder, WholeSchema } from './codec.ts'
import { notPlain, plainCopy } from './json-copy.ts'
import { jsonDepth } from './json-depth.ts'
import { payloadOf } from './json-payload.ts'
import { type JsonValidator, jsonValidator } from './json-validator.ts'

export interface JsonOptions {
  /** Default true; false: neither what is written is checked by the schema nor what is read. */
  readonly validate?: boolean
}

/** Arrays and objects in each other. */
const depthMax = 1000

export function jsonCodec<T>({ validate = true }: JsonOptions = {}): Codec<T> {
  const validatorOf = (whole: WholeSchema): JsonValidator | undefined => (validate ? jsonValidator(whole) : undefined)
  return {
    schemaType: 'JSON',
    encoder(whole): Encoder<T> {
      const check = validatorOf(whole)
      return { name: titleOf(whole.schema), encode: (value, head) => encoded(value, check, head) }
    },
    decoder(writer, reader) {
      const check = validatorOf(reader ?? writer)
      return (payload, from = 0) => {
        const value = parsed(payload.subarray(from))
        check?.(value)
        // Of the type that the caller states: that the schema describes it is for the caller to see to.
        return value as T
      }
    },
  }
}

/** As Confluent's serdes have it: a title is what a JSON Schema has of a name. */
function titleOf(text: string): string | undefined {
  const schema: unknown = JSON.parse(text)
  const title: unknown = typeof schema === 'object' && schema !== null && 'title' in schema ? schema.title : undefined
  return typeof title === 'string' ? title : undefined
}

function encoded(value: unknown, check: JsonValidator | undefined, head: Uint8Array = nothing): Buffer {
  return payloadOf(check === undefined ? textOf(value) : checkedText(value, check), head)
}

/** What is written is what counts: a Date is a string there, and what is undefined is not there. */
function checkedText(value: unknown, check: JsonValidator): string {
  const copy = plainCopy(value)
  const text = textOf(copy === notPlain ? value : copy)
  check(copy === notPlain ? JSON.parse(text) : copy)
  return text
}

function textOf(value: unknown): string {
  // Undefined for what JSON has nothing for.
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`JSON has nothing for ${typeof value}`)
  return text
}

const nothing = Buffer.alloc(0)
const utf8 = new TextDecoder('utf-8', { fatal: true })

function parsed(payload: Buffer): unknown {
  if (jsonDepth(payload, depthMax) > depthMax) throw new TypeError(`the JSON is nested deeper than ${depthMax}`)
  const text = payload.toString()
  // What is no UTF-8 became a sign that says so, which may have been there as well; and before a text there may be a mark of its order.
  return JSON.parse(text.includes('\ufffd') || text.startsWith('\ufeff') ? utf8.decode(payload) : text)
}
