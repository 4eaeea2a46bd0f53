/** Which elements of XML Schema stand where, and which attributes they have: what is misspelt is told instead of being passed over. */
import { schemaNamespace } from './built-in-types.ts'
import { elementsOf, textOf, type XmlElement } from './xml-tree.ts'

interface Rule {
  readonly attributes: readonly string[]
  readonly children: readonly string[]
}

const words = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '')

const rule = (attributes: string, children: string): Rule => ({
  attributes: [...words(attributes), 'id'],
  children: [...words(children), 'annotation'],
})

const particles = 'element group choice sequence any'
const attributes = 'attribute attributeGroup anyAttribute'
const facets =
  'length minLength maxLength pattern enumeration whiteSpace totalDigits fractionDigits minInclusive minExclusive maxInclusive maxExclusive'
const identity = 'unique key keyref'
const occurs = 'minOccurs maxOccurs'

const rules: ReadonlyMap<string, Rule> = new Map([
  [
    'schema',
    rule(
      'targetNamespace version finalDefault blockDefault attributeFormDefault elementFormDefault',
      'include import redefine simpleType complexType group attributeGroup element attribute notation',
    ),
  ],
  ['include', rule('schemaLocation', '')],
  ['import', rule('namespace schemaLocation', '')],
  ['redefine', rule('schemaLocation', 'simpleType complexType group attributeGroup')],
  ['notation', rule('name public system', '')],
  ['annotation', rule('', '')],
  [
    'element',
    rule(
      `name ref type substitutionGroup ${occurs} default fixed nillable abstract final block form`,
      `simpleType complexType ${identity}`,
    ),
  ],
  ['attribute', rule('name ref type use default fixed form', 'simpleType')],
  ['simpleType', rule('name final', 'restriction list union')],
  ['list', rule('itemType', 'simpleType')],
  ['union', rule('memberTypes', 'simpleType')],
  [
    'complexType',
    rule('name mixed abstract final block', `simpleContent complexContent group all choice sequence ${attributes}`),
  ],
  ['simpleContent', rule('', 'restriction extension')],
  ['complexContent', rule('mixed', 'restriction extension')],
  ['extension', rule('base', `group all choice sequence ${attributes}`)],
  ['restriction', rule('base', `simpleType group all choice sequence ${attributes} ${facets}`)],
  ['group', rule(`name ref ${occurs}`, 'all choice sequence')],
  ['attributeGroup', rule('name ref', attributes)],
  ['sequence', rule(occurs, particles)],
  ['choice', rule(occurs, particles)],
  ['all', rule(occurs, 'element')],
  ['any', rule(`namespace processContents ${occurs}`, '')],
  ['anyAttribute', rule('namespace processContents', '')],
  ['unique', rule('name', 'selector field')],
  ['key', rule('name', 'selector field')],
  ['keyref', rule('name refer', 'selector field')],
  ['selector', rule('xpath', '')],
  ['field', rule('xpath', '')],
  ...words(facets).map(
    (name) => [name, rule(name === 'pattern' || name === 'enumeration' ? 'value' : 'value fixed', '')] as const,
  ),
])

const isSchemaElement = (element: XmlElement): boolean => element.namespace === schemaNamespace

/** Calls back with what does not belong; what stands in an annotation is anything. */
export function checkGrammar(root: XmlElement, fail: (element: XmlElement, message: string) => never): void {
  if (!isSchemaElement(root) || root.local !== 'schema') {
    fail(root, `the root element is <${root.name}>, not the schema of ${schemaNamespace}`)
  }
  const check = (element: XmlElement): void => {
    if (element.local === 'annotation') return
    const own = rules.get(element.local)
    if (own === undefined) throw fail(element, `there is no <${element.name}> in XML Schema`)
    for (const { name, namespace, local } of element.attributes) {
      const isWrong = namespace === schemaNamespace || (namespace === '' && !own.attributes.includes(local))
      if (isWrong) fail(element, `<${element.name}> has no attribute "${name}"`)
    }
    if (/\S/u.test(textOf(element))) fail(element, `text stands in <${element.name}>`)
    for (const [index, child] of elementsOf(element).entries()) {
      const isKnown = isSchemaElement(child) && own.children.includes(child.local)
      if (!isKnown) fail(child, `<${child.name}> does not belong into <${element.name}>`)
      const isLate =
        child.local === 'annotation' && index > 0 && element.local !== 'schema' && element.local !== 'redefine'
      if (isLate) fail(child, `an annotation stands first in <${element.name}>`)
      check(child)
    }
  }
  check(root)
}
