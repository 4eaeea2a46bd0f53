/** What can differ between two schemas, in the words of Confluent's registry, and what of it a reader can live with. */

/** All others a reader cannot live with. */
const compatible: ReadonlySet<string> = new Set([
  ...['ID_CHANGED', 'DESCRIPTION_CHANGED', 'TITLE_CHANGED', 'DEFAULT_CHANGED', 'SCHEMA_REMOVED', 'TYPE_EXTENDED'],
  ...['LENGTH', 'ITEMS', 'CONTAINS', 'PROPERTIES'].flatMap((what) => looser(`MAX_${what}`, `MIN_${what}`)),
  ...looser('MAXIMUM', 'MINIMUM'),
  ...looser('EXCLUSIVE_MAXIMUM', 'EXCLUSIVE_MINIMUM'),
  ...['PATTERN_REMOVED', 'MULTIPLE_OF_REDUCED', 'MULTIPLE_OF_REMOVED', 'UNIQUE_ITEMS_REMOVED'],
  ...['REQUIRED_ATTRIBUTE_REMOVED', 'REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED'],
  ...['DEPENDENCY_ARRAY_NARROWED', 'DEPENDENCY_ARRAY_REMOVED', 'DEPENDENCY_SCHEMA_REMOVED'],
  ...['ADDITIONAL', 'UNEVALUATED'].flatMap((which) =>
    ['PROPERTIES', 'ITEMS'].flatMap((what) => [`${which}_${what}_ADDED`, `${which}_${what}_EXTENDED`]),
  ),
  'PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL',
  'REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL',
  'OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL',
  'PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL',
  'PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL',
  'PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
  'PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
  'ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL',
  'ITEM_ADDED_TO_CLOSED_CONTENT_MODEL',
  'ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL',
  'ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL',
  'ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
  'ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
  ...['ENUM_ARRAY_EXTENDED', 'COMBINED_TYPE_EXTENDED', 'PRODUCT_TYPE_NARROWED', 'SUM_TYPE_EXTENDED'],
  'NOT_TYPE_NARROWED',
])

/** Of a bound above and one below. */
function looser(above: string, below: string): string[] {
  return [`${above}_INCREASED`, `${above}_REMOVED`, `${below}_DECREASED`, `${below}_REMOVED`]
}

export interface Difference {
  readonly type: string
  /** From where the comparison began, in keywords and names with '/' between them. */
  readonly path: string
}

export const isCompatible = ({ type }: Difference): boolean => compatible.has(type)

/** In the form that Confluent's registry has: '#/' is the whole. */
export const pathText = (path: string): string => `#/${path}`

export const joinPath = (outer: string, inner: string): string =>
  outer === '' ? inner : inner === '' ? outer : `${outer}/${inner}`

/** The two schemas could not be compared within the limits, so nobody knows. */
export const notComparable = 'COMPARISON_LIMIT_EXCEEDED'

/** In the order in which they are tried. */
const descriptions: readonly (readonly [RegExp, string])[] = [
  [new RegExp(notComparable), 'is where the comparison was given up: the schemas are too big or too entangled'],
  [/^REQUIRED_PROPERTY_ADDED_TO_UNOPEN/, 'is a property that is required now, and that was not named before'],
  [/ADDED_TO_OPEN/, 'is constrained now, while before anything was allowed there (open content model)'],
  [/REMOVED_FROM_CLOSED/, 'is not named any more, and nothing else is allowed (closed content model)'],
  [/REMOVED_NOT_COVERED/, 'is not named any more, and what is allowed beside the named ones does not cover it'],
  [/ADDED_NOT_COVERED/, 'is constrained now beyond what was allowed there before (partially open content model)'],
  [/^ADDITIONAL_\w+_REMOVED|^UNEVALUATED_\w+_REMOVED/, 'refuses now what was allowed beside what is named'],
  [/^ADDITIONAL_|^UNEVALUATED_/, 'allows less now beside what is named'],
  [/^REQUIRED_ATTRIBUTE_ADDED/, 'is required now, and has no default'],
  [/^DEPENDENCY_\w+_ADDED/, 'is a dependency that there was not'],
  [/^DEPENDENCY_/, 'demands other properties than before'],
  [/^MULTIPLE_OF_EXPANDED/, 'is a multiple of the former step: fewer values are allowed'],
  [/^(?:MULTIPLE_OF|PATTERN)_CHANGED/, 'is another one than before, so that what was valid need not be'],
  [/_INCREASED$/, 'is greater than before'],
  [/_DECREASED$/, 'is less than before'],
  [/^SCHEMA_ADDED|_ADDED$/, 'is a constraint that there was not'],
  [/^ENUM_ARRAY_NARROWED/, 'has fewer values than before'],
  [/^ENUM_ARRAY_CHANGED/, 'lacks values that there were'],
  [/^SUM_TYPE_NARROWED/, 'has fewer alternatives than before'],
  [/^PRODUCT_TYPE_EXTENDED/, 'demands more at once than before'],
  [/^COMBINED_TYPE_SUBSCHEMAS_CHANGED/, 'combines schemas to which not all the former ones correspond'],
  [/^COMBINED_TYPE_CHANGED/, 'combines schemas in another way than before'],
  [/^NOT_TYPE_EXTENDED/, 'refuses more than before'],
  [/^TYPE_NARROWED/, 'is of a narrower type than before'],
  [/^TYPE_CHANGED/, 'is of another type than before'],
]

export const describe = ({ type, path }: Difference): string => {
  const text = descriptions.find(([pattern]) => pattern.test(type))?.[1] ?? 'differs'
  return `'${pathText(path)}' in the new schema ${text}`
}
