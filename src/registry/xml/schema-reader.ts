/** Reads a schema: from its documents to declarations and types. Types of elements are read behind one another, so circles of them are none. */

import type { SchemaSource } from '../formats/format.ts'
import { AttributeReader, checkValue, readValue } from './attribute-reader.ts'
import { anySimpleType } from './built-in-types.ts'
import { ComplexReader } from './complex-reader.ts'
import {
  anyType,
  type ComplexType,
  derivationSteps,
  type ElementDeclaration,
  type Namespaces,
  type SchemaModel,
  type TypeDefinition,
} from './components.ts'
import {
  attributeOf,
  booleanOf,
  childSites,
  closedWays,
  fail,
  Globals,
  nameOf,
  oneOf,
  referenceOf,
  type Site,
} from './globals.ts'
import { ParticleReader } from './particle-reader.ts'
import { checkModels } from './schema-checks.ts'
import { builtInType } from './schema-types.ts'
import { SimpleReader } from './simple-reader.ts'
import type { SimpleType } from './simple-type.ts'
import { fullName, namespaceOf } from './xml-tree.ts'

/** Throws InvalidSchemaError. */
export function readSchema(source: SchemaSource): SchemaModel {
  return new SchemaReader(new Globals(source)).read()
}

const derivationsMax = 100

class SchemaReader {
  readonly #globals: Globals
  readonly #simple: SimpleReader
  readonly #attributes: AttributeReader
  readonly #particles: ParticleReader
  readonly #complex: ComplexReader
  readonly #types = new Map<string, TypeDefinition>()
  readonly #elements = new Map<string, ElementDeclaration>()
  /** Of types that are being read. */
  readonly #open = new Set<string>()
  readonly #complexTypes: { readonly type: ComplexType; readonly site: Site }[] = []
  /** Elements whose types are to be read. */
  readonly #pending: { readonly element: ElementDeclaration; readonly site: Site }[] = []
  readonly #declared: { readonly element: ElementDeclaration; readonly site: Site }[] = []

  constructor(globals: Globals) {
    this.#globals = globals
    const simpleNamed = (name: string, site: Site): SimpleType => this.#simpleNamed(name, site)
    this.#simple = new SimpleReader({ simpleNamed })
    this.#attributes = new AttributeReader(globals, this.#simple, { simpleNamed })
    this.#particles = new ParticleReader({
      globals,
      elementNamed: (name, site) => this.#elementNamed(name, site),
      localElement: (site) => this.#element(site, this.#localName(site), false),
    })
    this.#complex = new ComplexReader({
      simple: this.#simple,
      attributes: this.#attributes,
      particles: this.#particles,
      typeNamed: (name, site) => this.#typeNamed(name, site),
    })
  }

  read(): SchemaModel {
    for (const [name, site] of this.#globals.all('type')) this.#typeNamed(name, site)
    for (const [name, site] of this.#globals.all('element')) this.#elementNamed(name, site)
    const attributes = this.#attributes.readAll()
    this.#particles.readAll()
    // It grows while it is gone through: types have elements, and those have types.
    for (const { element, site } of this.#pending) element.type = this.#typeOf(site)
    this.#inheritTypes()
    for (const { element, site } of this.#declared) checkElement(element, site)
    const substitutes = this.#substitutes()
    const model: SchemaModel = {
      targetNamespace: this.#globals.main.namespace,
      firstElement: this.#firstElement(),
      elements: this.#elements,
      attributes,
      types: this.#types,
      substitutes,
      wildcards: this.#wildcards(),
    }
    checkModels({ substitutes, complexTypes: this.#complexTypes })
    return model
  }

  #wildcards(): readonly Namespaces[] {
    return this.#complexTypes
      .flatMap(({ type }) => (type.anyAttribute === undefined ? [] : [type.anyAttribute.namespaces]))
      .concat(this.#particles.wildcards)
  }

  #firstElement(): string | undefined {
    const { root, namespace } = this.#globals.main
    const document = this.#globals.main
    const first = childSites({ element: root, document }).find(({ element }) => element.local === 'element')
    return first === undefined ? undefined : fullName(namespace, nameOf(first))
  }

  #simpleNamed(name: string, site: Site): SimpleType {
    const type = this.#typeNamed(name, site)
    return type.kind === 'simple' ? type : fail(site, `${name} is a complex type`)
  }

  #typeNamed(name: string, site: Site): TypeDefinition {
    const known = this.#types.get(name) ?? builtInType(name)
    if (known !== undefined) return known
    const found = this.#globals.get('type', name) ?? fail(site, `there is no type ${name}`)
    if (this.#open.has(name)) fail(site, `the type ${name} is derived from itself`)
    if (this.#open.size >= derivationsMax)
      fail(site, `types are derived from each other more than ${derivationsMax} times`)
    this.#open.add(name)
    const type = this.#readType(found, name)
    this.#open.delete(name)
    this.#types.set(name, type)
    return type
  }

  #readType(site: Site, name: string | undefined): TypeDefinition {
    if (site.element.local === 'simpleType') return this.#simple.read(site, name)
    const type = this.#complex.read(site, name)
    this.#complexTypes.push({ type, site })
    return type
  }

  #elementNamed(name: string, site: Site): ElementDeclaration {
    const known = this.#elements.get(name)
    if (known !== undefined) return known
    const found = this.#globals.get('element', name) ?? fail(site, `there is no element ${name}`)
    const element = this.#element(found, name, true)
    this.#elements.set(name, element)
    return element
  }

  #localName(site: Site): string {
    const { document } = site
    const root = { element: document.root, document }
    const form =
      oneOf(site, 'form', ['qualified', 'unqualified']) ??
      oneOf(root, 'elementFormDefault', ['qualified', 'unqualified'])
    for (const name of ['abstract', 'final', 'substitutionGroup']) {
      if (attributeOf(site, name) !== undefined) fail(site, `${name} is for global elements`)
    }
    return fullName(form === 'qualified' ? document.namespace : '', nameOf(site))
  }

  #element(site: Site, name: string, isGlobal: boolean): ElementDeclaration {
    const wrong = isGlobal ? ['ref', 'form', 'minOccurs', 'maxOccurs'] : []
    for (const each of wrong) if (attributeOf(site, each) !== undefined) fail(site, `${each} is for elements in a type`)
    closedWays(site, 'final', ['extension', 'restriction'])
    const element: ElementDeclaration = {
      kind: 'element',
      name,
      isGlobal,
      isNillable: booleanOf(site, 'nillable'),
      isAbstract: booleanOf(site, 'abstract'),
      value: readValue(site),
      block: closedWays(site, 'block', ['substitution', 'extension', 'restriction']),
      substitutes: referenceOf(site, 'substitutionGroup'),
      constraints: childSites(site).flatMap(constraintOf),
      type: anyType,
    }
    this.#pending.push({ element, site })
    this.#declared.push({ element, site })
    return element
  }

  #typeOf(site: Site): TypeDefinition {
    const named = referenceOf(site, 'type')
    const inner = childSites(site).filter(
      ({ element }) => element.local === 'simpleType' || element.local === 'complexType',
    )
    const [first, second] = inner
    if (second !== undefined || (first !== undefined && named !== undefined)) fail(site, 'it has more than one type')
    if (first !== undefined) return this.#readType(first, undefined)
    return named === undefined ? anyType : this.#typeNamed(named, site)
  }

  /** An element without a type has that of the head of its substitution group. */
  #inheritTypes(): void {
    const hasOwn = new Map(this.#declared.map(({ element, site }) => [element, hasType(site)]))
    for (const { element, site } of this.#declared) {
      const passed = new Set([element])
      let head = element
      while (head.substitutes !== undefined) {
        const next = this.#elements.get(head.substitutes) ?? fail(site, `there is no element ${head.substitutes}`)
        if (passed.has(next)) fail(site, `the substitution group of ${element.name} contains itself`)
        if (passed.size > derivationsMax) fail(site, `substitution groups are longer than ${derivationsMax}`)
        passed.add(next)
        const inherits = hasOwn.get(element) === false && (hasOwn.get(head) === false || head === element)
        if (inherits) element.type = next.type
        head = next
      }
    }
  }

  #substitutes(): ReadonlyMap<string, readonly ElementDeclaration[]> {
    const substitutes = new Map<string, ElementDeclaration[]>()
    for (const { element, site } of this.#declared) {
      for (let at = element; at.substitutes !== undefined; ) {
        const head = this.#elements.get(at.substitutes) ?? fail(site, `there is no element ${at.substitutes}`)
        const steps = derivationSteps(element.type, head.type)
        if (steps === undefined) return fail(site, `the type is not derived from that of ${head.name}`)
        const isBlocked = [...steps].some((step) => head.block.has(step) || blocks(head.type, step))
        if (!isBlocked) substitutes.set(head.name, [...(substitutes.get(head.name) ?? []), element])
        at = head
      }
    }
    return substitutes
  }
}

const blocks = (type: TypeDefinition, step: string): boolean => type.kind === 'complex' && type.block.has(step)

const hasType = (site: Site): boolean =>
  attributeOf(site, 'type') !== undefined ||
  childSites(site).some(({ element }) => element.local === 'simpleType' || element.local === 'complexType')

function checkElement({ type, value }: ElementDeclaration, site: Site): void {
  if (value === undefined) return
  if (type.kind === 'simple') checkValue(site, type, value)
  else if (type.content.kind === 'simple') checkValue(site, type.content.type, value)
  else if (type.content.kind === 'empty' || !type.content.isMixed)
    fail(site, 'its type has no room for a default or fixed value')
  else checkValue(site, anySimpleType, value)
}

/** With the namespaces in the place of prefixes, so that equal ones mean the same. */
function constraintOf(site: Site): readonly string[] {
  const { element } = site
  if (element.local !== 'unique' && element.local !== 'key' && element.local !== 'keyref') return []
  const paths = childSites(site).map((child) => {
    const xpath = attributeOf(child, 'xpath') ?? fail(child, 'the xpath is missing')
    return `${child.element.local} ${xpath.replace(/([\w.-]+):(?!:)/gu, (_, prefix: string) => `{${namespaceOf(element, prefix) ?? prefix}}`)}`
  })
  const refer = element.local === 'keyref' ? (referenceOf(site, 'refer') ?? fail(site, 'the refer is missing')) : ''
  return [`${element.local} ${nameOf(site)} ${refer} ${paths.join('; ')}`]
}
