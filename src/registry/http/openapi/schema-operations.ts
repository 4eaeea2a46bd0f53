/** `/schemas` and `/contexts`, described. */
import * as is from './operation.ts'
import { listOf, type Operation, ref } from './operation.ts'

const ofIds: readonly Operation[] = [
  {
    ...{ method: 'get', path: '/schemas/ids/{id}', id: 'getSchemaById', summary: 'The schema of an id' },
    query: [is.ofSubject, is.format, is.fetchMaxId],
    reply: { description: 'The schema.', schema: ref('Schema') },
    errors: ['schemaNotFound'],
  },
  {
    ...{
      method: 'get',
      path: '/schemas/ids/{id}/schema',
      id: 'getSchemaTextById',
      summary: 'The schema of an id alone',
    },
    query: [is.ofSubject, is.format],
    reply: { description: 'The schema, in its own language.', schema: ref('SchemaText') },
    errors: ['schemaNotFound'],
  },
  {
    ...{
      method: 'get',
      path: '/schemas/ids/{id}/subjects',
      id: 'listSubjectsOfId',
      summary: 'Subjects that have an id',
    },
    query: [is.ofSubject, is.deleted, ...is.paging],
    reply: { description: 'Names, in order.', schema: listOf(is.string) },
    errors: ['schemaNotFound', 'invalidRequest'],
  },
  {
    ...{
      method: 'get',
      path: '/schemas/ids/{id}/versions',
      id: 'listVersionsOfId',
      summary: 'Versions that have an id',
    },
    query: [is.ofSubject, is.deleted, ...is.paging],
    reply: { description: 'The versions.', schema: listOf(ref('VersionName')) },
    errors: ['schemaNotFound', 'invalidRequest'],
  },
]

export const schemaOperations: readonly Operation[] = [
  {
    ...{ method: 'get', path: '/schemas', id: 'listSchemas', summary: 'Versions of all subjects' },
    query: [is.subjectPrefix, is.deleted, is.deletedOnly, is.latestOnly, ...is.paging],
    reply: { description: 'The versions.', schema: listOf(ref('SubjectVersion')) },
    errors: ['invalidRequest'],
  },
  {
    ...{ method: 'get', path: '/schemas/types', id: 'listSchemaTypes', summary: 'Languages that schemas may be of' },
    reply: { description: 'Their names, as `schemaType`.', schema: listOf(is.string) },
  },
  ...ofIds,
  {
    ...{ method: 'get', path: '/schemas/guids/{guid}', id: 'getSchemaByGuid', summary: 'The schema of a GUID' },
    query: [is.format],
    reply: { description: 'The schema.', schema: ref('Schema') },
    errors: ['schemaNotFound'],
  },
  {
    ...{ method: 'get', path: '/schemas/guids/{guid}/ids', id: 'listIdsOfGuid', summary: 'Ids of a GUID' },
    reply: { description: 'One in each context that has the schema.', schema: listOf(ref('ContextId')) },
    errors: ['schemaNotFound'],
  },
]

export const contextOperations: readonly Operation[] = [
  {
    ...{ method: 'get', path: '/contexts', id: 'listContexts', summary: 'The names of contexts' },
    query: [is.contextPrefix, ...is.paging],
    reply: { description: 'Names; `.` is the default one.', schema: listOf(is.string) },
    errors: ['invalidRequest'],
  },
  {
    ...{
      method: 'delete',
      path: '/contexts/{context}',
      id: 'deleteContext',
      summary: 'Delete a context that is empty',
    },
    reply: { description: 'It is gone.' },
    errors: ['contextNotEmpty'],
    isWrite: true,
  },
]

export const serverOperations: readonly Operation[] = [
  {
    ...{ method: 'get', path: '/', id: 'getRoot', summary: 'Whether it answers' },
    reply: { description: 'Nothing.', schema: { type: 'object' } },
  },
  {
    ...{ method: 'get', path: '/v1/metadata/id', id: 'getClusterId', summary: 'Which registry, of which Kafka' },
    reply: { description: 'Ids of the clusters.', schema: ref('ClusterId') },
  },
  {
    ...{ method: 'get', path: '/v1/metadata/version', id: 'getServerVersion', summary: 'The version of the registry' },
    reply: { description: 'The version.', schema: ref('ServerVersion') },
  },
  {
    ...{ method: 'get', path: '/openapi.json', id: 'getOpenApi', summary: 'This document' },
    reply: { description: 'OpenAPI 3.1.', schema: { type: 'object' }, mediaType: 'application/json' },
  },
]
