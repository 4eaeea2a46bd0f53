/** `odradek types`, before a registry of ours. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type RunningBroker, startBroker } from '../stack/index.ts'
import { inProcess } from './testdata/in-process.ts'
import { compileErrors } from './types/testdata/compile.ts'
import { run } from './types.ts'

let broker: RunningBroker
let url: string
const folder = mkdtempSync(join(tmpdir(), 'odradek-types-'))
const file = join(folder, 'schemas.ts')

async function register(subject: string, schema: unknown, more: object = {}): Promise<void> {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
  const body = JSON.stringify({ schema: text, ...more })
  const reply = await fetch(`${url}/subjects/${encodeURIComponent(subject)}/versions`, { method: 'POST', body })
  assert.equal(reply.status, 200, await reply.text())
}

const money = (type: string): object => ({ type: 'record', name: 'Money', fields: [{ name: 'cents', type }] })

before(async () => {
  broker = await startBroker({ registry: true })
  url = broker.registryUrl ?? ''
  await register('money', money('int'))
  await register('money', money('long'))
  const order = { type: 'record', name: 'Order', fields: [{ name: 'price', type: 'Money' }] }
  await register('shop.orders-value', order, { references: [{ name: 'Money', subject: 'money', version: 1 }] })
  await register(
    'shop.clicks-value',
    { type: 'object', properties: { page: { type: 'string' } } },
    { schemaType: 'JSON' },
  )
  await register('shop.cards-value', 'syntax = "proto3"; message Card { string number = 1; }', {
    schemaType: 'PROTOBUF',
  })
  const xml =
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a" type="xs:string"/></xs:schema>'
  await register('a/b c', xml, { schemaType: 'XML' })
})

after(async () => {
  await broker.stop()
  rmSync(folder, { recursive: true })
})

interface Ended {
  readonly code: number
  readonly output: string
}

async function types(...args: string[]): Promise<Ended> {
  const { code, stdout, stderr } = await inProcess(run, args)
  return { code, output: stdout + stderr }
}

const ofOurs = (...args: string[]): Promise<Ended> => types('--registry', url, ...args)

const subjectsIn = (text: string): string[] =>
  [...text.matchAll(/The schema of subject (.*?), version (\d+)/g)].map(
    ([, subject, version]) => `${subject} ${version}`,
  )

test('all subjects, sorted, into a file that compiles and is what --check wants', async () => {
  assert.deepEqual(await ofOurs('-o', file), { code: 0, output: `${file}: 5 subjects\n` })
  const written = readFileSync(file, 'utf8')
  assert.deepEqual(subjectsIn(written), [
    'a/b c 1',
    'money 2',
    'shop.cards-value 1',
    'shop.clicks-value 1',
    'shop.orders-value 1',
  ])
  // The newest Money, and that of an order, which is an earlier one.
  assert.match(written, /interface Money \{\n {2}cents: number\n\}/)
  assert.deepEqual(compileErrors(new Map([['schemas.ts', written]])), [])
  assert.deepEqual(await ofOurs('--out', file, '--check'), { code: 0, output: '' })
  assert.deepEqual(await ofOurs(), { code: 0, output: written })
  writeFileSync(file, written.replaceAll('\n', '\r\n'))
  assert.equal((await ofOurs('--out', file, '--check')).code, 0)
})

test('a file that differs, or is not there, fails --check and stays as it is', async () => {
  const written = (await ofOurs('money')).output
  writeFileSync(file, `${written}// more\n`)
  const checked = await ofOurs('money', '--out', file, '--check')
  assert.equal(checked.code, 1)
  assert.match(checked.output, /^odradek types: \S+ is not what the registry has, from line 14 on; [^\n]*\n$/)
  assert.equal(readFileSync(file, 'utf8'), `${written}// more\n`)
  writeFileSync(file, written.slice(0, -40))
  assert.equal((await ofOurs('money', '--out', file, '--check')).code, 1)
  const missing = await ofOurs('money', '--out', join(folder, 'none.ts'), '--check')
  assert.equal(missing.code, 1)
  assert.match(missing.output, /^odradek types: \S+none\.ts: ENOENT[^\n]*\n$/)
})

test('subjects by name, version and prefix', async () => {
  assert.deepEqual(subjectsIn((await ofOurs('money@1', 'a/b c')).output), ['a/b c 1', 'money 1'])
  assert.deepEqual(subjectsIn((await ofOurs('--prefix', 'shop.c')).output), [
    'shop.cards-value 1',
    'shop.clicks-value 1',
  ])
  const several = (await ofOurs('--prefix', 'mon', 'money@1', 'money@2')).output
  assert.deepEqual(subjectsIn(several), ['money 1', 'money 2'])
  assert.match(several, /export const moneyV1Schema[\s\S]*export const moneyV2Schema/)
})

test('what is not there is told in one line', async () => {
  const cases: readonly (readonly [string[], RegExp])[] = [
    [['nothing'], /^odradek types: nothing, version latest: .*not found.*\n$/],
    [['money@7'], /^odradek types: money, version 7: .*not found.*\n$/],
    [['--prefix', 'x'], /^odradek types: the registry has no subject that begins with 'x'\n$/],
  ]
  const ended = await Promise.all(cases.map(([args]) => ofOurs(...args)))
  for (const [i, { code, output }] of ended.entries()) {
    assert.equal(code, 1)
    assert.match(output, cases[i]?.[1] ?? /never/)
  }
})

test('several instances, of which one does not answer; none that does; and a context', async () => {
  const nobody = 'http://127.0.0.1:1'
  const several = await types('money', '--registry', `${nobody},${url}`)
  assert.deepEqual(subjectsIn(several.output), ['money 2'])
  const { code, output } = await types('--registry', nobody)
  assert.equal(code, 1)
  assert.match(output, /^odradek types: no schema registry answers at http:\/\/127\.0\.0\.1:1: .*\n$/)
  await register(':.team:coins', money('int'))
  const ofContext = await types('--registry', `${url}/contexts/.team`)
  assert.deepEqual(subjectsIn(ofContext.output), [':.team:coins 1'])
})

test('flags that make no sense end in 2', async () => {
  const cases = [['--check'], ['--longs', 'string'], ['--registry', 'ftp://x'], ['--registry-user', 'me'], ['--none']]
  const ended = await Promise.all(cases.map((args) => ofOurs(...args)))
  assert.deepEqual(new Set(ended.map(({ code }) => code)), new Set([2]))
  assert.match((await types('--help')).output, /^Usage: odradek types/)
})
