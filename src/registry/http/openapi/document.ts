/** The REST interface in OpenAPI 3.1, as `GET /openapi.json` gives it. Nothing that comes in is checked by it. */
import { componentSchemas } from './components.ts'
import { errorResponses } from './errors.ts'
import type { Described, Operation } from './operation.ts'
import { pathParameters } from './parameters.ts'
import { contextOperations, schemaOperations, serverOperations } from './schema-operations.ts'
import { compatibilityOperations, configOperations, modeOperations } from './setting-operations.ts'
import { subjectOperations } from './subject-operations.ts'

export interface OpenApiOptions {
  readonly version: string
  readonly needsLogin: boolean
  /** Of what is answered. */
  readonly mediaType: string
}

export const openApiPath = '/openapi.json'

const tags: readonly {
  readonly name: string
  readonly description: string
  readonly operations: readonly Operation[]
}[] = [
  { name: 'Subjects', description: 'What is registered under a name.', operations: subjectOperations },
  { name: 'Schemas', description: 'What is found by ids and GUIDs.', operations: schemaOperations },
  { name: 'Compatibility', description: 'Whether a schema would do.', operations: compatibilityOperations },
  { name: 'Config', description: 'Which schemas may follow one another.', operations: configOperations },
  { name: 'Mode', description: 'Who may write.', operations: modeOperations },
  { name: 'Contexts', description: 'Spaces of names and ids.', operations: contextOperations },
  { name: 'Server', description: 'The registry itself.', operations: serverOperations },
]

const about = `Schemas of records, under names and versions, with the interface of Confluent's Schema Registry. \
Every path is there beneath \`/contexts/{context}\`, too: then names and ids are those of the context.`

export function openApiDocument(options: OpenApiOptions): Described {
  const { version, needsLogin } = options
  const paths = new Map<string, Record<string, Described>>()
  for (const { name, operations } of tags) {
    for (const operation of operations) {
      const path = paths.get(operation.path) ?? {}
      path[operation.method] = described(operation, name, options)
      paths.set(operation.path, path)
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Schema registry', version, description: about },
    servers: [{ url: '/' }, { url: '/contexts/{context}', variables: { context: { default: '.' } } }],
    tags: tags.map(({ name, description }) => ({ name, description })),
    paths: Object.fromEntries(paths),
    components: {
      schemas: componentSchemas,
      ...(needsLogin && { securitySchemes: { login: { type: 'http', scheme: 'basic' } } }),
    },
    ...(needsLogin && { security: [{ login: [] }] }),
  }
}

function described(operation: Operation, tag: string, { needsLogin, mediaType }: OpenApiOptions): Described {
  const { id, summary, description, path, query = [], body, reply } = operation
  const content = reply.schema && { [reply.mediaType ?? mediaType]: { schema: reply.schema } }
  const parameters = [...pathParameters(path), ...query.map((it) => ({ ...it, in: 'query' }))]
  return {
    ...{ operationId: id, tags: [tag], summary },
    ...(description !== undefined && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { [mediaType]: { schema: body }, 'application/json': { schema: body } } },
    }),
    responses: {
      [content === undefined ? 204 : 200]: { description: reply.description, ...(content && { content }) },
      ...errorResponses(operation, needsLogin, mediaType),
    },
  }
}
