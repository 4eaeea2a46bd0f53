import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Reply, registryStage } from '../testdata/stage.ts'

/** What of an answer is said here. */
function like({ status, body }: Reply, code: number, fields?: unknown): void {
  assert.equal(status, Number(String(code).slice(0, 3)), JSON.stringify(body))
  if (code > 999) assert.equal((body as { error_code: number }).error_code, code, JSON.stringify(body))
  if (fields !== undefined) assert.deepEqual(pick(body, fields), fields)
}

function pick(body: unknown, fields: unknown): unknown {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return body
  const given = body as Record<string, unknown>
  return Object.fromEntries(Object.keys(fields).map((key) => [key, given[key]]))
}

describe('registering', () => {
  test('versions count in a subject, ids in a context; what is there already is given as it is', async () => {
    const { register, get } = registryStage()
    assert.deepEqual(pick(await register('a', 'x'), { id: 0, version: 0 }), { id: 1, version: 1 })
    assert.deepEqual(pick(await register('a', 'x y'), { id: 0, version: 0 }), { id: 2, version: 2 })
    assert.deepEqual(pick(await register('a', ' x '), { id: 0, version: 0 }), { id: 1, version: 1 })
    assert.deepEqual(pick(await register('b', 'x y'), { id: 0, version: 0 }), { id: 2, version: 1 })
    assert.deepEqual(pick(await register(':.other:a', 'x y'), { id: 0, version: 0 }), { id: 1, version: 1 })
    like(await get('/subjects'), 200, [':.other:a', 'a', 'b'])
    like(await get('/subjects?subjectPrefix='), 200, ['a', 'b'])
    like(await get('/subjects/a/versions'), 200, [1, 2])
    like(await get('/subjects/a/versions/2'), 200, {
      subject: 'a',
      version: 2,
      id: 2,
      schema: 'x y',
      schemaType: 'AVRO',
    })
    like(await get('/subjects/a/versions/latest'), 200, { version: 2 })
    like(await get('/subjects/a/versions/-1'), 200, { version: 2 })
    like(await get('/subjects/a/versions/1/schema'), 200, 'x')
    like(await get('/schemas/ids/2'), 200, { schema: 'x y', subject: undefined })
    like(await get('/schemas/ids/2?subject=a&fetchMaxId=true'), 200, { subject: 'a', version: 2, maxId: 2 })
    like(await get('/schemas/ids/2/schema'), 200, 'x y')
    like(await get('/schemas/ids/2/subjects'), 200, ['a', 'b'])
    like(await get('/schemas/ids/2/versions'), 200, [
      { subject: 'a', version: 2 },
      { subject: 'b', version: 1 },
    ])
    like(await get('/contexts'), 200, ['.', '.other'])
    like(await get('/schemas/types'), 200, ['AVRO'])
  })

  test('with normalize, what means the same is the same', async () => {
    const { post, register } = registryStage()
    await register('a', 'b a')
    like(await post('/subjects/a/versions?normalize=true', { schema: 'b  a' }), 200, { version: 2, schema: 'a b' })
    like(await post('/subjects/a/versions?normalize=true', { schema: 'a b' }), 200, { version: 2 })
    like(await post('/subjects/a?normalize=true', { schema: 'b a' }), 200, { version: 2 })
    like(await post('/subjects/a', { schema: 'b a' }), 200, { version: 1 })
  })

  test('what does not fit those before is refused, and told why', async () => {
    const { post, put, register } = registryStage()
    await register('a', 'x')
    await register('a', 'x y')
    const refused = await post('/subjects/a/versions', { schema: 'z' })
    like(refused, 40901)
    assert.match(
      JSON.stringify(refused.body),
      /WORD_MISSING.*'x' is not known.*oldSchemaVersion: 2.*compatibility: 'BACKWARD'/,
    )
    like(await post('/compatibility/subjects/a/versions/1?verbose=true', { schema: 'x' }), 200, { is_compatible: true })
    like(await post('/compatibility/subjects/a/versions', { schema: 'x' }), 200, { is_compatible: false })
    await put('/config/a', { compatibility: 'forward' })
    like(await post('/compatibility/subjects/a/versions', { schema: 'x' }), 200, { is_compatible: true })
    like(await post('/compatibility/subjects/a/versions/latest', { schema: 'z' }), 200, { is_compatible: false })
    like(await post('/compatibility/subjects/a/versions/9', { schema: 'x' }), 40402)
    like(await post('/compatibility/subjects/none/versions/latest', { schema: 'x' }), 200, { is_compatible: true })
    await put('/config/a', { compatibility: 'NONE' })
    like(await post('/subjects/a/versions', { schema: 'z' }), 200, { version: 3 })
    await put('/config/a', { compatibility: 'FULL_TRANSITIVE' })
    like(await post('/subjects/a/versions', { schema: 'z' }), 200, { version: 3 })
    like(await post('/subjects/a/versions', { schema: 'z z' }), 40901)
  })

  test('references are to versions that are there, and keep them from being deleted', async () => {
    const { post, register, get, ask } = registryStage()
    await register('base', 'x')
    const references = [{ name: 'base', subject: 'base', version: 1 }]
    like(await post('/subjects/user/versions', { schema: '@base' }), 42201)
    like(
      await post('/subjects/user/versions', { schema: '@base', references: [{ ...references[0], version: 7 }] }),
      42201,
    )
    like(await post('/subjects/user/versions', { schema: '@base', references }), 200, { references })
    like(
      await post('/subjects/user/versions', { schema: '@base y', references: [{ ...references[0], version: -1 }] }),
      200,
      { references },
    )
    like(await get('/subjects/base/versions/1/referencedby'), 200, [2, 3])
    like(await ask('DELETE', '/subjects/base'), 42206)
    like(await ask('DELETE', '/subjects/base/versions/1'), 42206)
    await ask('DELETE', '/subjects/user')
    like(await get('/subjects/base/versions/1/referencedby'), 200, [])
    like(await ask('DELETE', '/subjects/base'), 200, [1])
    like(await ask('DELETE', '/subjects/base?permanent=true'), 42206)
    like(await ask('DELETE', '/subjects/user?permanent=true'), 200, [1, 2])
    like(await ask('DELETE', '/subjects/base?permanent=true'), 200, [1])
  })

  test('metadata and rules are kept, taken over, and make a schema another one', async () => {
    const { post, get, put } = registryStage()
    const metadata = { properties: { owner: 'us' } }
    const ruleSet = { domainRules: [{ name: 'check', kind: 'CONDITION', type: 'CEL', mode: 'WRITE', expr: 'true' }] }
    like(await post('/subjects/a/versions', { schema: 'x', metadata, ruleSet }), 200, { id: 1, metadata, ruleSet })
    like(await post('/subjects/a/versions', { schema: 'x' }), 200, { id: 1, version: 1 })
    like(await post('/subjects/a/versions', { schema: 'x', metadata: { properties: { owner: 'them' } } }), 200, {
      id: 2,
      version: 2,
      ruleSet,
    })
    like(await get('/subjects/a/metadata?key=owner&value=us'), 200, { version: 1 })
    like(await get('/subjects/a/metadata?key=owner&value=nobody'), 40403)
    like(await post('/subjects/a/versions', { schema: 'y', ruleSet: { domainRules: [{ name: 'no type' }] } }), 42210)
    await put('/config/b', { defaultMetadata: { properties: { team: 't' } } })
    like(await post('/subjects/b/versions', { schema: 'x', metadata }), 200, {
      metadata: { properties: { team: 't', owner: 'us' } },
    })
  })
})

describe('deleting', () => {
  test('softly first, then for good; ids stay readable until then', async () => {
    const { register, get, delete: remove, post } = registryStage()
    await register('a', 'x')
    await register('a', 'x y')
    like(await remove('/subjects/a/versions/1?permanent=true'), 40407)
    like(await remove('/subjects/a/versions/1'), 200, 1)
    like(await remove('/subjects/a/versions/1'), 40406)
    like(await get('/subjects/a/versions'), 200, [2])
    like(await get('/subjects/a/versions?deleted=true'), 200, [1, 2])
    like(await get('/subjects/a/versions?deletedOnly=true'), 200, [1])
    like(await get('/subjects/a/versions/1'), 40402)
    like(await get('/subjects/a/versions/1?deleted=true'), 200, { deleted: true })
    like(await get('/schemas/ids/1'), 200, { schema: 'x' })
    like(await remove('/subjects/a?permanent=true'), 40405)
    like(await remove('/subjects/a'), 200, [2])
    like(await remove('/subjects/a'), 40404)
    like(await get('/subjects'), 200, [])
    like(await get('/subjects?deleted=true'), 200, ['a'])
    like(await get('/subjects/a/versions'), 40401)
    like(await post('/subjects/a', { schema: 'x' }), 40401)
    like(await post('/subjects/a?deleted=true', { schema: 'x' }), 200, { version: 1 })
    like(await remove('/subjects/a?permanent=true'), 200, [1, 2])
    like(await get('/schemas/ids/1'), 40403)
    like(await remove('/subjects/a'), 40401)
  })

  test('what is registered again after that has its id, and a version of its own', async () => {
    const { register, delete: remove, get } = registryStage()
    await register('a', 'x')
    await remove('/subjects/a')
    assert.deepEqual(pick(await register('a', 'x'), { id: 0, version: 0 }), { id: 1, version: 2 })
    like(await get('/subjects/a/versions?deleted=true'), 200, [2])
  })

  test('while a registry runs no id comes twice, whatever became of its schema', async () => {
    const { register, delete: remove } = registryStage()
    await register('a', 'x')
    await remove('/subjects/a')
    await remove('/subjects/a?permanent=true')
    assert.deepEqual(pick(await register('a', 'y'), { id: 0 }), { id: 2 })
  })
})

describe('what is set', () => {
  test('compatibility: of a subject, of all, or the default', async () => {
    const { get, put, delete: remove } = registryStage()
    like(await get('/config'), 200, { compatibilityLevel: 'BACKWARD' })
    like(await get('/config/a'), 40408)
    like(await get('/config/a?defaultToGlobal=true'), 200, { compatibilityLevel: 'BACKWARD' })
    like(await put('/config', { compatibility: 'full' }), 200, { compatibility: 'FULL' })
    like(await get('/config/a?defaultToGlobal=true'), 200, { compatibilityLevel: 'FULL' })
    like(await put('/config/a', { compatibility: 'sideways' }), 42203)
    like(await put('/config/a', { compatibility: 'NONE', normalize: true }), 200, {
      compatibility: 'NONE',
      normalize: true,
    })
    like(await put('/config/a', { normalize: null }), 200, { compatibility: 'NONE', normalize: undefined })
    like(await remove('/config/a'), 200, { compatibilityLevel: 'NONE' })
    like(await remove('/config/a'), 40401)
    like(await remove('/config'), 200, { compatibilityLevel: 'FULL' })
    like(await get('/config'), 200, { compatibilityLevel: 'BACKWARD' })
  })

  test('modes: who may only read, and what is taken over with its ids', async () => {
    const { get, put, post, delete: remove, register } = registryStage()
    like(await get('/mode'), 200, { mode: 'READWRITE' })
    like(await get('/mode/a'), 40409)
    like(await put('/mode/a', { mode: 'readonly' }), 200, { mode: 'READONLY' })
    like(await post('/subjects/a/versions', { schema: 'x' }), 42205)
    like(await put('/mode/a', { mode: 'fast' }), 42204)
    like(await put('/mode/a', { mode: 'IMPORT' }), 200, { mode: 'IMPORT' })
    like(await post('/subjects/a/versions', { schema: 'x', id: 40, version: 7 }), 200, { id: 40, version: 7 })
    like(await post('/subjects/a/versions', { schema: 'x z', id: 40, version: 8 }), 42205)
    like(await post('/subjects/a/versions', { schema: 'x' }), 200, { id: 40, version: 7 })
    like(await post('/subjects/a/versions', { schema: 'w' }), 42205)
    like(await remove('/mode/a'), 200, { mode: 'IMPORT' })
    like(await post('/subjects/a/versions', { schema: 'x', id: 41 }), 42205)
    assert.deepEqual(pick(await register('a', 'x y'), { id: 0, version: 0 }), { id: 41, version: 8 })
    like(await put('/mode/a', { mode: 'IMPORT' }), 42205)
    like(await put('/mode/a?force=true', { mode: 'IMPORT' }), 200)
  })

  test('of a context: for its subjects alone', async () => {
    const { get, put, post } = registryStage()
    await put('/config/:.c:', { compatibility: 'NONE' })
    like(await get('/config/:.c:a?defaultToGlobal=true'), 200, { compatibilityLevel: 'NONE' })
    like(await get('/config/a?defaultToGlobal=true'), 200, { compatibilityLevel: 'BACKWARD' })
    like(await post('/contexts/.c/subjects/a/versions', { schema: 'x' }), 200, { id: 1 })
    like(await get('/contexts/.c/subjects'), 200, [':.c:a'])
    like(await get('/contexts/.c/schemas/ids/1'), 200, { schema: 'x' })
    like(await get('/schemas/ids/1'), 40403)
    like(await get('/subjects/a/versions/1'), 200, { subject: ':.c:a' })
    like(await get('/contexts/.c/config'), 200, { compatibilityLevel: 'NONE' })
    like(await get('/contexts/:.c:/subjects/a/versions'), 200, [1])
  })
})

describe('bad requests', () => {
  const cases: readonly [string, 'GET' | 'POST' | 'PUT' | 'DELETE', string, unknown, number][] = [
    ['no schema', 'POST', '/subjects/a/versions', {}, 42201],
    ['a text that is none', 'POST', '/subjects/a/versions', { schema: '!' }, 42201],
    ['a format that nobody knows', 'POST', '/subjects/a/versions', { schema: 'x', schemaType: 'COBOL' }, 42201],
    [
      'a schema of a million and one characters',
      'POST',
      '/subjects/a/versions',
      { schema: 'x'.repeat(1_000_001) },
      42209,
    ],
    ['no JSON', 'POST', '/subjects/a/versions', '{', 422],
    ['a body that is no object', 'POST', '/subjects/a/versions', '[1]', 422],
    ['a schema that is no string', 'POST', '/subjects/a/versions', { schema: {} }, 422],
    [
      'a reference without a subject',
      'POST',
      '/subjects/a/versions',
      { schema: 'x', references: [{ name: 'n' }] },
      422,
    ],
    ['a name with a control character', 'POST', '/subjects/a%07/versions', { schema: 'x' }, 42208],
    ['a reserved name', 'POST', '/subjects/__GLOBAL/versions', { schema: 'x' }, 42208],
    ['a version of no number', 'GET', '/subjects/a/versions/one', undefined, 42202],
    ['version 0', 'GET', '/subjects/a/versions/0', undefined, 42202],
    ['a version beyond 32 bits', 'GET', '/subjects/a/versions/2147483648', undefined, 42202],
    ['a subject that is not there', 'GET', '/subjects/a/versions/1', undefined, 40401],
    ['an id that is not there', 'GET', '/schemas/ids/1', undefined, 40403],
    ['a path that is served by another method', 'DELETE', '/subjects?x=1', undefined, 405],
    ['such a path with a slash', 'PUT', '/subjects/a/versions/', undefined, 405],
    ['such a path in a context', 'POST', '/contexts/.c/schemas/types', undefined, 405],
    ['a path without the name in it', 'POST', '/subjects//versions/x/y', undefined, 404],
    ['a GUID that is not there', 'GET', '/schemas/guids/x', undefined, 40403],
    ['an offset of no number', 'GET', '/subjects?offset=x', undefined, 422],
    ['a path that is not there', 'GET', '/nothing', undefined, 404],
  ]
  for (const [what, method, url, body, code] of cases) {
    test(what, async () => {
      const { ask } = registryStage()
      const reply = await ask(method, url, body)
      like(reply, code)
      assert.equal(reply.contentType, 'application/vnd.schemaregistry.v1+json')
    })
  }

  test('a path that is none, or has no end, is refused as all else is', async () => {
    const { get } = registryStage()
    for (const [path, status] of [
      ['/subjects/a%zz/versions', 400],
      [`/subjects/${'a'.repeat(5000)}/versions`, 414],
    ] as const) {
      const { status: told, body, contentType } = await get(path)
      assert.deepEqual([told, contentType], [status, 'application/vnd.schemaregistry.v1+json'])
      assert.equal((body as { error_code: number }).error_code, status)
      assert.ok(JSON.stringify(body).length < 400)
    }
  })

  test('a body of 9 MB', async () => {
    const { post } = registryStage()
    like(await post('/subjects/a/versions', { schema: 'x'.repeat(9_000_000) }), 413)
  })

  test('a write that fails is told as that, and the next one counts anew', async () => {
    const { post, failures } = registryStage()
    failures.push(new Error('no disk'))
    like(await post('/subjects/a/versions', { schema: 'x' }), 500)
    like(await post('/subjects/a/versions', { schema: 'x' }), 200, { id: 1, version: 1 })
  })
})

test('a registry that reads what another one has written knows the same', async () => {
  const first = registryStage()
  await first.register('a', 'x')
  await first.register('a', 'x y', { metadata: { tags: { t: ['x'] } } })
  await first.register(':.c:b', 'z')
  await first.delete('/subjects/a/versions/1')
  await first.put('/config/a', { compatibility: 'NONE' })
  await first.put('/mode/a', { mode: 'READONLY' })
  const second = registryStage(first.log)
  await second.registry.open()
  for (const url of [
    '/subjects?deleted=true',
    '/schemas?deleted=true',
    '/config/a',
    '/mode/a',
    '/contexts',
    '/schemas/ids/2/versions',
  ]) {
    assert.deepEqual((await second.get(url)).body, (await first.get(url)).body, url)
  }
  assert.deepEqual(second.left, [])
})

test('pages', async () => {
  const { register, get } = registryStage()
  for (const subject of ['a', 'b', 'c', 'd']) await register(subject, 'x')
  like(await get('/subjects?offset=1&limit=2'), 200, ['b', 'c'])
  like(await get('/subjects?offset=9'), 200, [])
  like(await get('/subjects?limit=0'), 200, [])
  like(await get('/schemas/ids/1/subjects?limit=1'), 200, ['a'])
})
