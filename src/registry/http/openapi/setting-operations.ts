/** `/config`, `/mode` and `/compatibility`, described. */
import * as is from './operation.ts'
import { type Operation, ref } from './operation.ts'

/** Of all, and of a subject or a context. */
const scopes = [
  { path: '', ofWhat: '', suffix: '', missing: [], unnamed: [] },
  {
    path: '/{subject}',
    ofWhat: ' of a subject',
    suffix: 'OfSubject',
    missing: ['subjectNotFound'],
    unnamed: ['invalidSubject'],
  },
] as const

export const configOperations: readonly Operation[] = scopes.flatMap(
  ({ path, ofWhat, suffix, missing, unnamed }): readonly Operation[] => [
    {
      ...{ method: 'get', path: `/config${path}`, id: `getConfig${suffix}`, summary: `What is set${ofWhat}` },
      query: [is.defaultToGlobal],
      reply: { description: 'What is set.', schema: ref('Config') },
      errors: suffix === '' ? [] : ['configNotSet'],
    },
    {
      ...{ method: 'put', path: `/config${path}`, id: `putConfig${suffix}`, summary: `Change what is set${ofWhat}` },
      description: 'What is not named stays; what is null is taken back.',
      body: ref('ConfigRequest'),
      reply: { description: 'All that is set now.', schema: ref('ChangedConfig') },
      errors: ['invalidRequest', 'invalidCompatibility', 'invalidRuleSet', 'notPermitted', ...unnamed],
      isWrite: true,
    },
    {
      ...{
        method: 'delete',
        path: `/config${path}`,
        id: `deleteConfig${suffix}`,
        summary: `Take back what is set${ofWhat}`,
      },
      reply: { description: 'What was set.', schema: ref('Config') },
      errors: ['notPermitted', ...missing],
      isWrite: true,
    },
  ],
)

export const modeOperations: readonly Operation[] = scopes.flatMap(
  ({ path, ofWhat, suffix, missing, unnamed }): readonly Operation[] => [
    {
      ...{ method: 'get', path: `/mode${path}`, id: `getMode${suffix}`, summary: `The mode${ofWhat}` },
      query: [is.defaultToGlobal],
      reply: { description: 'The mode.', schema: ref('Mode') },
      errors: suffix === '' ? [] : ['modeNotSet'],
    },
    {
      ...{ method: 'put', path: `/mode${path}`, id: `putMode${suffix}`, summary: `Set the mode${ofWhat}` },
      query: [is.force],
      body: ref('ModeRequest'),
      reply: { description: 'The mode; nothing where it was taken back.', schema: ref('ChangedMode') },
      errors: ['invalidRequest', 'invalidMode', 'notPermitted', 'referenceExists', ...unnamed],
      isWrite: true,
    },
    {
      ...{ method: 'delete', path: `/mode${path}`, id: `deleteMode${suffix}`, summary: `Take back the mode${ofWhat}` },
      reply: { description: 'What it was.', schema: ref('Mode') },
      errors: missing,
      isWrite: true,
    },
  ],
)

const unreadable = ['invalidRequest', 'invalidSchema', 'schemaTooLarge', 'invalidRuleSet'] as const

export const compatibilityOperations: readonly Operation[] = [
  {
    ...{ method: 'post', path: '/compatibility/subjects/{subject}/versions', id: 'checkCompatibility' },
    summary: 'Whether a schema could be the next version',
    description: 'Changes nothing. It is compared with as many versions as the level of the subject says.',
    query: [is.verbose, is.normalize],
    body: ref('SchemaRequest'),
    reply: { description: 'Whether it fits.', schema: ref('CompatibilityCheck') },
    errors: unreadable,
  },
  {
    ...{
      method: 'post',
      path: '/compatibility/subjects/{subject}/versions/{version}',
      id: 'checkCompatibilityWithVersion',
    },
    summary: 'Whether a schema goes together with a version',
    description: 'Changes nothing.',
    query: [is.verbose, is.normalize],
    body: ref('SchemaRequest'),
    reply: { description: 'Whether it fits.', schema: ref('CompatibilityCheck') },
    errors: ['versionNotFound', 'invalidVersion', ...unreadable],
  },
]
