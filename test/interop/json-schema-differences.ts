/** Where our answers are not those of the test suite of JSON Schema, or not those of Python's jsonschema, and why. */
import type { DraftName } from './json-schema-suite.ts'

interface Difference {
  readonly why: string
  readonly drafts: readonly DraftName[]
  /** Which file, which schema of it, and which values for that, as `optional/content#2`: `1 2`. */
  readonly cases: Readonly<Record<string, string>>
}

const withNewFormats = ['draft7', 'draft2019-09', 'draft2020-12'] as const
const hostNames = '7 8 9 10 12 13 14 15 16 17 18 19 22 23 24 25 26 27 29 30 32 33 35 36 38 39 43 46 47'

const formatsOf = (indexes: readonly number[]): Record<string, string> =>
  Object.fromEntries(indexes.map((index) => [`format#${index}`, '6']))

export const differences: readonly Difference[] = [
  {
    why: 'formats are checked in each draft: 2020-12 leaves to the user whether they are, and has both in its suite',
    drafts: ['draft2020-12'],
    cases: formatsOf([0, 2, 3, 4, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18]),
  },
  {
    why: 'ajv-formats does not know the format, so that any text has it',
    drafts: withNewFormats,
    cases: {
      'optional/format/idn-email#0': '7 9',
      'optional/format/idn-hostname#1': '0 1 2 3',
      'optional/format/iri-reference#0': '9 12',
      'optional/format/iri#0': '11 12 13 14',
    },
  },
  { why: 'the same', drafts: ['draft7'], cases: { 'optional/format/idn-hostname#0': `${hostNames} 55` } },
  {
    why: 'the same',
    drafts: ['draft2019-09', 'draft2020-12'],
    cases: { 'optional/format/idn-hostname#0': `${hostNames} 56` },
  },
  {
    why: 'ajv-formats does not know addresses of mail whose local part is quoted, or whose host is an IP address',
    drafts: ['draft2020-12'],
    cases: { 'optional/format/email#0': '11 12 13 14 15' },
  },
  {
    why: 'ajv-formats takes what JavaScript takes without the flag u, in which more may be escaped',
    drafts: ['draft2020-12'],
    cases: { 'optional/format/ecmascript-regex#0': '0' },
  },
  {
    why: 'what a text encodes is not looked into: later drafts say that it is not to be',
    drafts: ['draft7'],
    cases: { 'optional/content#0': '1', 'optional/content#1': '1', 'optional/content#2': '1 2' },
  },
  {
    why: 'in JavaScript 1.0 is 1',
    drafts: ['draft4'],
    cases: { 'optional/zeroTerminatedFloats#0': '0' },
  },
  {
    why: 'a schema whose draft is not a published one is of draft 7, as for the registry, whatever that other one leaves out',
    drafts: ['draft2019-09', 'draft2020-12'],
    cases: { 'vocabulary#0': '2' },
  },
  {
    why: 'an item that some `contains` has found is evaluated, even where that stands in a branch that the array does not take',
    drafts: ['draft2020-12'],
    cases: { 'unevaluatedItems#23': '4 5 6 7' },
  },
]
