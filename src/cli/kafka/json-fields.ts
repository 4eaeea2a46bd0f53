/** The fields of a JSON file as Kafka's tools ask for them. All throw ToolError, in the words of Kafka's. */
import { readGivenFile } from './given-file.ts'
import { ToolError } from './tool.ts'

export type Fields = Readonly<Record<string, unknown>>

/** Undefined: it is no JSON. */
export function readJson(path: string): unknown {
  const text = readGivenFile(path)
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function fieldsOf(value: unknown): Fields {
  if (isFields(value)) return value
  throw new ToolError(`Expected JSON object, received ${JSON.stringify(value)}`)
}

export function fieldOf(fields: Fields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name]
  throw new ToolError(`No such field exists: \`${name}\``)
}

export function arrayOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new ToolError(`Expected JSON array, received ${JSON.stringify(value)}`)
}

const unexpected = (expected: string, value: unknown): ToolError =>
  new ToolError(`Expected \`${expected}\` value, received ${JSON.stringify(value)}`)

export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  throw unexpected('String', value)
}

export function integerOf(value: unknown): number {
  if (typeof value === 'number' && value === (value | 0)) return value
  throw unexpected('Integer', value)
}

export function listOf<T>(value: unknown, itemOf: (item: unknown) => T): readonly T[] {
  if (Array.isArray(value)) return value.map(itemOf)
  throw unexpected('JSON array', value)
}

/** 1 where there is none. */
export function checkVersion(fields: Fields): void {
  const version = Object.hasOwn(fields, 'version') ? integerOf(fields['version']) : 1
  if (version !== 1) throw new ToolError(`Not supported version field value ${version}`)
}
