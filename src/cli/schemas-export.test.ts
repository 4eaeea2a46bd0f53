/** `odradek schemas export` and `import`: a registry that has moved is the same, and one that could not be moved is left in its mode. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Answer, fakeRegistry } from '../registry/serdes/testdata/registry-fixture.ts'
import { type RunningBroker, startBroker } from '../stack/index.ts'
import { startRegistry } from '../stack/registry.ts'
import { run } from './schemas.ts'
import { type Ended, inProcess } from './testdata/in-process.ts'

import { Piped } from './testdata/piped.ts'

const schemas = (...args: string[]): Promise<Ended> => inProcess(run, args)

let broker: RunningBroker
let folder: string
let topics = 0
before(async () => {
  broker = await startBroker()
})
after(() => broker.stop())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'odradek-export-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Each with a topic of its own on the one broker. */
const emptyRegistry = () =>
  startRegistry({
    kafka: { bootstrapServers: broker.bootstrap },
    port: 0,
    topic: `_schemas${++topics}`,
    groupId: `${topics}`,
    replicationFactor: 1,
  })

async function ask(url: string, path: string, method = 'GET', body?: object) {
  const reply = await fetch(url + path, { method, ...(body && { body: JSON.stringify(body) }) })
  const told = JSON.parse(await reply.text())
  assert.ok(reply.ok, `${method} ${path}: ${JSON.stringify(told)}`)
  return told
}

const avro = (name: string, ...fields: string[]): string =>
  JSON.stringify({ type: 'record', name, fields: fields.map((it) => ({ name: it, type: 'string', default: '' })) })

async function register(url: string, subject: string, schema: object): Promise<void> {
  await ask(url, `/subjects/${encodeURIComponent(subject)}/versions`, 'POST', schema)
}

async function fill(url: string): Promise<void> {
  await register(url, 'gone', { schema: '"long"' })
  await ask(url, '/subjects/gone', 'DELETE')
  await ask(url, '/subjects/gone?permanent=true', 'DELETE')
  for (const fields of [['a'], ['a', 'b'], ['a', 'b', 'c']])
    await register(url, 'orders', { schema: avro('Order', ...fields) })
  await ask(url, '/subjects/orders/versions/2', 'DELETE')
  await register(url, 'deleted', { schema: '"string"', metadata: { properties: { owner: 'me' } } })
  await ask(url, '/subjects/deleted', 'DELETE')
  await register(url, '../x', { schemaType: 'JSON', schema: '{"type":"number","maximum":1E+400}' })
  await register(url, 'z-item', { schemaType: 'PROTOBUF', schema: 'syntax = "proto3"; message Item {}' })
  const references = [{ name: 'item.proto', subject: 'z-item', version: 1 }]
  const cart = 'syntax = "proto3"; import "item.proto"; message Cart { Item item = 1; }'
  await register(url, 'a-cart', { schemaType: 'PROTOBUF', schema: cart, references })
  // Both are deleted: who refers has to be first in that.
  await register(url, 'old-item', { schemaType: 'PROTOBUF', schema: 'syntax = "proto3"; message OldItem {}' })
  const oldReferences = [{ name: 'item.proto', subject: 'old-item', version: 1 }]
  const oldCart = 'syntax = "proto3"; import "item.proto"; message OldCart { OldItem item = 1; }'
  await register(url, 'old-cart', { schemaType: 'PROTOBUF', schema: oldCart, references: oldReferences })
  for (const subject of ['old-cart', 'old-item']) await ask(url, `/subjects/${subject}`, 'DELETE')
  await register(url, ':.team:orders', { schema: avro('Order', 'team') })
  await ask(url, '/config/orders', 'PUT', { compatibility: 'FULL_TRANSITIVE', normalize: true })
  await ask(url, '/config/:.team:', 'PUT', { compatibility: 'NONE' })
  await ask(url, '/config', 'PUT', { compatibility: 'FORWARD' })
  await ask(url, '/mode/z-item', 'PUT', { mode: 'READONLY' })
}

const allOf = async (url: string): Promise<unknown[]> => {
  const found: (object & { ts: number })[] = await ask(url, '/schemas?deleted=true')
  return found.map(({ ts: _, ...it }) => it)
}

const settingsOf = (url: string) =>
  Promise.all(
    [...['/config', '/config/orders?', '/config/:.team:', '/mode', '/mode/z-item']].map((path) => ask(url, path)),
  )

function ended({ code, stderr }: Ended): void {
  assert.deepEqual([code, stderr], [0, ''])
}

test('a registry that was moved gives out the same, and knows the same', async () => {
  await using from = await emptyRegistry()
  await using to = await emptyRegistry()
  await fill(from.url)
  const directory = join(folder, 'moved')
  const exported = await schemas('export', directory, '--registry', from.url)
  assert.deepEqual([exported.stdout, exported.stderr], [`subjects in ${directory}: 8, versions: 10\n`, ''])
  assert.deepEqual(readdirSync(directory).sort(), [
    ...['%2E.%2Fx@1.json', '%3A.team%3Aorders@1.avsc', 'a-cart@1.proto', 'deleted@1.avsc', 'index.json'],
    ...['old-cart@1.proto', 'old-item@1.proto'],
    ...['orders@1.avsc', 'orders@2.avsc', 'orders@3.avsc', 'z-item@1.proto'],
  ])
  assert.equal(readFileSync(join(directory, 'orders@1.avsc'), 'utf8'), avro('Order', 'a'))
  const imported = await schemas('import', directory, '--registry', to.url)
  assert.deepEqual([imported.stdout, imported.stderr], ['versions registered: 10\n', ''])
  assert.deepEqual(await allOf(to.url), await allOf(from.url))
  assert.deepEqual(await settingsOf(to.url), await settingsOf(from.url))
  const again = join(folder, 'again')
  ended(await schemas('export', again, '--registry', to.url))
  assert.deepEqual(readFileSync(join(again, 'index.json')), readFileSync(join(directory, 'index.json')))
  const merged = await schemas('import', directory, '--merge', '--json', '--registry', to.url)
  assert.deepEqual(JSON.parse(merged.stdout), { directory, registered: 0, there: 10, left: 0, wasInImport: false })
})

test('by a prefix, with what is referred to; nothing of all is set then', async () => {
  await using from = await emptyRegistry()
  await fill(from.url)
  const directory = join(folder, 'some')
  ended(await schemas('export', directory, '--prefix', 'a-', '--registry', from.url))
  assert.deepEqual(readdirSync(directory).sort(), ['a-cart@1.proto', 'index.json', 'z-item@1.proto'])
  const { configs, modes } = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8'))
  assert.deepEqual([configs, modes], [[], [{ subject: 'z-item', value: 'READONLY' }]])
})

test('a directory with something in it is not written into', async () => {
  await using from = await emptyRegistry()
  writeFileSync(join(folder, 'mine'), '')
  const { code, stderr } = await schemas('export', folder, '--registry', from.url)
  assert.deepEqual([code, readdirSync(folder)], [1, ['mine']])
  assert.match(stderr, /is not empty/)
})

test('a registry with schemas is left alone, but for what is merged; what would take a place stops it before', async () => {
  await using from = await emptyRegistry()
  await using to = await emptyRegistry()
  await register(from.url, 'a', { schema: '"string"' })
  await register(from.url, 'b', { schema: '"int"' })
  const directory = join(folder, 'e')
  ended(await schemas('export', directory, '--registry', from.url))
  await register(to.url, 'a', { schema: '"string"' })
  const plain = await schemas('import', directory, '--registry', to.url)
  assert.deepEqual([plain.code, plain.stdout], [1, ''])
  assert.match(plain.stderr, /existing subjects/)
  assert.deepEqual(await ask(to.url, '/mode'), { mode: 'READWRITE' })
  const merged = await schemas('import', directory, '--merge', '--registry', to.url)
  assert.equal(merged.stdout, 'versions registered: 1, there already: 1\n')
  // What was deleted since comes back, and who finds the mode of an import that was killed is told of it.
  ended(await schemas('delete', 'a', '--registry', to.url))
  await fetch(`${to.url}/mode?force=true`, { method: 'PUT', body: '{"mode":"IMPORT"}' })
  const restored = await schemas('import', directory, '--merge', '--registry', to.url)
  assert.match(
    restored.stdout,
    /^versions registered: 1, there already: 1\nthe mode was IMPORT before, and is: .*--set READWRITE/,
  )
  assert.deepEqual(await (await fetch(`${to.url}/subjects/a/versions`)).json(), [1])
  await fetch(`${to.url}/mode`, { method: 'PUT', body: '{"mode":"READWRITE"}' })
  assert.deepEqual(await allOf(to.url), await allOf(from.url))
  // The same id for another schema, in a subject that is not exported.
  await using other = await emptyRegistry()
  await register(other.url, 'c', { schema: '"bytes"' })
  const refused = await schemas('import', directory, '--merge', '--registry', other.url)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /version 1 of 'a', id 1, is not imported: .* version 1 of 'c', id 1\n$/)
  assert.equal((await allOf(other.url)).length, 1)
})

test('a context alone, by the URL, and into another one', async () => {
  await using from = await emptyRegistry()
  await fill(from.url)
  const directory = join(folder, 'team')
  ended(await schemas('export', directory, '--registry', `${from.url}/contexts/.team`))
  const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8'))
  assert.deepEqual(
    index.schemas.map(({ subject }: { subject: string }) => subject),
    [':.team:orders'],
  )
  assert.deepEqual(index.configs, [{ subject: ':.team:', value: { compatibilityLevel: 'NONE' } }])
  await using to = await emptyRegistry()
  await register(to.url, 'other', { schema: '"string"' })
  const item = { ...index.schemas[0], subject: 'orders' }
  writeFileSync(join(directory, 'index.json'), JSON.stringify({ ...index, schemas: [item], configs: [] }))
  const other = `${to.url}/contexts/.other`
  ended(await schemas('import', directory, '--registry', other))
  assert.deepEqual(await ask(to.url, '/subjects'), [':.other:orders', 'other'])
  assert.equal((await fetch(`${to.url}/mode/:.other:`)).status, 404)
  const merged = await schemas('import', directory, '--merge', '--registry', other)
  assert.equal(merged.stdout, 'versions registered: 0, there already: 1\n')
})

test('where one is refused the mode is set back, of each context', async () => {
  await using from = await emptyRegistry()
  await using to = await emptyRegistry()
  await register(from.url, ':.x:a', { schema: '"string"' })
  await register(from.url, 'b', { schema: '"int"' })
  const directory = join(folder, 'e')
  ended(await schemas('export', directory, '--registry', from.url))
  writeFileSync(join(directory, 'b@1.avsc'), '{"type": "nothing"}')
  const { code, stderr } = await schemas('import', directory, '--registry', to.url)
  assert.equal(code, 1)
  assert.match(stderr, /^odradek schemas: version 1 of 'b' is not registered: .*nothing.*\n$/)
  assert.deepEqual(await ask(to.url, '/mode'), { mode: 'READWRITE' })
  assert.equal((await fetch(`${to.url}/mode/:.x:`)).status, 404)
  writeFileSync(join(directory, 'b@1.avsc'), '"int"')
  ended(await schemas('import', directory, '--merge', '--registry', to.url))
  assert.deepEqual(await allOf(to.url), await allOf(from.url))
})

test('an export with a file missing, or one that leads elsewhere, begins nothing', async () => {
  await using from = await emptyRegistry()
  await register(from.url, 'a', { schema: '"string"' })
  const directory = join(folder, 'e')
  ended(await schemas('export', directory, '--registry', from.url))
  // Nobody is asked: there is nobody.
  const broken = async (): Promise<string> => {
    const { code, stderr } = await schemas('import', directory, '--registry', 'http://127.0.0.1:1')
    assert.equal(code, 1)
    return stderr
  }
  rmSync(join(directory, 'a@1.avsc'))
  assert.match(await broken(), /no such file.*a@1\.avsc/)
  const index = readFileSync(join(directory, 'index.json'), 'utf8')
  writeFileSync(join(directory, 'index.json'), index.replace('a@1.avsc', '../a@1.avsc'))
  assert.match(await broken(), /'\.\.\/a@1\.avsc' is no name of a file beside it/)
  rmSync(join(directory, 'index.json'))
  assert.match(await broken(), /no such file.*index\.json/)
})

interface Scripted {
  /** What the registry answers to a schema that is registered. */
  readonly register: () => Answer
  readonly setBack?: Answer
}

/** An empty one. */
function scripted({ register, setBack }: Scripted) {
  let mode = 'READWRITE'
  return fakeRegistry(({ what, body }) => {
    if (what.startsWith('GET /mode')) return { body: { mode } }
    if (what.startsWith('POST')) return register()
    if (!what.startsWith('PUT /mode')) return { body: { compatibilityLevel: 'BACKWARD' } }
    const wanted = typeof body === 'object' && body !== null && 'mode' in body ? String(body.mode) : ''
    if (wanted !== 'IMPORT' && setBack !== undefined) return setBack
    mode = wanted
    return { body: { mode } }
  })
}

async function exportOfTwo(): Promise<string> {
  await using from = await emptyRegistry()
  await register(from.url, 'a', { schema: '"string"' })
  await register(from.url, 'b', { schema: '"int"' })
  const directory = join(folder, 'two')
  ended(await schemas('export', directory, '--registry', from.url))
  return directory
}

test('a registry that takes no ids is found out with the first, and one that cannot be set back is told of', async () => {
  const directory = await exportOfTwo()
  await using wilful = await scripted({ register: () => ({ body: { id: 77 } }) })
  const other = await schemas('import', directory, '--registry', wilful.url)
  assert.match(other.stderr, /has become version undefined, id 77: does the registry know the mode IMPORT\?\n$/)
  assert.equal(wilful.asked.filter(({ what }) => what.startsWith('POST')).length, 1)
  assert.deepEqual(wilful.asked.at(-1)?.body, { mode: 'READWRITE' })
  const setBack = { status: 500, body: { error_code: 50001, message: 'lost' } }
  await using stuck = await scripted({
    register: () => ({ status: 422, body: { error_code: 42201, message: 'bad' } }),
    setBack,
  })
  const { code, stderr } = await schemas('import', directory, '--registry', stuck.url)
  assert.equal(code, 1)
  assert.match(
    stderr,
    /^odradek schemas: version 1 of 'a' is not registered: bad \(42201\); the mode may be IMPORT still, .*--set READWRITE` ends: lost \(50001\)\n$/,
  )
})

test('Ctrl-C ends it behind the schema in hand, with the mode set back', async () => {
  const directory = await exportOfTwo()
  const modes: string[] = []
  const server = createServer(async (request, reply) => {
    const body = await text(request)
    if (request.method === 'PUT') modes.push(body)
    // The signal is there long before the answer.
    if (request.method === 'POST') {
      run.child.kill('SIGINT')
      await setTimeout(300)
    }
    reply.end(JSON.stringify({ mode: 'READWRITE', id: 1, version: 1 }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  using run = new Piped(['schemas', 'import', directory, '--registry', `http://127.0.0.1:${address.port}`])
  const { code, stdout } = await run.ended()
  server.closeAllConnections()
  server.close()
  assert.equal(code, 130)
  assert.match(String(stdout), /^versions registered: 1\nleft: 1; import --merge goes on with them\n$/)
  assert.deepEqual(modes, ['{"mode":"IMPORT"}', '{"mode":"READWRITE"}'])
})
