/** Values of JSON as literals of TypeScript, in lines of their own where one is too short for them. */
import { keyText, stringText } from './texts.ts'
import { TypesError } from './types-error.ts'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** What a line has, as formatters have it unless they are told. */
export const widthMax = 80
const depthMax = 200

export const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === 'object' && json !== null && !isArray(json)

export const isArray = (json: Json | undefined): json is readonly Json[] => Array.isArray(json)

/** What is the object's own, and no method of all objects. */
export const part = (json: Json | undefined, key: string): Json | undefined =>
  typeof json === 'object' && json !== null && Object.hasOwn(json, key) ? Reflect.get(json, key) : undefined

/** Throws TypesError. */
export function readJson(text: string): Json {
  let json: Json
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new TypesError(`it is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  checkDepth(json, 0)
  return json
}

function checkDepth(json: Json, depth: number): void {
  if (typeof json !== 'object' || json === null) return
  if (depth >= depthMax) throw new TypesError(`it is nested deeper than ${depthMax}`)
  for (const item of Object.values(json)) checkDepth(item, depth + 1)
}

/** Whether numbers of JavaScript are those of the text: others would make another schema of it. */
export function hasExactNumbers(text: string): boolean {
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|-?\d[\d.eE+-]*/g)) {
    if (token.startsWith('"')) continue
    const number = Number(token)
    if (!Number.isFinite(number)) return false
    if (/^-?\d+$/.test(token) && BigInt(token) !== BigInt(number)) return false
  }
  return true
}

function inline(json: Json): string {
  if (isArray(json)) return `[${json.map(inline).join(', ')}]`
  if (!isObject(json)) return typeof json === 'string' ? stringText(json) : String(json)
  const entries = Object.entries(json).map(([key, item]) => `${keyText(key)}: ${inline(item)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

/** `before`: how many characters the line has already; those that come behind are few. */
export function literalText(json: Json, indent = '', before = indent.length): string {
  if (typeof json !== 'object' || json === null) return inline(json)
  const entries = Object.entries(json)
  const short = entries.length > widthMax ? undefined : inline(json)
  if (short !== undefined && before + short.length < widthMax) return short
  const within = `${indent}  `
  const lines = entries.map(([key, item]) => {
    const start = isArray(json) ? within : `${within}${keyText(key)}: `
    return `${start}${literalText(item, within, start.length)},\n`
  })
  const [open, close] = isArray(json) ? '[]' : '{}'
  return `${open}\n${lines.join('')}${indent}${close}`
}

/** The type that a value has which `as const` stands behind. */
export function literalType(json: Json): string {
  if (isArray(json)) return `readonly [${json.map(literalType).join(', ')}]`
  if (!isObject(json)) return inline(json)
  const entries = Object.entries(json).map(([key, item]) => `readonly ${keyText(key)}: ${literalType(item)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join('; ')} }`
}
