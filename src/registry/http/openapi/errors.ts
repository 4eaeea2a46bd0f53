/** What is refused, described: by status the codes that `error_code` may have. */
import { RegistryErrorCode, type RegistryErrorName } from '../../registry-error.ts'
import { type Described, type Operation, ref } from './operation.ts'

const meanings: Readonly<Record<RegistryErrorName, string>> = {
  subjectNotFound: 'there is no such subject',
  versionNotFound: 'there is no such version',
  schemaNotFound: 'there is no such schema',
  subjectSoftDeleted: 'the subject was deleted softly already',
  subjectNotSoftDeleted: 'the subject was not deleted softly before',
  versionSoftDeleted: 'the version was deleted softly already',
  versionNotSoftDeleted: 'the version was not deleted softly before',
  configNotSet: 'nothing was set for it',
  modeNotSet: 'no mode was set for it',
  incompatible: 'the schema does not fit those before it',
  invalidRequest: 'the request does not have the shape that it should have',
  invalidSchema: 'the schema is none, or refers to what is not there',
  invalidVersion: 'that is no number of a version',
  invalidCompatibility: 'there is no such level of compatibility',
  invalidMode: 'there is no such mode, or not there',
  notPermitted: 'the mode does not allow it',
  referenceExists: 'another schema refers to it',
  invalidSubject: 'no subject may be called so',
  schemaTooLarge: 'the schema is too large',
  invalidRuleSet: 'the rules are none',
  contextNotEmpty: 'there are subjects in the context',
  internal: 'a fault of the registry',
  store: 'the topic could not be written or read; whether it was done is not known',
  timedOut: 'the topic was not written in time',
  forwardingFailed: 'the leader did not answer; whether it was done is not known',
  unknownLeader: 'there is no leader, or it is not known',
}

const ofWrites = ['store', 'timedOut', 'forwardingFailed', 'unknownLeader'] as const
/** They write records that a topic may find too large. */
const bodyMethods: ReadonlySet<string> = new Set(['put', 'post'])

/** Of HTTP itself, beside those of the operation: by status. */
export function errorResponses(operation: Operation, needsLogin: boolean, mediaType: string): Described {
  const { errors = [], isWrite = false, method } = operation
  const all = new Set<RegistryErrorName>([...errors, 'internal', ...(isWrite ? ofWrites : [])])
  if (isWrite && bodyMethods.has(method)) all.add('schemaTooLarge')
  const byStatus = Map.groupBy(all, (name) => String(RegistryErrorCode[name]).slice(0, 3))
  const described = [...byStatus].toSorted().map(([status, names]) => {
    const codes = names.map((name) => RegistryErrorCode[name]).toSorted((a, b) => a - b)
    const meaning = names.map((name) => `${RegistryErrorCode[name]}: ${meanings[name]}`).toSorted()
    return [status, response(`${meaning.join('; ')}.`, mediaType, codes)] as const
  })
  return {
    ...Object.fromEntries(described),
    ...(needsLogin && { 401: response('401: nobody is logged in, or the password is wrong.', mediaType, [401]) }),
    ...(needsLogin && isWrite && { 403: response('403: the user may only read.', mediaType, [403]) }),
    default: response('What HTTP itself refuses: the code is the status.', mediaType),
  }
}

function response(description: string, mediaType: string, codes?: readonly number[]): Described {
  const error = ref('Error')
  const schema = codes === undefined ? error : { allOf: [error], properties: { error_code: { enum: codes } } }
  return { description, content: { [mediaType]: { schema } } }
}
