/** `odradek schemas` before a registry of ours. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type RunningBroker, startBroker } from '../stack/index.ts'
import { run } from './schemas.ts'
import { type Ended, inProcess } from './testdata/in-process.ts'
import { piped } from './testdata/piped.ts'

let broker: RunningBroker
let folder: string
before(async () => {
  broker = await startBroker({ registry: true })
  folder = mkdtempSync(join(tmpdir(), 'odradek-schemas-'))
})
after(async () => {
  await broker.stop()
  rmSync(folder, { recursive: true })
})

const schemas = (...args: string[]): Promise<Ended> => inProcess(run, [...args, '--registry', broker.registryUrl ?? ''])

async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await schemas(...args)
  assert.deepEqual([code, stderr], [0, ''], args.join(' '))
  return stdout
}

const json = async (...args: string[]) => JSON.parse(await done(...args, '--json'))

async function failed(expected: number, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await schemas(...args)
  assert.deepEqual([code, stdout], [expected, ''], args.join(' '))
  return stderr
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const record = (...fields: object[]): string => JSON.stringify({ type: 'record', name: 'Order', fields })
const item = { name: 'item', type: 'string' }
const count = { name: 'count', type: 'int', default: 1 }

test('registered, and said to be there already; shown by name, version, id and GUID', async () => {
  const first = file('first.avsc', record(item))
  assert.match(await done('register', 'orders-value', first), /^orders-value version 1, id \d+: registered\n$/)
  assert.match(await done('register', 'orders-value', first), /^orders-value version 1, id \d+: was there already\n$/)
  const second = await json('register', 'orders-value', file('second.avro', record(item, count)))
  assert.deepEqual([second.version, second.isNew], [2, true])
  const shown = await done('show', 'orders-value')
  assert.match(
    shown,
    /^subject +orders-value\nversion +2\nid +\d+\nguid +[0-9a-f-]{36}\ntype +AVRO\nwritten +\S+Z\n\n\{\n/,
  )
  assert.match(shown, /^ {4}\{ "name": "count", "type": "int", "default": 1 \}$/m)
  const [byId, byGuid] = [await json('show', '--id', `${second.id}`), await json('show', '--guid', second.guid)]
  assert.deepEqual(byId.users, [{ subject: 'orders-value', version: 2 }])
  assert.deepEqual(byGuid, byId)
  assert.equal(await done('show', 'orders-value@1', '--raw'), `${record(item)}\n`)
  assert.equal(await done('show', 'orders-value@latest', '--raw'), `${record(item, count)}\n`)
  const versions = await done('versions', 'orders-value')
  assert.match(versions, /^VERSION +ID +TYPE +GUID +WRITTEN\n1 +\d+ +AVRO +\S+ +\S+Z\n2 +\d+ +AVRO +\S+ +\S+Z\n$/)
  const diff = await done('diff', 'orders-value', '1', 'latest')
  assert.match(diff, /^--- orders-value@1\n\+\+\+ orders-value@2\n/)
  assert.match(diff, /^\+ {5}\{ "name": "count", "type": "int", "default": 1 \}$/m)
  assert.match(await done('diff', 'orders-value', '1', '1'), /^versions 1 and 1 of orders-value have the same text\n$/)
})

test('what does not fit is told line by line, and is exit code 1', async () => {
  await done('register', 'checked', file('checked.avsc', record(item)))
  const fits = file('fits.avsc', record(item, count))
  assert.equal(await done('check', 'checked', fits), 'checked: compatible\n')
  for (const against of [[], ['--against', 'all'], ['--against', 'latest']])
    assert.equal(await done('check', 'not-there', fits, ...against), 'not-there: compatible\n')
  const bad = file('bad.avsc', record({ name: 'item', type: 'int' }, { name: 'total', type: 'double' }))
  const told = await schemas('check', 'checked', bad)
  assert.deepEqual([told.code, told.stderr], [1, ''])
  const lines = told.stdout.split('\n')
  assert.equal(lines[0], 'checked: not compatible')
  assert.match(lines[1] ?? '', /^ {2}TYPE_MISMATCH: .*INT not compatible with writer type: STRING/)
  assert.match(lines[2] ?? '', /^ {2}READER_FIELD_MISSING_DEFAULT_VALUE: .*'total'/)
  assert.deepEqual(lines.slice(3), ['  compared with version 1', '  compatibility: BACKWARD', ''])
  const data = JSON.parse((await schemas('check', 'checked', bad, '--json')).stdout)
  assert.deepEqual([data.isCompatible, data.problems.length], [false, 1])
  const refused = await failed(1, 'register', 'checked', bad)
  assert.match(refused, /^odradek schemas: not registered: checked: not compatible\n {2}TYPE_MISMATCH/)
  assert.match((await schemas('check', 'checked', file('none.avsc', '{"type": "nothing"}'))).stdout, /nothing/)
})

test('a version, or each of them, is compared whatever the level says of how many count', async () => {
  await done('register', 'each', file('one.avsc', record(item)))
  await done('register', 'each', file('two.avsc', record(item, count)))
  const third = file('three.avsc', record(item, { name: 'count', type: 'int' }))
  assert.equal(await done('check', 'each', third), 'each: compatible\n')
  assert.equal(await done('check', 'each', third, '--against', '2'), 'each: compatible\n')
  const { code, stdout } = await schemas('check', 'each', third, '--against', 'all')
  assert.equal(code, 1)
  assert.match(stdout, /^each: not compatible with version 1\n {2}READER_FIELD_MISSING_DEFAULT_VALUE/)
  assert.match(await failed(1, 'check', 'each', third, '--against', '9'), /Version 9 not found/)
})

test('references, of the newest version too, and the standard input', async () => {
  const protobuf = (text: string): string => `syntax = "proto3"; ${text}`
  const args = ['register', 'item', '-', '--type', 'protobuf', '--registry', broker.registryUrl ?? '']
  const registered = await piped(['schemas', ...args], protobuf('message Item { string name = 1; }'))
  assert.match(String(registered.stdout), /^item version 1, /)
  const cart = file('cart.proto', protobuf('import "a=b.proto"; message Cart { Item item = 1; }'))
  await done('register', 'carts', cart, '--reference', 'a=b.proto=item')
  assert.match(await done('show', 'carts'), /^reference +a=b\.proto = item@1$/m)
  assert.match(await failed(1, 'register', 'others', cart, '--reference', 'a=b.proto=nobody'), /'nobody' not found/)
  assert.match(await failed(2, 'register', 'others', cart, '--reference', 'item'), /NAME=SUBJECT@VERSION/)
})

test('a subject may be called anything', async () => {
  const path = file('any.json', '{"type": "number", "maximum": 1e400}')
  for (const subject of ['../a b/c?d#e%f+g', 'odd@7', ':.team:orders', 'ü✓']) {
    await done('register', subject, path)
    const { subject: shown, version } = await json('show', `${subject}@1`)
    assert.deepEqual([shown, version], [subject, 1])
    const [listed] = await json('list', '--prefix', subject)
    assert.deepEqual([listed.subject, listed.schemaType, listed.versions], [subject, 'JSON', 1])
  }
  assert.deepEqual(
    (await json('list', '--prefix', 'orders')).map(({ subject }: { subject: string }) => subject),
    [':.team:orders', 'orders-value'],
  )
})

test('levels and modes', async () => {
  await done('register', 'set', file('set.avsc', '"string"'))
  assert.match(await done('config', 'set'), /^CONFIG +VALUE +SET FOR\ncompatibilityLevel +BACKWARD +all subjects\n$/)
  assert.equal(await done('config', 'set', '--set', 'full-transitive'), 'set: FULL_TRANSITIVE\n')
  assert.match(await done('config', 'set'), /^compatibilityLevel +FULL_TRANSITIVE +set$/m)
  assert.match(await done('list', '--prefix', 'set'), /^set +AVRO +1 +1 +\d+ +FULL_TRANSITIVE$/m)
  assert.equal(await done('config', 'set', '--unset'), 'set: nothing is set any more\n')
  assert.equal(await done('config', 'set', '--unset'), 'set: nothing was set\n')
  assert.match(await failed(1, 'config', '--set', 'nonsense'), /Invalid compatibility level.*\(42203\)\n$/)
  assert.equal(await done('mode', 'set', '--set', 'readonly'), 'set: READONLY\n')
  assert.match(await done('mode', 'set'), /^READONLY +set$/m)
  assert.match(await failed(1, 'register', 'set', file('set2.avsc', '"bytes"')), /read-only mode/)
  assert.match(await failed(1, 'mode', 'set', '--set', 'import'), /existing subjects \(42205\)/)
  assert.equal(await done('mode', 'set', '--set', 'import', '--force'), 'set: IMPORT\n')
  assert.equal(await done('mode', 'set', '--unset'), 'set: nothing is set any more\n')
  assert.match(await done('mode'), /^READWRITE +all subjects$/m)
})

test('deleted softly, then for good, and told what was done', async () => {
  for (const [i, fields] of [[item], [item, count]].entries())
    await done('register', 'gone', file(`gone${i}.avsc`, record(...fields)))
  assert.equal(await done('delete', 'gone@1'), 'gone: version 1 deleted softly\n')
  assert.match(await failed(1, 'delete', 'gone@1'), /was soft deleted/)
  assert.match(await done('list', '--deleted', '--prefix', 'gone'), /^gone +AVRO +2 +1 +2 /m)
  assert.match(await done('versions', 'gone', '--deleted'), / yes\n2 .* no\n$/)
  assert.match(await done('show', 'gone@1', '--deleted'), /^deleted +softly$/m)
  assert.equal(await done('delete', 'gone@1', '--permanent'), 'gone: version 1 deleted for good\n')
  assert.equal(
    await done('delete', 'gone@latest', '--permanent'),
    'gone: version 2 deleted softly\ngone: version 2 deleted for good\n',
  )
  assert.match(await failed(1, 'delete', 'gone'), /not found/)
})

test('what is referred to only softly is not deleted for good, and that is told', async () => {
  await done('register', 'used', file('used.proto', 'syntax = "proto3"; message Used {}'))
  const user = file('user.proto', 'syntax = "proto3"; import "used.proto"; message User { Used used = 1; }')
  await done('register', 'user', user, '--reference', 'used.proto=used@1')
  assert.match(await failed(1, 'delete', 'used', '--permanent'), /One or more references exist/)
  await done('delete', 'user')
  const { code, stdout, stderr } = await schemas('delete', 'used', '--permanent')
  assert.deepEqual([code, stdout], [1, 'used: version 1 deleted softly\n'])
  assert.match(stderr, /One or more references exist/)
})

test('a command line that is wrong is exit code 2', async () => {
  const path = file('wrong.txt', '"string"')
  assert.match(await failed(2, 'register', 'a', path), /--type is needed/)
  assert.match(await failed(2, 'register', 'a', '-'), /--type is needed for the standard input/)
  assert.match(await failed(2, 'show'), /one of SUBJECT, --id and --guid/)
  assert.match(await failed(2, 'show', 'a', '--id', '1'), /one of SUBJECT, --id and --guid/)
  assert.match(await failed(2, 'show', 'a', '--raw', '--json'), /go not together/)
  assert.match(await failed(2, 'show', ''), /a name is empty/)
  assert.match(await failed(2, 'diff', 'a', '0', '1'), /'0' is no version/)
  assert.match(await failed(2, 'check', 'a', path, '--against', 'first'), /'first' is no version/)
  assert.match(await failed(2, 'config', '--set', 'full', '--unset'), /go not together/)
  assert.match(await failed(2, 'list', '--permanent'), /list has no --permanent/)
  assert.match(await failed(2, 'remove'), /one of list, show/)
  assert.match(await failed(2, 'list', '--registry-user', 'alice'), /NAME:PASSWORD/)
})

test('files that cannot be read are told by their names', async () => {
  assert.match(await failed(1, 'register', 'a', join(folder, 'nowhere.avsc')), /no such file.*nowhere\.avsc/)
  assert.match(await failed(1, 'register', 'a', folder, '--type', 'avro'), /directory/)
  const path = join(folder, 'latin.avsc')
  writeFileSync(path, Buffer.from([0x22, 0xe4, 0x22]))
  assert.match(await failed(1, 'register', 'a', path), /latin\.avsc is no text in UTF-8/)
  writeFileSync(path, Buffer.alloc(9 * 1024 * 1024, ' '))
  assert.match(await failed(1, 'register', 'a', path), /latin\.avsc has more than 8388608 bytes/)
})
