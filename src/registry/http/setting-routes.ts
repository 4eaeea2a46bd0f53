/** `/config`, `/mode` and `/compatibility`: which schemas may follow one another, who may write, and whether a schema would do. */
import type { FastifyInstance } from 'fastify'
import { versionNotFound } from '../deletion.ts'
import { compact } from '../json-fields.ts'
import type { Registry } from '../registry.ts'
import { RegistryError } from '../registry-error.ts'
import { type Config, defaultMode } from '../settings.ts'
import type { StoredSchema } from '../stored-schema.ts'
import { checkSubject, parseSubject } from '../subject-name.ts'
import {
  configRequest,
  modeRequest,
  type Query,
  queryFlag,
  schemaRequest,
  scopeOf,
  subjectOf,
  versionOf,
} from './request-fields.ts'

interface OfScope {
  readonly Params: { readonly subject?: string }
  readonly Querystring: Query
}

interface OfSubject {
  readonly Params: { readonly subject: string; readonly version?: string }
  readonly Querystring: Query
}

/** A context may be set for as a whole. */
function checkScope(scope: string | undefined): void {
  if (scope !== undefined && parseSubject(scope).subject !== '') checkSubject(scope)
}

export function settingRoutes(server: FastifyInstance, registry: Registry): void {
  configRoutes(server, registry)
  modeRoutes(server, registry)
  compatibilityRoutes(server, registry)
}

function configRoutes(server: FastifyInstance, registry: Registry): void {
  const { state } = registry
  const config = (scope: string | undefined, query: Query): Config => {
    if (queryFlag(query, 'defaultToGlobal')) return state.configInScope(scope)
    const own = state.config(scope)
    if (own === undefined && scope !== undefined)
      throw new RegistryError('configNotSet', `Subject '${scope}' does not have subject-level compatibility configured`)
    return { compatibilityLevel: state.level, ...own }
  }
  for (const path of ['/config', '/config/:subject']) {
    server.get<OfScope>(path, ({ params, query }) => config(scopeOf(params.subject), query))
    server.put<OfScope>(path, async ({ params, body }) => {
      const scope = scopeOf(params.subject)
      checkScope(scope)
      const { compatibilityLevel: compatibility, ...others } = await registry.changeConfig(scope, configRequest(body))
      return compact({ compatibility, ...others })
    })
    server.delete<OfScope>(path, ({ params }) => registry.deleteConfig(scopeOf(params.subject)))
  }
}

function modeRoutes(server: FastifyInstance, registry: Registry): void {
  const { state } = registry
  for (const path of ['/mode', '/mode/:subject']) {
    server.get<OfScope>(path, ({ params, query }) => {
      const scope = scopeOf(params.subject)
      const mode = queryFlag(query, 'defaultToGlobal') ? state.modeInScope(scope) : state.mode(scope)
      if (mode === undefined && scope !== undefined)
        throw new RegistryError('modeNotSet', `Subject '${scope}' does not have subject-level mode configured`)
      return { mode: mode ?? defaultMode }
    })
    server.put<OfScope>(path, async ({ params, query, body }) => {
      const scope = scopeOf(params.subject)
      checkScope(scope)
      const wanted = modeRequest(body)
      if (wanted === 'FORWARD' && scope !== undefined)
        throw new RegistryError('invalidMode', 'Forward mode only supported on global level')
      const mode = await registry.changeMode(scope, { mode: wanted, force: queryFlag(query, 'force') })
      return mode === null ? {} : { mode }
    })
    server.delete<OfScope>(path, async ({ params }) => ({ mode: await registry.deleteMode(scopeOf(params.subject)) }))
  }
}

function compatibilityRoutes(server: FastifyInstance, { state, registration }: Registry): void {
  const compatibility = async (
    {
      params,
      query,
      body,
    }: { readonly params: { readonly subject: string }; readonly query: Query; readonly body: unknown },
    earlier: readonly StoredSchema[],
  ): Promise<object> => {
    const verbose = queryFlag(query, 'verbose')
    const { content } = schemaRequest(body)
    const asked = { earlier, normalize: queryFlag(query, 'normalize') }
    try {
      const messages = await registration.compatibility(subjectOf(params), content, asked)
      return { is_compatible: messages.length === 0, ...(verbose && { messages }) }
    } catch (error) {
      if (!(verbose && error instanceof RegistryError && error.code === 'invalidSchema')) throw error
      return { is_compatible: false, messages: [error.message] }
    }
  }
  server.post<OfSubject>('/compatibility/subjects/:subject/versions', (request) =>
    compatibility(request, state.versions(subjectOf(request.params), 'without')),
  )
  server.post<OfSubject>('/compatibility/subjects/:subject/versions/:version', (request) => {
    const subject = subjectOf(request.params)
    const version = versionOf(request.params.version ?? '')
    const found = version === 'latest' ? state.latest(subject) : state.version(subject, version)
    const isThere = found !== undefined && !found.deleted
    if (!isThere && version !== 'latest') throw versionNotFound(version)
    return compatibility(request, isThere ? [found] : [])
  })
}
