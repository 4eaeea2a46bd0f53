/** As many schemas as a large registry has: half of them Avro, three tenths JSON Schema, the others Protobuf, in versions of subjects. */
import type { Format } from './samples.ts'

export interface Given {
  readonly subject: string
  readonly version: number
  readonly format: Format
  readonly schema: string
}

/** The later ones have a field more, so that they follow the earlier ones. */
const versions = 4
const fieldsOfFirst = 8

const formatOf = (subject: number): Format => {
  const tenth = subject % 10
  return tenth < 5 ? 'avro' : tenth < 8 ? 'json' : 'protobuf'
}

const fieldNames = (subject: number, version: number): readonly string[] =>
  Array.from({ length: fieldsOfFirst + version }, (_, i) => `field_${subject % 97}_${i}`)

const texts: Readonly<Record<Format, (name: string, fields: readonly string[]) => string>> = {
  avro: (name, fields) =>
    JSON.stringify({
      ...{ type: 'record', name, namespace: 'org.example.events', doc: `What happened, as ${name} tells it.` },
      fields: fields.map((field, i) => ({
        name: field,
        type: ['null', i % 2 === 0 ? 'string' : 'long'],
        default: null,
      })),
    }),
  json: (name, fields) =>
    JSON.stringify({
      ...{ $schema: 'http://json-schema.org/draft-07/schema#', title: name, type: 'object' },
      properties: Object.fromEntries(
        fields.map((field, i) => [field, { type: i % 2 === 0 ? 'string' : 'integer', description: `The ${field}.` }]),
      ),
      additionalProperties: false,
    }),
  protobuf: (name, fields) =>
    [
      ...['syntax = "proto3";', 'package org.example.events;', '', `message ${name} {`],
      ...fields.map((field, i) => `  ${i % 2 === 0 ? 'string' : 'int64'} ${field} = ${i + 1};`),
      ...['}', ''],
    ].join('\n'),
}

/** In an order in which they can be registered; no two are the same. */
export const manySchemas = (count: number): readonly Given[] =>
  Array.from({ length: count }, (_, i) => {
    const subjects = Math.ceil(count / versions)
    const subject = i % subjects
    const format = formatOf(subject)
    const version = 1 + Math.floor(i / subjects)
    const schema = texts[format](`Event${subject}`, fieldNames(subject, version))
    return { subject: `events-${subject}-value`, version, format, schema }
  })
