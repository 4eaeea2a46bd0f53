/** `odradek kafka-acls`: access control lists by the flags of Kafka's tool, told in its form. */
import { createInterface } from 'node:readline'
import { type AclBinding, type Admin, KafkaError } from '../../client/index.ts'
import type { Given } from '../given.ts'
import { UsageError } from '../usage-error.ts'
import { type Entry, entryText, enumText, resourceText } from './acl-texts.ts'
import { allDone } from './all-done.ts'
import { type AskedAcls, type AskedResource, askedAcls, patternOf, principalsOf, resourcesOf } from './asked-acls.ts'
import { exceptionText } from './java-exception.ts'
import { failing, runTool, say, type ToolAsked, type ToolError, toolFlags, toolFlagsText } from './tool.ts'

export const usage = `Usage: odradek kafka-acls --bootstrap-server HOST:PORT --list|--add|--remove [flags]

As kafka-acls of Apache Kafka, and in its form. Whether to remove is asked for on the standard input.

  --topic, --group, --transactional-id, --delegation-token, --user-principal NAME
                                 the resource; may be repeated; '*' for all
  --cluster                      the cluster itself
  --resource-pattern-type TYPE   literal unless told; prefixed; to list and remove any and match too
  --operation NAME               Read, Write, Describe, ...; All unless told; may be repeated
  --allow-principal, --deny-principal TYPE:NAME
                                 who may, or must not, as User:alice; may be repeated
  --allow-host, --deny-host ADDRESS
                                 from where; all unless told
  --principal TYPE:NAME          list: only of these
  --producer                     what a producer needs of --topic and --transactional-id
  --idempotent                   producer: also what one needs without a --transactional-id
  --consumer                     what a consumer needs of --topic and --group
  --force                        remove: without being asked
${toolFlagsText}`

const yes = { type: 'boolean' } as const
const many = { type: 'string', multiple: true } as const
const actionNames = ['list', 'add', 'remove'] as const
const flags = {
  ...toolFlags,
  ...Object.fromEntries(actionNames.map((name) => [name, yes])),
  topic: many,
  cluster: yes,
  group: many,
  'transactional-id': many,
  idempotent: yes,
  'delegation-token': many,
  'user-principal': many,
  'resource-pattern-type': { type: 'string' },
  operation: many,
  'allow-principal': many,
  'deny-principal': many,
  'allow-host': many,
  'deny-host': many,
  principal: many,
  producer: yes,
  consumer: yes,
  force: yes,
} as const

const isGiven = (given: Given, flag: string): boolean => given.has(flag) || given.texts(flag).length > 0

/** Which flags do not go with another one. */
const excluded: readonly (readonly [flag: string, others: readonly string[]])[] = [
  ['list', ['producer', 'consumer', 'allow-host', 'allow-principal', 'deny-host', 'deny-principal']],
  ['producer', ['operation', 'deny-principal', 'deny-host']],
  ['consumer', ['operation', 'deny-principal', 'deny-host']],
]

/** Throws UsageError. */
function checkFlags(given: Given): void {
  const has = (flag: string): boolean => isGiven(given, flag)
  for (const [flag, others] of excluded) {
    const other = has(flag) ? others.find(has) : undefined
    if (other !== undefined) throw new UsageError(`Option "[${flag}]" can't be used with option "[${other}]"`)
  }
  if (has('principal') && !has('list'))
    throw new UsageError('The --principal option is only available if --list is set')
  if (has('producer') && !has('topic')) throw new UsageError('With --producer you must specify a --topic')
  if (has('idempotent') && !has('producer')) {
    throw new UsageError('The --idempotent option is only available if --producer is set')
  }
  const hasOthers = !has('producer') && (has('cluster') || has('transactional-id'))
  if (has('consumer') && (!has('topic') || !has('group') || hasOthers)) {
    throw new UsageError(
      'With --consumer you must specify a --topic and a --group and no --cluster or --transactional-id option should be specified.',
    )
  }
}

const entriesText = (entries: readonly Entry[]): string => entries.map((it) => `\t${entryText(it)}`).join('\n')

/** Those of the pattern itself. */
const filterOf = ({ resourceType, resourceName, patternType }: AskedResource) => ({
  ...{ resourceType, resourceName },
  ...(patternType !== undefined && { patternType }),
})

// ---- list

async function list({ admin, given }: ToolAsked): Promise<void> {
  const resources = resourcesOf(given)
  const principals = [...new Set(principalsOf(given, 'principal'))]
  const found: Required<AclBinding>[] = []
  for (const filter of resources.length === 0 ? [{}] : resources.map(filterOf)) {
    found.push(...(await admin.describeAcls(filter)))
  }
  const tell = (acls: readonly Required<AclBinding>[]): void => {
    for (const [resource, those] of Map.groupBy(acls, resourceText)) {
      const entries = [...new Map(those.map((it) => [entryText(it), it])).values()]
      say(`Current ACLs for resource \`${resource}\`:\n${entriesText(entries)}\n`)
    }
  }
  if (principals.length === 0) tell(found)
  for (const principal of principals) {
    say(`ACLs for principal \`${principal}\``)
    tell(found.filter((it) => it.principal === principal))
  }
}

// ---- add

async function add({ admin, given }: ToolAsked): Promise<void> {
  const patternType = patternOf(given)
  if (patternType === undefined || patternType === 'match') {
    const name = enumText(patternType ?? 'any')
    throw new UsageError(`A '--resource-pattern-type' value of '${name}' is not valid when adding acls.`)
  }
  const asked = askedAcls(given)
  if (asked.some(({ entries }) => entries.length === 0)) {
    throw new UsageError('You must specify one of: --allow-principal, --deny-principal when trying to add ACLs.')
  }
  for (const { resource, entries } of asked) {
    const its = { ...resource, patternType: resource.resourceType === 'cluster' ? ('literal' as const) : patternType }
    const there = new Set((await admin.describeAcls(filterOf(its))).map(entryText))
    for (const entry of entries.filter((it) => there.has(entryText(it)))) {
      say(`Acl (pattern=${resourceText(its)}, entry=${entryText(entry)}) already exists.`)
    }
    const missing = entries.filter((it) => !there.has(entryText(it)))
    if (missing.length === 0) continue
    say(`Adding ACLs for resource \`${resourceText(its)}\`: \n ${entriesText(missing)}\n`)
    await allDone(admin.createAcls(missing.map((entry) => ({ ...its, ...entry }))))
  }
}

// ---- remove

/** One question after the other; whoever does not answer has said no. */
class Questions implements Disposable {
  readonly #input = createInterface({ input: process.stdin })
  readonly #lines = this.#input[Symbol.asyncIterator]()

  async confirm(question: string): Promise<boolean> {
    say(question)
    const { value, done } = await this.#lines.next()
    return done !== true && value.toLowerCase() === 'y'
  }

  [Symbol.dispose](): void {
    this.#input.close()
  }
}

async function removeOne(admin: Admin, { resource, entries }: AskedAcls): Promise<void> {
  const filter = filterOf(resource)
  const filters = entries.length === 0 ? [filter] : entries.map((entry) => ({ ...filter, ...entry }))
  await allDone(admin.deleteAcls(filters))
}

async function remove({ admin, given }: ToolAsked): Promise<void> {
  using questions = given.has('force') ? undefined : new Questions()
  for (const asked of askedAcls(given)) {
    const what = resourceText(asked.resource)
    const question =
      asked.entries.length === 0
        ? `Are you sure you want to delete all ACLs for resource filter \`${what}\`? (y/n)`
        : `Are you sure you want to remove ACLs: \n ${entriesText(asked.entries)}\n from resource filter \`${what}\`? (y/n)`
    if (questions === undefined || (await questions.confirm(question))) await removeOne(admin, asked)
  }
}

const actions = { list, add, remove } as const

const wordsOf = (error: KafkaError | ToolError): string =>
  `Error while executing ACL command: ${error instanceof KafkaError ? exceptionText(error) : error.message}`

export const run = (args: readonly string[]): Promise<number> =>
  runTool(
    {
      name: 'kafka-acls',
      usage,
      flags,
      run(asked) {
        const [action, another] = actionNames.filter((name) => asked.given.has(name))
        if (action === undefined || another !== undefined) {
          throw new UsageError('Command must include exactly one action: --list, --add, --remove. ')
        }
        checkFlags(asked.given)
        return failing(() => actions[action](asked), wordsOf)
      },
    },
    args,
  )
