/** A list of requests, asked of a broker one after the other: what it answered, in a form that can be compared. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Broker } from '../../bench/broker.ts'
import { createEnv } from '../../src/env/index.ts'
import type { Api, Fields } from '../../src/protocol/index.ts'
import { Wire } from '../wire.ts'
import { controllerPort } from './metadata-records.ts'

export interface Question {
  readonly label: string
  /** Of which listener it is asked. */
  readonly of: 'broker' | 'controller'
  /** Changes nothing. */
  readonly onlyReads?: boolean
  readonly ask: (wire: Wire) => Promise<unknown>
}

export interface Answer {
  readonly label: string
  readonly answer: unknown
}

/** One request by a declared message, in its highest version unless told. */
export const question = <Q extends Fields, S extends Fields>(
  label: string,
  api: Api<Q, S>,
  request: Parameters<Api<Q, S>['request']['create']>[0],
  { of = 'broker', version = api.versions[1] }: { readonly of?: Question['of']; readonly version?: number } = {},
): Question => ({
  label: `${label} (${of}, ${api.name} ${version})`,
  of,
  onlyReads: api.name.startsWith('Describe'),
  ask: (wire) => wire.call(api, request, version),
})

/** What goes into JSON, with the members of lists in an order of their own: Kafka answers from hash maps. */
export function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) {
    const texts = value.map((it) => JSON.stringify(inOrder(it)))
    return texts.sort().map((text): unknown => JSON.parse(text))
  }
  if (typeof value === 'bigint') return `${value}`
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, inOrder(of)]))
}

/** JSON knows no infinity. */
const told = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? `${value}` : value

const { network } = createEnv()
/** A controller answers before the brokers have applied what it has changed. */
const appliedMs = 300

export async function answersOf(broker: Broker, questions: readonly Question[]): Promise<Answer[]> {
  const ports = { broker: broker.port, controller: controllerPort(broker) }
  const wires = new Map<Question['of'], Wire>()
  const answers: Answer[] = []
  let isApplied = true
  try {
    for (const { label, of, onlyReads = false, ask } of questions) {
      if (onlyReads && !isApplied) await delay(appliedMs)
      isApplied = onlyReads
      const known = wires.get(of)
      const wire = known === undefined || known.isClosed ? await Wire.connect(network, '127.0.0.1', ports[of]) : known
      wires.set(of, wire)
      const answer = await ask(wire).catch((error: unknown) => {
        if (wire.isClosed) return 'connection closed'
        throw error
      })
      answers.push({ label, answer: JSON.parse(JSON.stringify(answer, told)) })
    }
  } finally {
    for (const wire of wires.values()) wire.destroy()
  }
  return answers
}
