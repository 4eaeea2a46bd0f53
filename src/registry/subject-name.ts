/**
 * The name of a subject, and the context that it lies in: `:.context:subject`. What has no context in its name lies in the default one,
 * whose name is `.`. Ids are counted in each context for itself.
 */
import { RegistryError } from './registry-error.ts'

export interface SubjectName {
  /** Begins with a dot. */
  readonly context: string
  /** Empty: what is said is of the context as a whole. */
  readonly subject: string
}

export const defaultContext = '.'
/** Where what is set for all contexts is put. */
export const globalContext = '.__GLOBAL'
const prefix = ':.'
/** Of what has the name of another one: those of `_schemas` for all, and for nothing. */
const reserved: ReadonlySet<string> = new Set(['__GLOBAL', '__EMPTY'])

export function parseSubject(name: string): SubjectName {
  if (!name.startsWith(prefix)) return { context: defaultContext, subject: name }
  const end = name.indexOf(':', prefix.length)
  if (end < 0) return { context: name.slice(1), subject: '' }
  return { context: name.slice(1, end), subject: name.slice(end + 1) }
}

export const subjectText = ({ context, subject }: SubjectName): string =>
  context === defaultContext ? subject : `:${context}:${subject}`

/** In one way: `:.:orders` is `orders`. */
export const normalSubject = (name: string): string => subjectText(parseSubject(name))

export const contextOf = (name: string): string => parseSubject(name).context

/** What a reference of `parent` calls `name` lies in its context, unless it says another one. */
export function besideSubject(parent: string, name: string): string {
  if (name.startsWith(prefix)) return normalSubject(name)
  return subjectText({ context: contextOf(parent), subject: name })
}

/** Throws RegistryError for what no subject may be called. */
export function checkSubject(name: string): void {
  const { context, subject } = parseSubject(name)
  const isControl = (character: string): boolean => character < ' ' || character === '\u007f'
  const isBad = subject === '' || reserved.has(subject) || context === globalContext || [...name].some(isControl)
  if (isBad) throw new RegistryError('invalidSubject', `The specified subject '${name}' is not a valid subject.`)
}
