/**
 * Turns a declaration into straight-line JavaScript, compiled on first use: for each struct one function that reads,
 * one that writes and one that makes it, with branches on the version. Measured 2 to 5 times faster than interpreting
 * the declaration.
 */
import type { Reader, Writer } from '../base/index.ts'
import * as calls from './calls.ts'
import { emitReader } from './emit-reader.ts'
import { emitCreator, emitIsInitial, emitWriter } from './emit-writer.ts'
import { type Layout, Scope } from './scope.ts'
import type { Fields } from './words.ts'

export interface Compiled {
  readonly decode: (reader: Reader, version: number) => unknown
  readonly encode: (writer: Writer, version: number, value: unknown) => void
  readonly create: (given: unknown) => unknown
}

export function compile(fields: Fields, layout: Layout): Compiled {
  const make = new Function('c', emit(fields, layout)) as (c: typeof calls) => Compiled
  return make(calls)
}

/** The source of a function body that takes `calls.ts` as `c` and returns what `Compiled` says. */
function emit(fields: Fields, layout: Layout): string {
  const scope = new Scope(layout)
  const top = scope.struct(fields)
  const functions: string[] = []
  // Emitting a struct may add those it holds at the end.
  for (const struct of scope.structs) {
    functions.push(
      emitReader(scope, struct),
      emitWriter(scope, struct),
      emitIsInitial(scope, struct),
      emitCreator(scope, struct),
    )
  }
  // The defaults of structs are shared by all that is read: nobody changes a message.
  const defaults = scope.structs.map(({ id }) => `const p${id} = create${id}({})`)
  const result = `return { decode: read${top}, encode: write${top}, create: create${top} }`
  return ["'use strict'", ...functions, ...defaults, result].join('\n')
}
