/** What the flags of schemas say, and what is wrong with them. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { UsageError } from '../usage-error.ts'
import { schemaChoice } from './choice.ts'
import { encoding } from './encoding-flags.ts'

test('which schema is meant', () => {
  const of = (text: string, type?: string) => schemaChoice('schema', text, type)
  assert.deepEqual(of('id:12'), { kind: 'id', id: 12 })
  assert.deepEqual(of('latest'), { kind: 'latest', subject: undefined })
  assert.deepEqual(of('a@b-value@latest'), { kind: 'latest', subject: 'a@b-value' })
  assert.deepEqual(of('a@b@3'), { kind: 'version', subject: 'a@b', version: 3 })
  assert.deepEqual(of('./latest.XSD'), { kind: 'file', path: './latest.XSD', schemaType: 'XML' })
  assert.deepEqual(of('a.json', 'Avro'), { kind: 'file', path: 'a.json', schemaType: 'AVRO' })
  assert.throws(() => of('x.txt'), /of 'x.txt' the ending does not tell the type/)
  assert.throws(() => of('x.avsc', 'yaml'), /--schema-type is one of avro, json, protobuf, xml, not 'yaml'/)
  assert.throws(() => of('a@0'), /'0' is no version/)
  assert.throws(() => of('latest', 'avro'), /'latest' is in the registry/)
})

test('flags that would have no effect are refused', () => {
  const wrong: readonly (readonly [Parameters<typeof encoding>[0], RegExp])[] = [
    [{ schema: 'latest', 'look-up': true }, /--look-up is of a schema in a file/],
    [{ 'subject-name': 'record' }, /--subject-name is of a schema in a file/],
    [{ schema: 'x.avsc', 'subject-name': 'what' }, /--subject-name is one of topic, record, topic-record/],
    [{ 'key-schema': 'x.avsc', message: 'x' }, /--message is of --schema/],
    [{ 'key-schema-type': 'avro' }, /--key-schema-type is of --key-schema/],
    [{ 'ca-file': 'x' }, /--ca-file is of --schema, or --key-schema/],
    [{ registry: ['http://x'] }, /--registry is of --schema, or --key-schema/],
  ]
  for (const [values, why] of wrong)
    assert.throws(
      () => encoding(values, 't'),
      (error) => error instanceof UsageError && why.test(error.message),
    )
  assert.equal(encoding({}, 't'), undefined)
})

test('nothing of the registry is loaded by the verbs themselves', async () => {
  const hook =
    'import{registerHooks}from"node:module";registerHooks({load(url,context,next){console.log(url);return next(url,context)}})'
  const [produce, consume] = ['produce', 'consume'].map((name) => new URL(`../${name}.ts`, import.meta.url).href)
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--import', `data:text/javascript,${hook}`, '--input-type=module', '-e'],
    `await import('${produce}'); await import('${consume}')`,
  ])
  assert.match(stdout, /src\/cli\/produce\.ts/)
  assert.match(stdout, /src\/cli\/encoding\/encoding-flags\.ts/)
  assert.doesNotMatch(stdout, /src\/registry|avsc|protobufjs|encoding\/encoding\.ts|decoding\.ts/)
})
