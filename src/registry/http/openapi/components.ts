/** The shapes of what is sent and answered. What is answered may have more fields in later versions. */
import type { CompatibilityLevel, Mode } from '../../settings.ts'
import { type Described, listOf, number, ref, string } from './operation.ts'

interface Fields {
  readonly required?: readonly string[]
  readonly description?: string
}

const object = (properties: Readonly<Record<string, Described>>, more: Fields = {}): Described => ({
  ...{ type: 'object', ...more, properties },
})

const mapOf = (values: Described): Described => ({ type: 'object', additionalProperties: values })
const orNull = (shape: Described): Described => ({ anyOf: [shape, { type: 'null' }] })
const flag: Described = { type: 'boolean' }
const told = (shape: Described, description: string): Described => ({ ...shape, description })

const id = told(number, 'One for all subjects of a context that have this schema.')
const guid = told({ type: 'string', format: 'uuid' }, 'Of the schema, in whatever registry.')
const version = told(number, 'Counts in the subject, from 1.')
const schemaType = told(
  { type: 'string', examples: ['AVRO', 'JSON', 'PROTOBUF', 'XML'] },
  'The language of the schema.',
)
const schema = told(string, 'The schema, as a text.')
const deleted = told(flag, 'It was deleted softly.')
const ts = told({ type: 'integer', format: 'int64' }, 'When it was written, in milliseconds since 1970.')
const content = {
  references: listOf(ref('Reference')),
  metadata: ref('Metadata'),
  ruleSet: ref('RuleSet'),
}

const ofSchemas = {
  Reference: object(
    {
      name: told(string, 'As the schema calls it.'),
      subject: string,
      version: told(number, '-1 in a request: the latest.'),
    },
    { required: ['name', 'subject', 'version'] },
  ),
  Metadata: object({ tags: mapOf(listOf(string)), properties: mapOf(string), sensitive: listOf(string) }),
  Rule: object({
    ...{ name: told(string, 'Letters, digits, - and _.'), doc: string, kind: string, mode: string, type: string },
    ...{
      tags: listOf(string),
      params: mapOf(string),
      expr: string,
      onSuccess: string,
      onFailure: string,
      disabled: flag,
    },
  }),
  RuleSet: object({
    ...{ migrationRules: listOf(ref('Rule')), domainRules: listOf(ref('Rule')), encodingRules: listOf(ref('Rule')) },
    enableAt: string,
  }),
  SchemaRequest: object({
    schema: told(string, 'The schema, as a text. Empty: that of the version before, with other metadata or rules.'),
    schemaType: { ...schemaType, default: 'AVRO' },
    ...content,
    id: told(number, 'Of another registry that it is taken over from: in the mode IMPORT alone.'),
    version: told(number, 'Which one it is to be: in the mode IMPORT any, else the next.'),
  }),
  RegisteredSchema: object(
    { id, version, guid, schemaType, ...content, schema },
    { required: ['id', 'version', 'guid', 'schemaType', 'schema'] },
  ),
  SubjectVersion: object(
    { subject: string, version, id, guid, schemaType, ...content, schema, ts, deleted },
    { required: ['subject', 'version', 'id', 'guid', 'schemaType', 'schema', 'deleted'] },
  ),
  Schema: object(
    {
      ...{ guid, schemaType, schema, ...content, ts, deleted },
      subject: told(string, 'Where one was asked for.'),
      version: told(number, 'Of that subject.'),
      maxId: told(number, 'Where it was asked for: the highest id that was given in the context.'),
    },
    { required: ['guid', 'schemaType', 'schema', 'deleted'] },
  ),
  SchemaText: { description: 'JSON, where the language of the schema is, else a text.' },
  VersionName: object({ subject: string, version }, { required: ['subject', 'version'] }),
  ContextId: object({ context: string, id }, { required: ['context', 'id'] }),
}

/** All of them: the compiler counts. */
const compatibilityLevels = Object.keys({
  ...{ NONE: true, BACKWARD: true, BACKWARD_TRANSITIVE: true, FORWARD: true, FORWARD_TRANSITIVE: true },
  ...{ FULL: true, FULL_TRANSITIVE: true },
} satisfies Record<CompatibilityLevel, true>)
const modes = Object.keys({
  ...{ READWRITE: true, READONLY: true, READONLY_OVERRIDE: true, IMPORT: true, FORWARD: true },
} satisfies Record<Mode, true>)

const level = told({ type: 'string', enum: compatibilityLevels }, 'Which schemas may follow one another.')
const mode = told({ type: 'string', enum: modes }, 'Who may write.')
const settings = {
  alias: string,
  normalize: told(flag, 'Schemas are brought into a normal form.'),
  validateFields: flag,
  validateRules: flag,
  compatibilityGroup: told(
    string,
    'The property of the metadata by which schemas are told apart that are not compared.',
  ),
  defaultMetadata: ref('Metadata'),
  overrideMetadata: ref('Metadata'),
  defaultRuleSet: ref('RuleSet'),
  overrideRuleSet: ref('RuleSet'),
}
const anyCase = (names: readonly string[]): Described => ({ type: 'string', examples: names })

const ofSettings = {
  Config: object({ compatibilityLevel: level, ...settings }),
  ChangedConfig: object({ compatibility: level, ...settings }),
  ConfigRequest: object({
    compatibility: orNull(told(anyCase(compatibilityLevels), 'In capitals or not.')),
    ...Object.fromEntries(Object.entries(settings).map(([name, shape]) => [name, orNull(shape)])),
  }),
  Mode: object({ mode }, { required: ['mode'] }),
  ChangedMode: object({ mode }),
  ModeRequest: object(
    { mode: orNull(told(anyCase(modes), 'In capitals or not; null takes it back.')) },
    { required: ['mode'] },
  ),
  CompatibilityCheck: object(
    { is_compatible: flag, messages: told(listOf(string), 'What does not fit: with `verbose`.') },
    { required: ['is_compatible'] },
  ),
}

const ofServer = {
  ClusterId: object(
    {
      id: string,
      scope: object(
        {
          path: listOf(string),
          clusters: object(
            { 'kafka-cluster': string, 'schema-registry-cluster': string },
            { required: ['kafka-cluster', 'schema-registry-cluster'] },
          ),
        },
        { required: ['path', 'clusters'] },
      ),
    },
    { required: ['id', 'scope'] },
  ),
  ServerVersion: object({ version: string, commitId: string }, { required: ['version', 'commitId'] }),
  Error: object(
    { error_code: told({ type: 'integer' }, 'Begins with the status of HTTP.'), message: string },
    { required: ['error_code', 'message'] },
  ),
}

export const componentSchemas: Readonly<Record<string, Described>> = { ...ofSchemas, ...ofSettings, ...ofServer }
