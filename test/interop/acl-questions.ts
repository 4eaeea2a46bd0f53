/** What is asked about ACLs of Kafka and of the broker under test: every kind of error, and every kind of filter. */
import { createAcls, deleteAcls, describeAcls } from '../../src/protocol/index.ts'
import { type Question, question } from './questions.ts'

type Creation = NonNullable<Parameters<typeof createAcls.request.create>[0]>['creations']
type Filter = NonNullable<Parameters<typeof describeAcls.request.create>[0]>

const read = {
  resourceType: 2,
  resourceName: 'paid',
  resourcePatternType: 3,
  principal: 'User:ann',
  host: '*',
  operation: 3,
  permissionType: 3,
}
const all = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}

type Acl = Partial<typeof read>

const create = (label: string, ...acls: readonly Acl[]): Question =>
  question(label, createAcls, { creations: acls.map((acl) => ({ ...read, ...acl })) satisfies Creation })

const filters: readonly (readonly [string, Filter])[] = [
  ['everything', {}],
  ['a literal name', { resourceTypeFilter: 2, resourceNameFilter: 'paid', patternTypeFilter: 3 }],
  ['a prefix', { resourceTypeFilter: 2, resourceNameFilter: 'pa', patternTypeFilter: 4 }],
  ['a prefix that is no prefix of its own', { resourceTypeFilter: 2, resourceNameFilter: 'p', patternTypeFilter: 4 }],
  ['any pattern of a name', { resourceTypeFilter: 2, resourceNameFilter: 'pa', patternTypeFilter: 1 }],
  ['what matches a topic', { resourceTypeFilter: 2, resourceNameFilter: 'paid', patternTypeFilter: 2 }],
  ['what matches a topic that only prefixes meet', { resourceNameFilter: 'paper', patternTypeFilter: 2 }],
  ['what matches a star', { resourceNameFilter: '*', patternTypeFilter: 2 }],
  ['a literal star', { resourceNameFilter: '*', patternTypeFilter: 3 }],
  ['match without a name', { patternTypeFilter: 2 }],
  ['an empty name', { resourceNameFilter: '' }],
  ['all literal ones', { patternTypeFilter: 3 }],
  ['all prefixed ones', { patternTypeFilter: 4 }],
  ['groups', { resourceTypeFilter: 3 }],
  ['users', { resourceTypeFilter: 7 }],
  ['one who', { principalFilter: 'User:bob' }],
  ['nobody', { principalFilter: 'User:nobody' }],
  ['a star for who', { principalFilter: 'User:*' }],
  ['one host', { hostFilter: '10.0.0.1' }],
  ['one operation', { operation: 4 }],
  ['operation all, which is not any', { operation: 2 }],
  ['what is denied', { permissionType: 2 }],
  ['all of it', { ...read, resourceTypeFilter: 2, resourceNameFilter: 'paid', principalFilter: 'User:ann' }],
  ['a type that nobody knows', { resourceTypeFilter: 50 }],
  ['a pattern that nobody knows', { patternTypeFilter: 50 }],
  ['an operation that nobody knows', { operation: 50 }],
  ['a permission that nobody knows', { permissionType: 50 }],
  ['a negative type', { resourceTypeFilter: -1 }],
  ['the type unknown', { resourceTypeFilter: 0 }],
  ['the pattern unknown', { patternTypeFilter: 0 }],
  ['the operation unknown', { operation: 0 }],
  ['the permission unknown', { permissionType: 0 }],
]

const describeAll = filters.flatMap(([label, filter]) => [
  question(`describe ${label}`, describeAcls, { ...all, ...filter }),
])

const deleting = (label: string, ...given: readonly Filter[]): Question =>
  question(`delete ${label}`, deleteAcls, { filters: given.map((filter) => ({ ...all, ...filter })) })

const creations: readonly Question[] = [
  create('one', {}),
  create('the same again', {}),
  create('nothing'),
  create(
    'several, one of them twice',
    { principal: 'User:bob', operation: 4 },
    { principal: 'User:bob', operation: 4 },
    { resourceName: 'pa', resourcePatternType: 4 },
    { resourceName: '*' },
    { resourceType: 3, resourceName: 'group', permissionType: 2, host: '10.0.0.1' },
    { resourceType: 4, resourceName: 'kafka-cluster', operation: 9 },
    { resourceType: 5, resourceName: 'tx', resourcePatternType: 4, operation: 2 },
    { resourceType: 6, resourceName: 'token', operation: 8 },
    { resourceType: 7, resourceName: 'User:carl', operation: 13 },
    { principal: 'User:*', operation: 15 },
  ),
  create('two-phase commit and what comes behind it', { operation: 15 }, { operation: 16 }),
  create('bad ones among good ones', { resourceName: '' }, { host: '10.0.0.2' }, { resourceType: 4 }),
  create('types that nobody knows', { resourceType: 50 }, { resourceType: 8 }, { resourceType: -1 }),
  create('patterns that nobody knows', { resourcePatternType: 50 }, { resourcePatternType: 5 }),
  create('operations that nobody knows', { operation: 50 }),
  create('permissions that nobody knows', { permissionType: 50 }),
  create(
    'several faults in one',
    { principal: 'ann', operation: 50 },
    { principal: 'ann', resourceType: 50 },
    { principal: 'ann', resourcePatternType: 50 },
    { principal: 'ann', permissionType: 50 },
    { principal: 'ann', resourceName: '' },
    { principal: 'ann', resourceType: 4 },
    { permissionType: 50, operation: 50, resourcePatternType: 50, resourceType: 50 },
    { permissionType: 50, operation: 50, resourcePatternType: 50 },
    { permissionType: 50, operation: 50 },
  ),
  create('several faults, and no name', { resourceType: 50, operation: 50, resourceName: '' }),
  create('any type', {}, { resourceType: 1 }),
  create('pattern any', { resourcePatternType: 1 }),
  create('pattern match', { resourcePatternType: 2 }),
  create('any operation', { operation: 1 }),
  create('any permission', { permissionType: 1 }),
  create('the type unknown', { resourceType: 0 }),
  create('the pattern unknown', { resourcePatternType: 0 }),
  create('the operation unknown', { operation: 0 }),
  create('the permission unknown', { permissionType: 0 }),
  create('of a principal that is none', { principal: 'ann' }),
  create('of an empty principal', { principal: '' }),
  create('of an empty type of principals', { principal: ':ann' }),
  create('of an empty host', { host: '' }),
  create('of a host name', { host: 'h.example' }),
  create('of a topic whose name is none', { resourceName: 'a topic!' }),
]

const deletions: readonly Question[] = [
  deleting('nothing'),
  deleting('what is not there', { principalFilter: 'User:nobody' }),
  deleting('two that meet', { principalFilter: 'User:bob' }, { operation: 4 }),
  deleting('what matches', { resourceNameFilter: 'paper', patternTypeFilter: 2 }),
  deleting('bad ones among good ones', { resourceTypeFilter: 50 }, { hostFilter: '10.0.0.2' }, { operation: 50 }),
  deleting('a bad pattern', { patternTypeFilter: 50 }, { permissionType: 50 }),
  deleting('the type unknown', { resourceTypeFilter: 0 }),
  deleting('the permission unknown', { permissionType: 0 }),
]

/** Asked of brokers with an authorizer. */
export const aclQuestions: readonly Question[] = [
  question('nothing is there', describeAcls, all),
  ...creations,
  ...describeAll,
  question('by an old client', describeAcls, { ...all, patternTypeFilter: 3 }, { version: 1 }),
  question('of the controller', describeAcls, all, { of: 'controller' }),
  question(
    'of the controller',
    createAcls,
    {
      creations: [
        { ...read, host: '10.0.0.3' },
        { ...read, resourceName: '' },
      ],
    },
    { of: 'controller' },
  ),
  question('of the controller', createAcls, { creations: [{ ...read, resourceType: 1 }] }, { of: 'controller' }),
  ...deletions,
  question(
    'of the controller',
    deleteAcls,
    {
      filters: [
        { ...all, hostFilter: '10.0.0.3' },
        { ...all, operation: 50 },
      ],
    },
    { of: 'controller' },
  ),
  question('by an old client', deleteAcls, { filters: [{ ...all, resourceTypeFilter: 7 }] }, { version: 1 }),
  question('what is left', describeAcls, all),
]

/** Asked of brokers without one. */
export const questionsWithoutAuthorizer: readonly Question[] = (['broker', 'controller'] as const).flatMap((of) => [
  question('without an authorizer', describeAcls, all, { of }),
  question('without an authorizer', createAcls, { creations: [read, { ...read, resourceName: '' }] }, { of }),
  question('without an authorizer, any type', createAcls, { creations: [{ ...read, resourceType: 1 }] }, { of }),
  question('without an authorizer', createAcls, { creations: [] }, { of }),
  question('without an authorizer', deleteAcls, { filters: [all, { ...all, operation: 50 }] }, { of }),
])
