/** Names of exported files, what is taken for an index, and the order in which schemas are imported. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FileNames, indexText, readIndex } from './export-index.ts'
import { inOrderOfReferences, type Referring, withReferences } from './references.ts'

test('a file is called as its subject, and never leads elsewhere; no two are called the same', () => {
  const names = new FileNames()
  const of = (subject: string, version = 1): string => names.of({ subject, version, schemaType: 'AVRO' })
  assert.equal(of('orders-value'), 'orders-value@1.avsc')
  assert.equal(of('orders-value', 12), 'orders-value@12.avsc')
  assert.equal(of('Orders-Value'), 'Orders-Value~2@1.avsc')
  assert.equal(of('orders-value~2'), 'orders-value%7E2@1.avsc')
  assert.equal(of('..'), '%2E.@1.avsc')
  assert.equal(of('../../x'), '%2E.%2F..%2Fx@1.avsc')
  assert.equal(of('C:\\x\u0000'), 'C%3A%5Cx%00@1.avsc')
  assert.equal(of('ü'), '%C3%BC@1.avsc')
  assert.equal(of('l'.repeat(5000)).length, 127)
  assert.equal(of('l'.repeat(5001)), `${'l'.repeat(120)}~2@1.avsc`)
  assert.equal(names.of({ subject: 'a', version: 1, schemaType: 'ODD' }), 'a@1.txt')
})

const schema = {
  ...{ file: 'a@1.avsc', subject: 'a', version: 1, id: 1, schemaType: 'AVRO', deleted: false },
  references: [{ name: 'b', subject: 'b', version: 2 }],
}
const index = { schemas: [schema], configs: [{ subject: null, value: { compatibilityLevel: 'FULL' } }], modes: [] }

test('an index is read as it was written', () => {
  assert.deepEqual(readIndex(indexText(index), 'x'), index)
})

test('what is no index, or leads out of the directory, is refused', () => {
  const refused = (text: string, message: RegExp): void => assert.throws(() => readIndex(text, 'x/index.json'), message)
  refused('{', /^DiskError: x\/index\.json: no JSON/)
  refused('[]', /no index of exported schemas/)
  refused('{"schemas": []}', /no index of exported schemas/)
  refused(indexText(index).replace('"formatVersion": 1', '"formatVersion": 2'), /the form 2; 1 is known/)
  for (const file of ['../a.avsc', '/etc/passwd', 'a/b', 'a\\b', '..', '.a', '', 'a\u0000', 'a:b'])
    refused(indexText({ ...index, schemas: [{ ...schema, file }] }), /no name of a file|not as it should be/)
  const twice = [schema, { ...schema, file: 'b' }]
  refused(indexText({ ...index, schemas: twice }), /twice/)
  const bad: object[] = [
    { version: 0 },
    { id: -1 },
    { id: 2 ** 31 },
    { subject: '' },
    { schemaType: 1 },
    { deleted: 0 },
  ]
  for (const it of [...bad, { references: [{ name: 'b' }] }, { metadata: [] }, { guid: 1 }])
    refused(
      indexText(index).replace(/\{\s+"file"[\s\S]*?\]\s+\}/, JSON.stringify({ ...schema, ...it })),
      /of schemas is not/,
    )
  refused(indexText(index).replace('null', '7'), /of configs is not/)
  refused(indexText(index).replace('"modes": []', '"modes": [{"subject": "a"}]'), /of modes is not/)
})

const referring = (subject: string, id: number, ...references: string[]): Referring => ({
  ...{ subject, version: 1, id },
  references: references.map((it) => ({ name: it, subject: it, version: 1 })),
})
const subjectsOf = (all: readonly Referring[]): string[] => all.map(({ subject }) => subject)

test('each comes behind what it refers to, within its context; those that are not there do not count', () => {
  const all = [
    ...[referring('a', 1, 'c', 'c'), referring('b', 2), referring('c', 3, 'd'), referring('d', 4, 'not-there')],
    ...[referring(':.x:a', 1, 'd'), referring(':.x:d', 2, ':.:d')],
  ]
  assert.deepEqual(subjectsOf(inOrderOfReferences(all)), ['b', 'd', ':.x:d', 'c', ':.x:a', 'a'])
  assert.deepEqual(
    subjectsOf(inOrderOfReferences([referring('a', 1, 'b'), referring('b', 2, 'a'), referring('c', 3)])),
    [...['c', 'a', 'b']],
  )
})

test('what is referred to is taken too', () => {
  const all = [referring('a', 1, 'c'), referring('b', 2), referring('c', 3, 'd'), referring('d', 4, 'a')]
  assert.deepEqual(subjectsOf(withReferences(all, all.slice(0, 1))), ['a', 'c', 'd'])
  assert.deepEqual(subjectsOf(withReferences(all, all.slice(1, 2))), ['b'])
})
