/** `schemas show` and `diff`: the texts of schemas. */

import type { RegistryCalls, SchemaById, SubjectVersion } from '../registry-client/registry-calls.ts'
import { placeOf, versionOf } from '../registry-client/subject-place.ts'
import { printable, table } from '../table.ts'
import { UsageError } from '../usage-error.ts'
import type { Asked } from './actions.ts'
import { diffText, lineDiff } from './line-diff.ts'
import { timeText } from './listing.ts'
import { prettySchema } from './pretty-schema.ts'

type Found = SchemaById & Partial<Omit<SubjectVersion, keyof SchemaById>> & { readonly users?: readonly User[] }

interface User {
  readonly subject: string
  readonly version: number
}

/** By exactly one of three ways. Throws UsageError. */
async function found({ registry, names: [name], given }: Asked): Promise<Found> {
  const [id, guid] = [given.number('id', 0, 2 ** 31 - 1), given.text('guid')]
  if ([name, id, guid].filter((it) => it !== undefined).length !== 1)
    throw new UsageError('show needs one of SUBJECT, --id and --guid')
  if (name !== undefined) {
    const { subject, version = 'latest' } = placeOf(name)
    return await registry.version(subject, version, { deleted: given.has('deleted') })
  }
  if (id !== undefined) return { ...(await registry.byId(id)), id, users: await registry.usersOf(id) }
  return await withGuid(registry, guid ?? '')
}

/** Where it has one id, as in a registry with one context, that is told too. */
async function withGuid(registry: RegistryCalls, guid: string): Promise<Found> {
  const [schema, ids] = await Promise.all([registry.byGuid(guid), registry.idsOf(guid)])
  const [id] = ids
  if (id === undefined || ids.length > 1) return { ...schema, guid }
  return { ...schema, guid, id, users: await registry.usersOf(id) }
}

const named = ({ subject, version }: User): string => `${subject}@${version}`

function textOf(it: Found): string {
  const facts: [string, string | undefined][] = [
    ['subject', it.subject],
    ['version', it.version?.toString()],
    ['id', it.id?.toString()],
    ['guid', it.guid],
    ['type', it.schemaType],
    ...it.references.map((one): [string, string] => ['reference', `${one.name} = ${named(one)}`]),
    ['metadata', it.metadata && JSON.stringify(it.metadata)],
    ['rules', it.ruleSet && JSON.stringify(it.ruleSet)],
    ['written', it.writtenMs === undefined ? undefined : timeText(it.writtenMs)],
    ['deleted', it.deleted === true ? 'softly' : undefined],
    ['used by', it.users === undefined ? undefined : it.users.map(named).join(', ') || 'none'],
  ]
  const rows = facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, printable(value)]]))
  return `${table(rows)}\n${prettySchema(it.schemaType, it.schema)}\n`
}

export async function show(asked: Asked): Promise<undefined> {
  const isRaw = asked.given.has('raw')
  if (isRaw && asked.given.has('json')) throw new UsageError('--raw and --json go not together')
  const it = await found(asked)
  const raw = it.schema.endsWith('\n') ? it.schema : `${it.schema}\n`
  asked.show({ text: isRaw ? raw : textOf(it), data: it })
}

export async function diff({ registry, names: [subject = '', ...wanted], show }: Asked): Promise<undefined> {
  const versions = wanted.map(versionOf)
  const all = await Promise.all(versions.map((version) => registry.version(subject, version, { deleted: true })))
  const [before = '', after = ''] = all.map(({ schemaType, schema }) => prettySchema(schemaType, schema))
  const [from, to] = all.map(({ version }) => version)
  const lines = lineDiff(before, after)
  const title = `--- ${printable(subject)}@${from}\n+++ ${printable(subject)}@${to}\n`
  const body = diffText(lines)
  const text = body === '' ? `versions ${from} and ${to} of ${printable(subject)} have the same text\n` : title + body
  show({ text, data: { subject, from, to, lines } })
}
