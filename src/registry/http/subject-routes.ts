/** `/subjects`: what is registered under a name, and the versions of it. */
import type { FastifyInstance } from 'fastify'
import { subjectNotFound, versionNotFound } from '../deletion.ts'
import type { LookUp } from '../registration.ts'
import type { Registry } from '../registry.ts'
import { RegistryError } from '../registry-error.ts'
import type { SchemaContent, StoredSchema } from '../stored-schema.ts'
import { checkSubject, contextOf, parseSubject, subjectText } from '../subject-name.ts'
import { registeredReply, versionReply } from './replies.ts'
import {
  deletedOf,
  paged,
  type Query,
  queryFlag,
  queryText,
  queryTexts,
  schemaRequest,
  startsWith,
  subjectOf,
  versionOf,
} from './request-fields.ts'

interface OfSubject {
  readonly Params: { readonly subject: string }
  readonly Querystring: Query
}

interface OfVersion {
  readonly Params: { readonly subject: string; readonly version: string }
  readonly Querystring: Query
}

/** What is not found in the default context is looked for in the others. */
function* placesOf(registry: Registry, subject: string): Iterable<string> {
  yield subject
  const name = parseSubject(subject)
  if (contextOf(subject) !== '.') return
  for (const context of registry.state.contexts) if (context !== '.') yield subjectText({ ...name, context })
}

export function subjectRoutes(server: FastifyInstance, registry: Registry): void {
  const { state, registration } = registry

  /** What is no schema in another context is not there. */
  const lookUp = async (
    place: string,
    content: SchemaContent,
    { isElsewhere, ...asked }: LookUp & { readonly isElsewhere: boolean },
  ): Promise<StoredSchema | undefined> => {
    try {
      return await registration.lookUp(place, content, asked)
    } catch (error) {
      if (isElsewhere && error instanceof RegistryError && error.code === 'invalidSchema') return undefined
      throw error
    }
  }

  server.get<{ Querystring: Query }>('/subjects', ({ query }) => {
    const prefix = queryText(query, 'subjectPrefix') ?? ':*:'
    return paged(
      state.subjects(deletedOf(query)).filter((subject) => startsWith(subject, prefix)),
      query,
    )
  })

  server.post<OfSubject>('/subjects/:subject', async ({ params, query, body }) => {
    const subject = subjectOf(params)
    const { content } = schemaRequest(body)
    const asked = { normalize: queryFlag(query, 'normalize'), deleted: queryFlag(query, 'deleted') }
    for (const place of placesOf(registry, subject)) {
      const isElsewhere = place !== subject
      if (isElsewhere && state.versions(place).length === 0) continue
      const found = await lookUp(place, content, { ...asked, isElsewhere })
      if (found !== undefined) return versionReply(await registry.parser.inForm(found, queryText(query, 'format')))
    }
    if (!state.hasAny(subject, asked.deleted ? 'with' : 'without')) throw subjectNotFound(subject)
    throw new RegistryError('schemaNotFound', 'Schema not found')
  })

  server.delete<OfSubject>('/subjects/:subject', ({ params, query }) =>
    registry.deleteSubject({ subject: subjectOf(params), permanent: queryFlag(query, 'permanent') }),
  )

  server.get<OfSubject>('/subjects/:subject/metadata', ({ params, query }) => {
    const subject = subjectOf(params)
    const values = queryTexts(query, 'value')
    const wanted = queryTexts(query, 'key').map((key, i) => [key, values[i]] as const)
    const all = state.versions(subject, queryFlag(query, 'deleted') ? 'with' : 'without')
    const found = all.findLast(({ metadata }) => wanted.every(([key, value]) => metadata?.properties?.[key] === value))
    if (found?.metadata !== undefined) return versionReply(found)
    if (all.length === 0) throw subjectNotFound(subject)
    throw new RegistryError('schemaNotFound', 'Schema not found')
  })
}

export function versionRoutes(server: FastifyInstance, registry: Registry): void {
  const { state } = registry
  const versionIn = (subject: string, given: string, deleted: boolean): StoredSchema => {
    const version = versionOf(given)
    for (const place of placesOf(registry, subject)) {
      const found = version === 'latest' ? state.latest(place) : state.version(place, version)
      if (found !== undefined && (deleted || !found.deleted)) return found
    }
    if (!state.hasAny(subject, deleted ? 'with' : 'without')) throw subjectNotFound(subject)
    throw versionNotFound(version === 'latest' ? -1 : version)
  }

  server.get<OfSubject>('/subjects/:subject/versions', ({ params, query }) => {
    const subject = subjectOf(params)
    const asked = deletedOf(query)
    if (state.versions(subject, asked === 'only' ? 'with' : asked).length === 0) throw subjectNotFound(subject)
    return paged(
      state.versions(subject, asked).map(({ version }) => version),
      query,
    )
  })

  server.post<OfSubject>('/subjects/:subject/versions', async ({ params, query, body }) => {
    const subject = subjectOf(params)
    checkSubject(subject)
    const request = schemaRequest(body)
    return registeredReply(await registry.register({ ...request, subject, normalize: queryFlag(query, 'normalize') }))
  })

  const shown = async (params: OfVersion['Params'], query: Query): Promise<StoredSchema> => {
    const found = versionIn(subjectOf(params), params.version, queryFlag(query, 'deleted'))
    return registry.parser.inForm(found, queryText(query, 'format'))
  }
  server.get<OfVersion>('/subjects/:subject/versions/:version', async ({ params, query }) =>
    versionReply(await shown(params, query)),
  )
  server.get<OfVersion>('/subjects/:subject/versions/:version/schema', async ({ params, query }, reply) =>
    reply.send((await shown(params, query)).schema),
  )

  server.get<OfVersion>('/subjects/:subject/versions/:version/referencedby', ({ params, query }) => {
    const { subject, version } = versionIn(subjectOf(params), params.version, true)
    const users = state.referrers({ subject, version }, queryFlag(query, 'deleted') ? 'with' : 'without')
    return paged(
      [...new Set(users.map(({ id }) => id))].toSorted((a, b) => a - b),
      query,
    )
  })

  server.delete<OfVersion>('/subjects/:subject/versions/:version', ({ params, query }) =>
    registry.deleteVersion({
      subject: subjectOf(params),
      version: versionOf(params.version),
      permanent: queryFlag(query, 'permanent'),
    }),
  )
}
