/** Addresses of schemas: what a `$ref` points at, seen from where it stands. */

import { InvalidSchemaError } from '../formats/format.ts'

/** For a schema that does not say what its address is. */
export const addressOfNothing = 'mem://input/'

export interface Address {
  /** Without the fragment. */
  readonly document: string
  /** Behind the '#', decoded; empty where there is none. */
  readonly fragment: string
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const splitAt = (reference: string): Address => {
  const hash = reference.indexOf('#')
  if (hash === -1) return { document: reference, fragment: '' }
  return { document: reference.slice(0, hash), fragment: decoded(reference.slice(hash + 1)) }
}

/** In characters: many references to a long address would take long. */
const addressLengthMax = 2000

/** What is no address even so (a relative one in a `urn:`) stays as it is. */
export const resolveAddress = (reference: string, base: string): Address => {
  if (reference.length > addressLengthMax) {
    throw new InvalidSchemaError(`an address of more than ${addressLengthMax} characters: ${reference.slice(0, 80)}...`)
  }
  const { document, fragment } = splitAt(reference)
  if (document === '') return { document: base, fragment }
  return { document: URL.parse(document, base)?.href ?? document, fragment }
}

/** The steps of a JSON pointer; undefined where the fragment is none. */
export const pointerSteps = (fragment: string): readonly string[] | undefined => {
  if (fragment === '') return []
  if (!fragment.startsWith('/')) return undefined
  return fragment
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** For messages: where in a document. */
export const pointerOf = (steps: readonly string[]): string =>
  `#${steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`
