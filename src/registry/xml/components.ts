/** What a schema comes to once its texts are read: declarations, types and what they are made of. All names are full ones. */
import type { SimpleType } from './simple-type.ts'
import type { Prefixes } from './values.ts'

export interface ValueConstraint {
  readonly text: string
  readonly isFixed: boolean
  readonly prefixes: Prefixes
}

export interface ElementDeclaration {
  readonly kind: 'element'
  readonly name: string
  readonly isGlobal: boolean
  readonly isNillable: boolean
  readonly isAbstract: boolean
  readonly value: ValueConstraint | undefined
  /** What may not stand in its place: `substitution`, `extension`, `restriction`. */
  readonly block: ReadonlySet<string>
  /** The head of the substitution group that it belongs to. */
  readonly substitutes: string | undefined
  /** `unique`, `key` and `keyref`, as they are written. */
  readonly constraints: readonly string[]
  /** `anyType` until it is read: types refer to each other in circles. */
  type: TypeDefinition
}

export type Namespaces =
  | { readonly kind: 'any' }
  /** Neither this one nor none. */
  | { readonly kind: 'not'; readonly namespace: string }
  /** Of these, where an empty one is none. */
  | { readonly kind: 'list'; readonly namespaces: ReadonlySet<string> }

export interface Wildcard {
  readonly kind: 'wildcard'
  readonly namespaces: Namespaces
  readonly processContents: 'strict' | 'lax' | 'skip'
}

export interface ModelGroup {
  readonly kind: 'group'
  readonly compositor: 'sequence' | 'choice' | 'all'
  readonly particles: readonly Particle[]
}

export interface Particle {
  readonly min: number
  /** Infinity: unbounded. */
  readonly max: number
  readonly term: ElementDeclaration | Wildcard | ModelGroup
}

export interface AttributeDeclaration {
  readonly name: string
  readonly type: SimpleType
  readonly value: ValueConstraint | undefined
}

export interface AttributeUse {
  readonly declaration: AttributeDeclaration
  readonly isRequired: boolean
  readonly value: ValueConstraint | undefined
}

export type Content =
  | { readonly kind: 'empty' }
  | { readonly kind: 'simple'; readonly type: SimpleType }
  | { readonly kind: 'elements'; readonly particle: Particle; readonly isMixed: boolean }

export interface ComplexType {
  readonly kind: 'complex'
  /** Undefined: it stands where it is used. */
  readonly name: string | undefined
  readonly base: TypeDefinition | undefined
  readonly derivation: 'extension' | 'restriction'
  readonly isAbstract: boolean
  readonly block: ReadonlySet<string>
  readonly final: ReadonlySet<string>
  readonly content: Content
  readonly attributes: ReadonlyMap<string, AttributeUse>
  readonly anyAttribute: Wildcard | undefined
}

export type TypeDefinition = SimpleType | ComplexType

export interface SchemaModel {
  /** Empty: none. */
  readonly targetNamespace: string
  /** Of the document itself, the first one. */
  readonly firstElement: string | undefined
  readonly elements: ReadonlyMap<string, ElementDeclaration>
  readonly attributes: ReadonlyMap<string, AttributeDeclaration>
  readonly types: ReadonlyMap<string, TypeDefinition>
  /** By the name of a head: all that may stand in its place, at whatever distance. */
  readonly substitutes: ReadonlyMap<string, readonly ElementDeclaration[]>
  /** Those of all wildcards. */
  readonly wildcards: readonly Namespaces[]
}

const none: ReadonlySet<string> = new Set()

const laxWildcard: Wildcard = { kind: 'wildcard', namespaces: { kind: 'any' }, processContents: 'lax' }

export const anyType: ComplexType = {
  kind: 'complex',
  name: '{http://www.w3.org/2001/XMLSchema}anyType',
  base: undefined,
  derivation: 'restriction',
  isAbstract: false,
  block: none,
  final: none,
  content: {
    kind: 'elements',
    isMixed: true,
    particle: { min: 0, max: Number.POSITIVE_INFINITY, term: laxWildcard },
  },
  attributes: new Map(),
  anyAttribute: laxWildcard,
}

export const namespaceOfName = (name: string): string => (name.startsWith('{') ? name.slice(1, name.indexOf('}')) : '')

export function admits(namespaces: Namespaces, namespace: string): boolean {
  switch (namespaces.kind) {
    case 'any':
      return true
    case 'not':
      return namespace !== '' && namespace !== namespaces.namespace
    case 'list':
      return namespaces.namespaces.has(namespace)
  }
}

/** A type that stands nowhere but where it is used has no name to call it by. */
export const isDerivedFrom = (type: TypeDefinition, base: TypeDefinition): boolean => {
  if (base === anyType) return true
  for (let at: TypeDefinition | undefined = type; at !== undefined; at = at.base) if (at === base) return true
  return (
    base.kind === 'simple' && base.variety === 'union' && base.members.some((member) => isDerivedFrom(type, member))
  )
}

/** In which ways it is derived from the base; undefined: it is not. */
export function derivationSteps(type: TypeDefinition, base: TypeDefinition): ReadonlySet<string> | undefined {
  const steps = new Set<string>()
  for (let at: TypeDefinition | undefined = type; at !== undefined; at = at.base) {
    if (at === base) return steps
    steps.add(at.kind === 'complex' ? at.derivation : 'restriction')
  }
  return base === anyType || isDerivedFrom(type, base) ? steps : undefined
}
