/** `/schemas`: what is found by ids and GUIDs; and `/contexts`. */
import type { FastifyInstance } from 'fastify'
import type { Registry } from '../registry.ts'
import { RegistryError } from '../registry-error.ts'
import type { StoredSchema } from '../stored-schema.ts'
import { contextOf, parseSubject, subjectText } from '../subject-name.ts'
import { contextNamed } from './context-path.ts'
import { schemaReply, versionReply } from './replies.ts'
import { deletedOf, idOf, paged, type Query, queryFlag, queryText, startsWith } from './request-fields.ts'

interface OfId {
  readonly Params: { readonly id: string }
  readonly Querystring: Query
}

interface OfGuid {
  readonly Params: { readonly guid: string }
  readonly Querystring: Query
}

export function schemaRoutes(server: FastifyInstance, registry: Registry): void {
  const { state, parser } = registry

  server.get<{ Querystring: Query }>('/schemas', ({ query }) => {
    const prefix = queryText(query, 'subjectPrefix') ?? ':*:'
    const asked = deletedOf(query)
    const found = state.subjects(asked).filter((subject) => startsWith(subject, prefix))
    const latestOnly = queryFlag(query, 'latestOnly')
    const all = found.flatMap((subject) => state.versions(subject, asked).slice(latestOnly ? -1 : 0))
    return paged(all, query).map(versionReply)
  })

  server.get('/schemas/types', () => parser.types)

  const withGuid = ({ guid }: { readonly guid: string }): readonly StoredSchema[] => {
    const users = state.withGuid(guid.toLowerCase())
    if (users.length === 0) throw new RegistryError('schemaNotFound', `Schema ${guid} not found`)
    return users
  }

  server.get<OfGuid>('/schemas/guids/:guid', async ({ params, query }) => {
    const [found] = withGuid(params)
    return found && schemaReply(await parser.inForm(found, queryText(query, 'format')), { withSubject: false })
  })

  server.get<OfGuid>('/schemas/guids/:guid/ids', ({ params }) => {
    const ids = new Map(
      withGuid(params).map(({ subject, id }) => [`${contextOf(subject)} ${id}`, { context: contextOf(subject), id }]),
    )
    return [...ids.values()]
  })

  server.delete<{ Params: { readonly context: string } }>('/contexts/:context', async ({ params }, reply) => {
    await registry.deleteContext(contextNamed(params.context))
    return reply.code(204).send()
  })

  server.get<{ Querystring: Query }>('/contexts', ({ query }) => {
    const prefix = queryText(query, 'contextPrefix') ?? ''
    return paged(
      state.contexts.filter((context) => context.startsWith(prefix)),
      query,
    )
  })
}

export function idRoutes(server: FastifyInstance, { state, parser }: Registry): void {
  /** Every version that has the id: of the subject's context, or of the first in which the subject has it. */
  const usersOf = (id: number, subject: string | undefined): readonly StoredSchema[] => {
    const { context, subject: name } = parseSubject(subject ?? '')
    const own = state.withId(context, id)
    if (context !== '.' || name === '' || own.some((it) => it.subject === name)) return own
    for (const other of state.contexts) {
      const there = state.withId(other, id)
      if (there.some((it) => it.subject === subjectText({ context: other, subject: name }))) return there
    }
    return own
  }

  const withId = (params: { readonly id: string }, query: Query): readonly StoredSchema[] => {
    const id = idOf(params.id)
    const users = usersOf(id, queryText(query, 'subject'))
    if (users.length === 0) throw new RegistryError('schemaNotFound', `Schema ${id} not found`)
    return users
  }

  server.get<OfId>('/schemas/ids/:id', async ({ params, query }) => {
    const subject = queryText(query, 'subject')
    const users = withId(params, query)
    const found = users.find((it) => it.subject === subject) ?? users[0]
    const maxId = queryFlag(query, 'fetchMaxId') ? { maxId: state.highestId(contextOf(subject ?? '')) } : {}
    const shown = found && (await parser.inForm(found, queryText(query, 'format')))
    return { ...(shown && schemaReply(shown, { withSubject: subject !== undefined })), ...maxId }
  })

  server.get<OfId>('/schemas/ids/:id/schema', async ({ params, query }, reply) => {
    const [found] = withId(params, query)
    return reply.send(found && (await parser.inForm(found, queryText(query, 'format'))).schema)
  })

  server.get<OfId>('/schemas/ids/:id/subjects', ({ params, query }) => {
    const deleted = queryFlag(query, 'deleted')
    const users = withId(params, query).filter((it) => deleted || !it.deleted)
    return paged([...new Set(users.map(({ subject }) => subject))].toSorted(), query)
  })

  server.get<OfId>('/schemas/ids/:id/versions', ({ params, query }) => {
    const deleted = queryFlag(query, 'deleted')
    const users = withId(params, query).filter((it) => deleted || !it.deleted)
    return paged(
      users.map(({ subject, version }) => ({ subject, version })),
      query,
    )
  })
}
