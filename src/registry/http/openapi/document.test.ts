/** The description against the thing: the same routes, the same parameters, and answers that have the shapes and codes described. */
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import type { FastifyInstance } from 'fastify'
import { registryStage } from '../../testdata/stage.ts'
import { openApiDocument } from './document.ts'

interface Shown {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> }
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, { schema: object }>> }>
  >
  readonly security?: unknown
}

interface Document {
  readonly openapi: string
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Shown>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly securitySchemes?: object }
  readonly security?: unknown
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

const mediaType = 'application/vnd.schemaregistry.v1+json'
/** As a client gets it. */
const documentOf = (needsLogin: boolean): Document =>
  JSON.parse(JSON.stringify(openApiDocument({ version: '1', needsLogin, mediaType })))
const document = documentOf(true)
const operations = new Map<string, Shown>(
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, it]) => [`${method.toUpperCase()} ${path}`, it]),
  ),
)

/** Objects have no field that is not described; the document itself allows them, for versions to come. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const inner = Object.fromEntries(Object.entries(value).map(([name, it]) => [name, closed(it)]))
  return inner['type'] === 'object' && 'properties' in inner ? { additionalProperties: false, ...inner } : inner
}

const ajv = new Ajv2020({ strict: false, allErrors: true })
ajvFormats.default(ajv)
ajv.addFormat('int32', { type: 'number', validate: (it: number) => Number.isInteger(it) && Math.abs(it) < 2 ** 31 })
ajv.addFormat('int64', { type: 'number', validate: Number.isSafeInteger })
ajv.addSchema({ $id: 'openapi', components: closed(document.components) })

function fits(schema: object, value: unknown): string {
  const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/'))
  const validate = ajv.compile(absolute)
  return validate(value) ? '' : ajv.errorsText(validate.errors)
}

/** A registry, what it routes, and which parameters each route has looked at. */
function observed() {
  const routes = new Set<string>()
  const read = new Map<string, Set<string>>()
  const onServer = (message: unknown): void => {
    const { fastify: server } = message as { readonly fastify: FastifyInstance }
    server.addHook('onRoute', ({ method, url }) => {
      for (const it of [method].flat()) if (it !== 'HEAD') routes.add(`${it} ${described(url)}`)
    })
    server.addHook('preHandler', async (request) => {
      const names = read.get(nameOf(request)) ?? new Set()
      read.set(nameOf(request), names)
      const get = (query: object, name: string): unknown => {
        names.add(name)
        return Reflect.get(query, name)
      }
      request.query = new Proxy(request.query as object, { get: (query, name) => get(query, String(name)) })
    })
  }
  subscribe('fastify.initialization', onServer)
  const stage = registryStage()
  unsubscribe('fastify.initialization', onServer)
  return { stage, routes, read }
}

const described = (url: string): string => url.replace(/:(\w+)/g, '{$1}')
const nameOf = ({ method, routeOptions }: { method: string; routeOptions: { url?: string | undefined } }): string =>
  `${method} ${described(routeOptions.url ?? '')}`

test('what is served is described, and nothing else is', () => {
  const { routes } = observed()
  assert.ok(routes.size > 30)
  assert.deepEqual([...operations.keys()].toSorted(), [...routes].toSorted())
})

describe('the document', () => {
  test('is OpenAPI 3.1: ids are unique, tags are there, every parameter of a path is declared, once', () => {
    assert.match(document.openapi, /^3\.1\.\d$/)
    const ids = new Set([...operations.values()].map(({ operationId }) => operationId))
    assert.equal(ids.size, operations.size)
    const tags = new Set(document.tags.map(({ name }) => name))
    for (const [name, { parameters = [], tags: own, summary, responses, requestBody }] of operations) {
      assert.ok(own.length === 1 && own.every((tag) => tags.has(tag)), name)
      assert.ok(summary.length > 0 && !summary.endsWith('.'), name)
      const inPath = parameters.filter((it) => it.in === 'path')
      assert.deepEqual(inPath.map((it) => `{${it.name}}`).toSorted(), (name.match(/\{\w+\}/g) ?? []).toSorted(), name)
      assert.ok(
        inPath.every(({ required }) => required === true),
        name,
      )
      assert.equal(new Set(parameters.map((it) => `${it.in} ${it.name}`)).size, parameters.length, name)
      for (const parameter of parameters) {
        assert.deepEqual(
          Object.keys(parameter).filter((key) => !parameterKeys.has(key)),
          [],
          name,
        )
        assert.ok('schema' in parameter && 'description' in parameter, name)
      }
      assert.ok(
        Object.keys(responses).every((status) => /^(?:[2-5]\d\d|default)$/.test(status)),
        name,
      )
      assert.ok(
        Object.values(responses).every(({ description }) => description.length > 0),
        name,
      )
      assert.equal(requestBody !== undefined, /^(?:PUT|POST) /.test(name), name)
    }
  })

  test('every reference leads somewhere, and every schema is one and is used', () => {
    const text = JSON.stringify(document)
    const used = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, target = '']) => target))
    const there = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`)
    assert.deepEqual([...used].toSorted(), there.toSorted())
    for (const schema of Object.values(document.components.schemas)) assert.equal(ajv.validateSchema(schema), true)
    for (const { responses, requestBody, parameters = [] } of operations.values()) {
      const contents = [...Object.values(responses), requestBody].flatMap((it) => Object.values(it?.content ?? {}))
      for (const { schema } of [...contents, ...parameters.map((it) => it as { readonly schema?: object })])
        assert.equal(ajv.validateSchema(schema ?? false), true)
    }
  })

  test('a login is described where one is needed', () => {
    assert.deepEqual(document.security, [{ login: [] }])
    assert.deepEqual(document.components.securitySchemes, { login: { type: 'http', scheme: 'basic' } })
    const open = documentOf(false)
    assert.deepEqual([open.security, open.components.securitySchemes], [undefined, undefined])
    assert.ok(!/"40[13]":/.test(JSON.stringify(open)))
    assert.ok(operations.get('PUT /config')?.responses['403'] !== undefined)
    assert.equal(operations.get('POST /subjects/{subject}')?.responses['403'], undefined)
  })

  test('it is served, as JSON', async () => {
    const { stage } = observed()
    const { status, body, contentType } = await stage.get('/openapi.json')
    assert.deepEqual([status, contentType], [200, 'application/json; charset=utf-8'])
    assert.deepEqual(body, documentOf(false))
  })
})

const parameterKeys: ReadonlySet<string> = new Set(['name', 'in', 'required', 'description', 'schema'])

interface Call {
  readonly method: Method
  readonly url: string
  readonly body?: unknown
}

const get = (url: string): Call => ({ method: 'GET', url })
const remove = (url: string): Call => ({ method: 'DELETE', url })
const post = (url: string, body: unknown): Call => ({ method: 'POST', url, body })
const put = (url: string, body: unknown): Call => ({ method: 'PUT', url, body })

const rules = {
  domainRules: [{ name: 'r', kind: 'CONDITION', type: 'CEL', tags: ['t'], params: { a: 'b' }, disabled: false }],
}
const metadata = { tags: { t: ['x'] }, properties: { owner: 'us' }, sensitive: ['owner'] }
const references = [{ name: 'base', subject: 'base', version: 1 }]

const registering: readonly Call[] = [
  post('/subjects/base/versions', { schema: 'x' }),
  post('/subjects/a/versions?normalize=true', { schema: 'x' }),
  post('/subjects/a/versions', { schema: 'x y', schemaType: 'AVRO', metadata, ruleSet: rules }),
  post('/subjects/user/versions', { schema: '@base', references }),
  post('/subjects/:.c:a/versions', { schema: 'x' }),
  post('/subjects/a/versions', { schema: 'z' }),
  post('/subjects/a/versions', { schema: '!' }),
  post('/subjects/a/versions', { schema: 'x'.repeat(1_000_001) }),
  post('/subjects/a/versions', { schema: 'x', ruleSet: { domainRules: [{ name: '?' }] } }),
  post('/subjects/a/versions', '{'),
  post('/subjects/a%07/versions', { schema: 'x' }),
  post('/subjects/a?format=x', { schema: 'x' }),
  post('/subjects/a', { schema: 'q' }),
  post('/subjects/none', { schema: 'q' }),
  post('/subjects/a', []),
  post('/compatibility/subjects/a/versions', { schema: 'x' }),
  post('/compatibility/subjects/a/versions?verbose=true', { schema: '!' }),
  post('/compatibility/subjects/a/versions', { schema: '!' }),
  post('/compatibility/subjects/a/versions/1?verbose=true', { schema: 'z' }),
  post('/compatibility/subjects/a/versions/9', { schema: 'z' }),
  post('/compatibility/subjects/a/versions/x', { schema: 'z' }),
]

const guid = '{guid}'
const reading: readonly Call[] = [
  ...['/', '/v1/metadata/id', '/v1/metadata/version', '/openapi.json', '/nothing', '/subjects/a%zz'].map(get),
  ...['/subjects', '/subjects?deletedOnly=true', '/subjects?offset=x', '/subjects/a/versions?limit=1'].map(get),
  ...['/subjects/none/versions', '/subjects/a/versions/1', '/subjects/a/versions/latest', '/subjects/a/versions/9'].map(
    get,
  ),
  ...['/subjects/a/versions/x', '/subjects/none/versions/1', '/subjects/a/versions/1/schema'].map(get),
  ...['/subjects/base/versions/1/referencedby', '/subjects/base/versions/1/referencedby?limit=x'].map(get),
  ...['/subjects/a/metadata?key=owner&value=us', '/subjects/a/metadata?key=owner&value=no'].map(get),
  ...['/subjects/none/metadata', '/schemas', '/schemas?latestOnly=true', '/schemas?limit=x', '/schemas/types'].map(get),
  ...['/schemas/ids/1', '/schemas/ids/2?subject=a&fetchMaxId=true', '/schemas/ids/99', '/schemas/ids/x'].map(get),
  ...['/schemas/ids/1/schema', '/schemas/ids/1/subjects', '/schemas/ids/1/versions', '/schemas/ids/9/versions'].map(
    get,
  ),
  ...[`/schemas/guids/${guid}`, `/schemas/guids/${guid}/ids`, '/schemas/guids/x', '/contexts', '/contexts?limit=x'].map(
    get,
  ),
]

const setting: readonly Call[] = [
  ...['/config', '/config/a', '/config/a?defaultToGlobal=true', '/mode', '/mode/a', '/mode/a?defaultToGlobal=true'].map(
    get,
  ),
  put('/config', { compatibility: 'full' }),
  put('/config/a', { compatibility: 'NONE', normalize: true, defaultMetadata: metadata, overrideRuleSet: rules }),
  put('/config/a', { normalize: null, alias: 'b', compatibilityGroup: 'g', validateFields: true }),
  put('/config/a', { compatibility: 'sideways' }),
  put('/config/a', { normalize: 1 }),
  put('/config/a', { defaultRuleSet: { domainRules: [{}] } }),
  put('/config/a%07', {}),
  get('/config/a'),
  remove('/config/a'),
  remove('/config/a'),
  remove('/config'),
  put('/mode/a', { mode: 'fast' }),
  put('/mode/a', { mode: 'IMPORT' }),
  put('/mode/a%07', { mode: 'IMPORT' }),
  put('/mode/a?force=true', { mode: 'readonly' }),
  put('/config/a', { normalize: true }),
  remove('/subjects/a'),
  remove('/subjects/a/versions/1'),
  get('/mode/a'),
  put('/mode/a', { mode: null }),
  put('/mode/a', { mode: 'READWRITE' }),
  remove('/mode/a'),
  remove('/mode/a'),
  put('/mode', { mode: 'READWRITE' }),
  remove('/mode'),
]

const deleting: readonly Call[] = [
  ...['/subjects/base', '/subjects/base/versions/1', '/subjects/a/versions/1?permanent=true'].map(remove),
  ...['/subjects/a/versions/1', '/subjects/a/versions/1', '/subjects/a/versions/x', '/subjects/a/versions/9'].map(
    remove,
  ),
  ...['/subjects/none', '/subjects/none/versions/1', '/subjects/a?permanent=true', '/subjects/a', '/subjects/a'].map(
    remove,
  ),
  ...['/subjects?deleted=true', '/subjects/a/versions/2?deleted=true', '/schemas?deleted=true'].map(get),
  ...['/contexts/.c', '/subjects/:.c:a', '/subjects/:.c:a?permanent=true', '/contexts/.c'].map(remove),
]

/** Which fastify answers by itself. */
const statusesOfHttp: ReadonlySet<number> = new Set([400, 404, 413, 414])

test('real answers have the shapes and the codes that are described, and each operation was seen to succeed', async () => {
  const { stage, read } = observed()
  const succeeded = new Set<string>()
  let known = ''
  for (const { method, url, body } of [...registering, ...reading, ...setting, ...deleting]) {
    const told = await stage.ask(method, url.replace(guid, known), body)
    known ||= (told.body as { guid?: string }).guid ?? ''
    const [path = ''] = url.split('?', 1)
    const name = [...operations.keys()].find((it) => isOf(it, `${method} ${path}`))
    const { responses = operations.get('GET /')?.responses ?? {} } = operations.get(name ?? '') ?? {}
    const response = responses[told.status] ?? (statusesOfHttp.has(told.status) ? responses['default'] : undefined)
    const what = `${method} ${url}: ${told.status} ${JSON.stringify(told.body).slice(0, 300)}`
    assert.ok(told.status < 500 && response !== undefined, what)
    const [[type = '', content] = []] = Object.entries(response.content ?? {})
    if (content === undefined) assert.equal(told.body, '', what)
    else {
      assert.equal(told.contentType.split(';', 1)[0], type, what)
      assert.equal(fits(content.schema, told.body), '', what)
    }
    if (told.status < 300 && name !== undefined) succeeded.add(name)
  }
  assert.deepEqual([...succeeded].toSorted(), [...operations.keys()].toSorted())
  for (const [name, { parameters = [] }] of operations) {
    const inQuery = parameters.filter((it) => it.in === 'query').map((it) => it.name)
    assert.deepEqual([...(read.get(name) ?? [])].toSorted(), inQuery.toSorted(), `the parameters of ${name}`)
  }
})

/** Whether the described path stands for this one. Those with fewer names come first where both do. */
const isOf = (described: string, asked: string): boolean =>
  new RegExp(`^${described.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(asked)

test('what was sent is what is described; a body that is none is not', () => {
  for (const { method, url, body } of [...registering, ...setting]) {
    const name = [...operations.keys()].find((it) => isOf(it, `${method} ${url.split('?', 1)[0]}`))
    const schema = operations.get(name ?? '')?.requestBody?.content['application/json']?.schema
    if (schema === undefined || typeof body !== 'object' || Array.isArray(body)) continue
    const isBad = url === '/config/a' && JSON.stringify(body) === '{"normalize":1}'
    assert.equal(fits(schema, body) === '', !isBad, `${method} ${url} ${JSON.stringify(body).slice(0, 200)}`)
  }
})
