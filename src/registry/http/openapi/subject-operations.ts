/** `/subjects`, described. */
import * as is from './operation.ts'
import { listOf, number, type Operation, ref } from './operation.ts'

const unreadable = ['invalidRequest', 'invalidSchema', 'schemaTooLarge', 'invalidRuleSet'] as const

const ofSubjects: readonly Operation[] = [
  {
    ...{ method: 'get', path: '/subjects', id: 'listSubjects', summary: 'The names of subjects' },
    query: [is.subjectPrefix, is.deleted, is.deletedOnly, ...is.paging],
    reply: { description: 'Names, in order.', schema: listOf(is.string) },
    errors: ['invalidRequest'],
  },
  {
    ...{ method: 'post', path: '/subjects/{subject}', id: 'lookUpSchema', summary: 'The version that is this schema' },
    description: 'Changes nothing. What is not found in the default context is looked for in the others.',
    query: [is.normalize, is.deleted, is.format],
    body: ref('SchemaRequest'),
    reply: { description: 'The version.', schema: ref('SubjectVersion') },
    errors: ['subjectNotFound', 'schemaNotFound', ...unreadable],
  },
  {
    ...{
      method: 'delete',
      path: '/subjects/{subject}',
      id: 'deleteSubject',
      summary: 'Delete all versions of a subject',
    },
    query: [is.permanent],
    reply: { description: 'Their numbers.', schema: listOf(number) },
    errors: ['subjectNotFound', 'subjectSoftDeleted', 'subjectNotSoftDeleted', 'notPermitted', 'referenceExists'],
    isWrite: true,
  },
  {
    ...{ method: 'get', path: '/subjects/{subject}/metadata', id: 'findByMetadata' },
    summary: 'The newest version whose metadata have these properties',
    query: [is.metadataKey, is.metadataValue, is.deleted],
    reply: { description: 'The version.', schema: ref('SubjectVersion') },
    errors: ['subjectNotFound', 'schemaNotFound'],
  },
]

const ofVersions: readonly Operation[] = [
  {
    ...{
      method: 'get',
      path: '/subjects/{subject}/versions',
      id: 'listVersions',
      summary: 'The numbers of the versions',
    },
    query: [is.deleted, is.deletedOnly, ...is.paging],
    reply: { description: 'Numbers, in order.', schema: listOf(number) },
    errors: ['subjectNotFound', 'invalidRequest'],
  },
  {
    ...{ method: 'post', path: '/subjects/{subject}/versions', id: 'registerSchema', summary: 'Register a schema' },
    description: 'What is there already is answered with its id, and nothing is written.',
    query: [is.normalize],
    body: ref('SchemaRequest'),
    reply: { description: 'The version that it is now.', schema: ref('RegisteredSchema') },
    errors: ['incompatible', 'notPermitted', 'invalidSubject', ...unreadable],
    isWrite: true,
  },
  {
    ...{ method: 'get', path: '/subjects/{subject}/versions/{version}', id: 'getVersion', summary: 'A version' },
    query: [is.deleted, is.format],
    reply: { description: 'The version.', schema: ref('SubjectVersion') },
    errors: ['subjectNotFound', 'versionNotFound', 'invalidVersion'],
  },
  {
    ...{ method: 'get', path: '/subjects/{subject}/versions/{version}/schema', id: 'getVersionSchema' },
    summary: 'The schema of a version alone',
    query: [is.deleted, is.format],
    reply: { description: 'The schema, in its own language.', schema: ref('SchemaText') },
    errors: ['subjectNotFound', 'versionNotFound', 'invalidVersion'],
  },
  {
    ...{ method: 'get', path: '/subjects/{subject}/versions/{version}/referencedby', id: 'listReferrers' },
    summary: 'Ids of schemas that refer to a version',
    query: [is.deleted, ...is.paging],
    reply: { description: 'Ids, in order.', schema: listOf(number) },
    errors: ['subjectNotFound', 'versionNotFound', 'invalidVersion', 'invalidRequest'],
  },
  {
    ...{
      method: 'delete',
      path: '/subjects/{subject}/versions/{version}',
      id: 'deleteVersion',
      summary: 'Delete a version',
    },
    query: [is.permanent],
    reply: { description: 'Its number.', schema: number },
    errors: [
      ...(['subjectNotFound', 'versionNotFound', 'versionSoftDeleted', 'versionNotSoftDeleted'] as const),
      ...(['invalidVersion', 'notPermitted', 'referenceExists'] as const),
    ],
    isWrite: true,
  },
]

export const subjectOperations: readonly Operation[] = [...ofSubjects, ...ofVersions]
