/** One walk through a document beside the declarations that its elements have. */
import { instanceNamespace } from './built-in-types.ts'
import {
  type AttributeDeclaration,
  admits,
  anyType,
  type ComplexType,
  derivationSteps,
  type ElementDeclaration,
  type SchemaModel,
  type TypeDefinition,
  type ValueConstraint,
  type Wildcard,
} from './components.ts'
import { type ContentModel, type ContentModels, type Leaf, leafAdmits } from './content-model.ts'
import type { Expression } from './expression.ts'
import { typeNamed } from './schema-types.ts'
import { interpret, type SimpleType, valueKey } from './simple-type.ts'
import type { Prefixes } from './values.ts'
import { elementsOf, fullName, isElement, namespaceOf, textOf, type XmlAttribute, type XmlElement } from './xml-tree.ts'

/** More of them help nobody. */
const errorsMax = 100

const fullNameOf = ({ namespace, local }: XmlElement | XmlAttribute): string => fullName(namespace, local)

export class DocumentCheck {
  readonly #model: SchemaModel
  readonly #models: ContentModels
  readonly #errors: string[] = []
  readonly #ids = new Set<string>()
  readonly #references: { readonly id: string; readonly path: string }[] = []

  constructor(model: SchemaModel, models: ContentModels) {
    this.#model = model
    this.#models = models
  }

  errors(root: XmlElement): readonly string[] {
    const name = fullNameOf(root)
    const declaration = this.#model.elements.get(name)
    const path = `/${root.name}`
    if (declaration === undefined) this.#report(path, root, `the schema has no element ${name}`)
    else this.#element(root, declaration, path)
    for (const { id, path: at } of this.#references) {
      if (!this.#ids.has(id)) this.#errors.push(`${at}: there is no ID "${id}"`)
    }
    return this.#errors.slice(0, errorsMax)
  }

  #report(path: string, element: XmlElement, message: string): void {
    if (this.#errors.length < errorsMax) this.#errors.push(`${path} (line ${element.line}): ${message}`)
  }

  #element(element: XmlElement, declaration: ElementDeclaration, path: string): void {
    if (declaration.isAbstract) this.#report(path, element, 'the element is abstract: another one stands in its place')
    const type = this.#actualType(element, declaration.type, declaration.block, path)
    this.#typed(element, { type, declaration }, path)
  }

  /** With what `xsi:type` says. */
  #actualType(element: XmlElement, declared: TypeDefinition, block: ReadonlySet<string>, path: string): TypeDefinition {
    const written = instanceAttribute(element, 'type')?.trim()
    if (written === undefined) return declared
    const [first = '', second] = written.split(':')
    const namespace = namespaceOf(element, second === undefined ? '' : first)
    const name = fullName(namespace ?? '', second ?? first)
    const type = namespace === undefined ? undefined : typeNamed(this.#model, name)
    if (type === undefined) {
      this.#report(path, element, `there is no type ${written}`)
      return declared
    }
    const steps = derivationSteps(type, declared)
    const blocked = declared.kind === 'complex' ? declared.block : noWays
    const isBlocked = steps !== undefined && [...steps].some((step) => block.has(step) || blocked.has(step))
    if (steps === undefined) this.#report(path, element, `the type ${written} is not derived from the declared one`)
    else if (isBlocked) this.#report(path, element, `the type ${written} is blocked`)
    return type
  }

  #typed(
    element: XmlElement,
    about: { readonly type: TypeDefinition; readonly declaration: ElementDeclaration | undefined },
    path: string,
  ): void {
    const { type, declaration } = about
    if (type.kind === 'complex' && type.isAbstract) this.#report(path, element, 'the type is abstract')
    this.#attributes(element, type, path)
    const nil = instanceAttribute(element, 'nil')?.trim()
    const isNil = nil === 'true' || nil === '1'
    if (nil !== undefined && !isNil && nil !== 'false' && nil !== '0')
      this.#report(path, element, 'xsi:nil is a boolean')
    if (nil !== undefined && declaration?.isNillable === false)
      this.#report(path, element, 'the element is not nillable')
    if (isNil) {
      if (element.children.length > 0) this.#report(path, element, 'an element that is nil is empty')
      if (declaration?.value?.isFixed === true) this.#report(path, element, 'an element with a fixed value is not nil')
      return
    }
    const value = declaration?.value
    if (type.kind === 'simple') this.#simpleContent(element, type, value, path)
    else if (type.content.kind === 'simple') this.#simpleContent(element, type.content.type, value, path)
    else this.#complexContent(element, type, value, path)
  }

  #simpleContent(element: XmlElement, type: SimpleType, value: ValueConstraint | undefined, path: string): void {
    if (element.children.some(isElement)) {
      this.#report(path, element, 'the type has no room for elements')
      return
    }
    const written = textOf(element)
    const isInitial = written === '' && value !== undefined
    const text = isInitial ? value.text : written
    const prefixes = isInitial ? value.prefixes : prefixesOf(element)
    this.#value({ type, text, prefixes, fixed: value?.isFixed === true ? value : undefined }, element, path)
  }

  /** Of an element or an attribute. */
  #value(
    about: {
      readonly type: SimpleType
      readonly text: string
      readonly prefixes: Prefixes
      readonly fixed: ValueConstraint | undefined
    },
    element: XmlElement,
    path: string,
  ): void {
    const { type, text, prefixes, fixed } = about
    const found = interpret(type, text, prefixes)
    if ('error' in found) {
      this.#report(path, element, found.error)
      return
    }
    this.#note(found.type, text, element, path)
    if (fixed === undefined) return
    const wanted = interpret(type, fixed.text, fixed.prefixes)
    const isSame = !('error' in wanted) && valueKey(wanted.value) === valueKey(found.value)
    if (!isSame) this.#report(path, element, `the value is fixed at "${fixed.text}"`)
  }

  #note(type: SimpleType, text: string, element: XmlElement, path: string): void {
    const atom = type.variety === 'list' ? type.item : type
    if (atom.variety !== 'atomic' || (atom.builtIn !== 'ID' && atom.builtIn !== 'IDREF')) return
    for (const id of text.split(/\s+/u).filter((word) => word !== '')) {
      if (atom.builtIn === 'IDREF') this.#references.push({ id, path })
      else if (this.#ids.has(id)) this.#report(path, element, `the ID "${id}" is there twice`)
      else this.#ids.add(id)
    }
  }

  #attributes(element: XmlElement, type: TypeDefinition, path: string): void {
    const uses = type.kind === 'complex' ? type.attributes : new Map<string, never>()
    const wildcard = type.kind === 'complex' ? type.anyAttribute : undefined
    const present = new Set<string>()
    for (const attribute of element.attributes) {
      const { namespace, local, name } = attribute
      const isOurs = namespace === instanceNamespace && instanceNames.includes(local)
      if (isOurs) continue
      const full = fullNameOf(attribute)
      present.add(full)
      const at = `${path}/@${name}`
      const use = uses.get(full)
      if (use !== undefined) this.#attribute(attribute, { ...use.declaration, value: use.value }, element, at)
      else if (wildcard === undefined || !admits(wildcard.namespaces, namespace)) {
        this.#report(at, element, 'the attribute is not declared')
      } else this.#wildAttribute(attribute, wildcard, element, at)
    }
    for (const [name, { isRequired }] of uses) {
      if (isRequired && !present.has(name)) this.#report(path, element, `the attribute ${name} is missing`)
    }
  }

  #wildAttribute(attribute: XmlAttribute, wildcard: Wildcard, element: XmlElement, path: string): void {
    if (wildcard.processContents === 'skip') return
    const declaration = this.#model.attributes.get(fullNameOf(attribute))
    if (declaration !== undefined) this.#attribute(attribute, declaration, element, path)
    else if (wildcard.processContents === 'strict') this.#report(path, element, 'the attribute is not declared')
  }

  #attribute(attribute: XmlAttribute, declaration: AttributeDeclaration, element: XmlElement, path: string): void {
    const { type, value } = declaration
    const fixed = value?.isFixed === true ? value : undefined
    this.#value({ type, text: attribute.value, prefixes: prefixesOf(element), fixed }, element, path)
  }

  #complexContent(element: XmlElement, type: ComplexType, value: ValueConstraint | undefined, path: string): void {
    const { content } = type
    if (content.kind === 'empty') {
      if (element.children.length > 0) this.#report(path, element, 'the element is to be empty')
      return
    }
    if (content.kind === 'simple') return
    const text = textOf(element)
    if (!content.isMixed && /[^ \t\n\r]/u.test(text)) this.#report(path, element, 'text stands between its elements')
    const isOther = value?.isFixed === true && element.children.length > 0 && text !== value.text
    if (isOther) this.#report(path, element, `the value is fixed at "${value.text}"`)
    const children = elementsOf(element)
    if (value?.isFixed === true && children.length > 0)
      this.#report(path, element, 'a fixed value has no elements in it')
    this.#children(element, this.#models.model(content.particle), path)
  }

  #children(element: XmlElement, model: ContentModel, path: string): void {
    const counts = new Map<string, number>()
    let states: ReadonlyMap<number, Expression<Leaf>> = new Map([[model.expression.id, model.expression]])
    for (const child of elementsOf(element)) {
      const name = fullNameOf(child)
      const count = (counts.get(child.name) ?? 0) + 1
      counts.set(child.name, count)
      const at = `${path}/${child.name}${count === 1 ? '' : `[${count}]`}`
      const { next, leaf } = this.#advanced(states, name)
      if (leaf === undefined) {
        this.#report(at, child, `it is not expected here, but ${this.#expected(states)}`)
        return
      }
      this.#child(child, leaf, model, at)
      states = next
    }
    const isComplete = [...states.values()].some(({ isNullable }) => isNullable)
    if (!isComplete) this.#report(path, element, `the content is not complete: expected is ${this.#expected(states)}`)
  }

  /** A declaration goes before a wildcard. */
  #advanced(
    states: ReadonlyMap<number, Expression<Leaf>>,
    name: string,
  ): { readonly next: ReadonlyMap<number, Expression<Leaf>>; readonly leaf: Leaf | undefined } {
    const next = new Map<number, Expression<Leaf>>()
    let leaf: Leaf | undefined
    for (const state of states.values()) {
      for (const step of this.#models.expressions.steps(state)) {
        if (!leafAdmits(step.leaf, name)) continue
        next.set(step.next.id, step.next)
        if (leaf === undefined || step.leaf.kind === 'element') leaf = step.leaf
      }
    }
    return { next, leaf }
  }

  #expected(states: ReadonlyMap<number, Expression<Leaf>>): string {
    const names = new Set<string>()
    let isEnd = false
    for (const state of states.values()) {
      isEnd ||= state.isNullable
      for (const { leaf } of this.#models.expressions.steps(state)) {
        names.add(leaf.kind === 'element' ? leaf.name : 'any element')
      }
    }
    const shown = [...names].slice(0, 5)
    const all = isEnd ? [...shown, 'the end'] : shown
    return all.length === 0 ? 'nothing' : all.join(' or ')
  }

  #child(child: XmlElement, leaf: Leaf, model: ContentModel, path: string): void {
    const name = fullNameOf(child)
    if (leaf.kind === 'element') {
      const [declaration] = model.declarations.get(name) ?? []
      if (declaration !== undefined) this.#element(child, declaration, path)
      return
    }
    if (leaf.processContents === 'skip') return
    const declaration = this.#model.elements.get(name)
    if (declaration !== undefined) {
      this.#element(child, declaration, path)
      return
    }
    const hasType = instanceAttribute(child, 'type') !== undefined
    if (leaf.processContents === 'strict' && !hasType) {
      this.#report(path, child, `the schema has no element ${name}`)
      return
    }
    const type = this.#actualType(child, anyType, noWays, path)
    this.#typed(child, { type, declaration: undefined }, path)
  }
}

const noWays: ReadonlySet<string> = new Set()

const instanceNames: readonly string[] = ['type', 'nil', 'schemaLocation', 'noNamespaceSchemaLocation']

const instanceAttribute = (element: XmlElement, name: string): string | undefined =>
  element.attributes.find(({ namespace, local }) => namespace === instanceNamespace && local === name)?.value

const prefixesOf =
  (element: XmlElement): Prefixes =>
  (prefix) =>
    namespaceOf(element, prefix)
