/** `odradek groups why`: what a node's HTTP address tells of a group, as a table for people or as JSON for programs. */
import { parseArgs } from 'node:util'
import type { GroupWhy } from '../../node/index.ts'
import { exitDone, exitFailed } from '../exit-codes.ts'
import { printable, table } from '../table.ts'
import { UsageError } from '../usage-error.ts'
import { runVerb } from '../verb.ts'

const usage = `Usage: odradek groups why GROUP [flags]

Tells why a group rebalanced, and removed, fenced or refused members: the newest events that its coordinator keeps, with
their cause. Of a group that has ended, they are told for a while; a group of which nothing is known is an error. TIME is UTC. EPOCH is the generation of a classic group, or
the epoch of a group of the consumer protocol, after the event: each rebalance makes it grow. Behind a removal stands how long
nothing came, and the limit for that, which the client (session.timeout.ms, max.poll.interval.ms) or the configs of the group
(consumer.session.timeout.ms) have set; of a generation and an assignment, how long they took. Bounds: odradek.group.events
and odradek.group.events.groups.

  --http ADDRESS   where a node serves metrics, host:port (odradek.metrics.listener); may be repeated, for the nodes of a
                   cluster: the one that coordinates the group answers; 127.0.0.1:9404 unless told
  --json           as JSON, for programs: the group's state, unless there is no such group; when this node loaded its
                   partition of __consumer_offsets (loadedMs); and the events, each with its time, epochs, cause and
                   numbers as data (change) and in words (text)
  --help, -h       print this text
`

const flags = {
  http: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const answerMsMax = 10_000

type Answer = { readonly text: string; readonly why: Told } | { readonly failure: string }

async function ask(address: string, groupId: string): Promise<Answer> {
  try {
    // Also as it stands in the documents.
    const [, place] = /^(?:http:\/\/)?([^/]*)\/?$/.exec(address) ?? []
    if (place === undefined) return { failure: `${address} is not an address, host:port` }
    const url = new URL(`http://${place}/groups/${encodeURIComponent(groupId)}/why`)
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMsMax) })
    const text = await response.text()
    const isJson = response.headers.get('content-type') === 'application/json'
    if (!isJson) return { failure: `${address}: ${response.status} ${text.trimEnd()}` }
    const why: GroupWhy = JSON.parse(text)
    return 'error' in why ? { failure: `${address}: ${why.error}: ${why.message}` } : { text, why }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const { cause } = error
    const what = cause instanceof Error ? cause.message : error.message
    return { failure: `${address}: ${what}: a node tells of its groups at its odradek.metrics.listener` }
  }
}

const iso = (timestampMs: number): string => new Date(timestampMs).toISOString()

/** From when on all that happened would be known. */
function sinceText({ partition, loadedMs, forgottenMs }: Told): string {
  const loaded = `${iso(loadedMs)}, when this node loaded partition ${partition} of __consumer_offsets`
  return forgottenMs === undefined
    ? loaded
    : `${iso(forgottenMs)}: events of quiet groups up to then were forgotten (odradek.group.events.groups)`
}

type Told = Exclude<GroupWhy, { error: string }>

/** It is not there, and nothing is kept of one that was. */
const isUnknown = ({ state, events }: Told): boolean => state === undefined && events.length === 0

const unknownText = (why: Told): string =>
  `there is no group ${printable(why.groupId)}, and nothing is known to have happened to one since ${sinceText(why)}`

function shown(why: Told): string {
  const nothing = `Nothing is known to have happened to group ${printable(why.groupId)} since ${sinceText(why)}.\n`
  if (why.events.length === 0) return nothing
  const rows = why.events.map(({ timestampMs, epochAfter, text }) => [
    iso(timestampMs),
    String(epochAfter),
    printable(text),
  ])
  const isAsFound = why.events.every(({ change }) => change.kind === 'loaded')
  return `${table([['TIME', 'EPOCH', 'WHAT'], ...rows])}${isAsFound ? nothing : ''}`
}

async function tellWhy(groupId: string, addresses: readonly string[], isJson: boolean): Promise<number> {
  const failures: string[] = []
  for (const address of addresses) {
    const answer = await ask(address, groupId)
    if ('failure' in answer) {
      failures.push(answer.failure)
      continue
    }
    const { text, why } = answer
    if (isJson) process.stdout.write(text)
    if (!isUnknown(why)) {
      if (!isJson) process.stdout.write(shown(why))
      return exitDone
    }
    // Whoever coordinates it knows: no other node is asked, nor is it of interest which of them could not be.
    process.stderr.write(`odradek groups why: ${unknownText(why)}\n`)
    return exitFailed
  }
  for (const failure of failures) process.stderr.write(`odradek groups why: ${failure}\n`)
  return exitFailed
}

function groupOf([action, groupId, ...more]: readonly string[]): string {
  if (action !== 'why') throw new UsageError(`'${action ?? ''}' is nothing that can be asked of groups`)
  if (groupId === undefined || more.length > 0) throw new UsageError('one group is to be named')
  return groupId
}

export const run = (args: readonly string[]): Promise<number> =>
  runVerb({
    name: 'groups',
    usage,
    parse() {
      const { values, positionals } = parseArgs({
        args: [...args],
        options: flags,
        strict: true,
        allowPositionals: true,
      })
      return { ...values, positionals }
    },
    run: ({ positionals, http = ['127.0.0.1:9404'], json = false }) => tellWhy(groupOf(positionals), http, json),
  })
