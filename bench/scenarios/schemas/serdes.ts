/**
 * Records of fifteen fields encoded and decoded, with the bytes that name the schema, by the calls that an application makes for each; the
 * schema is known, and all is warm. Libraries take turns, each time in a fresh process.
 */
import { randomUUID } from 'node:crypto'
import { type ClientName, compare, comparedFigures } from '../../clients/clients.ts'
import type { Bar, Figure, Scenario } from '../../scenario.ts'
import { type Costs, installedLibraries, type LibraryName, names, runLibrary } from '../../schemas/libraries.ts'
import { type Format, formats, schemas, typeOf } from '../../schemas/samples.ts'
import { startServer } from '../../schemas/servers.ts'
import { spread } from '../../statistics.ts'

const turns = 2
const secondsEach = 0.4

const faster: Omit<Bar, 'kind'> = { bound: 'at-least', value: 3 }
/** The same of what a record costs. */
const cheaper: Omit<Bar, 'kind'> = { bound: 'at-most', value: 0.333 }
const titles: Readonly<Record<Format, string>> = { avro: 'Avro', json: 'JSON Schema', protobuf: 'Protobuf' }

const rateName = (verb: string, format: Format): string => `${verb} ${titles[format]}`
const cpuName = (verb: string, format: Format): string => `${verb} ${titles[format]} CPU`

const figures: readonly Figure[] = formats.flatMap((format) =>
  ['encode', 'decode'].flatMap((verb) => {
    const barsOf = (bar: Omit<Bar, 'kind'>) => (format === 'avro' ? { kafkajs: bar, confluent: bar } : {})
    return [
      ...comparedFigures({ clients: names, name: rateName(verb, format), unit: 'records/s', bars: barsOf(faster) }),
      ...comparedFigures({ clients: names, name: cpuName(verb, format), unit: 'us/record', bars: barsOf(cheaper) }),
    ]
  }),
)

async function registered(url: string, subject: string, format: Format): Promise<number> {
  const body = JSON.stringify({ schemaType: typeOf(format), schema: schemas[format] })
  const answer = await fetch(`${url}/subjects/${subject}/versions`, { method: 'POST', body })
  const told: { readonly id?: number } = JSON.parse(await answer.text())
  if (told.id === undefined) throw new Error(`the registry does not take ${subject}: ${JSON.stringify(told)}`)
  return told.id
}

/** The median of the turns of each. */
function medians(runs: ReadonlyMap<LibraryName, readonly Costs[]>, key: keyof Costs): ReadonlyMap<ClientName, number> {
  return new Map(
    [...runs].map(([name, all]) => {
      const found = spread(all.map((costs) => costs[key]))
      if (found === undefined) throw new Error(`${name} was not measured`)
      return [name, found.median]
    }),
  )
}

export const schemaSerdes: Scenario = {
  name: 'schemas/serdes',
  figures,
  async measure(session) {
    const { bootstrap } = session.broker
    const topic = `schemas-${randomUUID()}`
    await using server = await startServer({ kind: 'registry', bootstrap, topic, path: '/subjects', answerSize: 0 })
    const url = `http://127.0.0.1:${server.port}`
    const libraries = installedLibraries()
    const measured: Record<string, number> = {}
    for (const format of formats) {
      const id = await registered(url, `${format}-value`, format)
      const job = { url, format, topic: format, id, schema: schemas[format], seconds: secondsEach * session.scale }
      const runs = new Map<LibraryName, Costs[]>(libraries.map((name) => [name, []]))
      for (let turn = 0; turn < turns; turn++) for (const [name, costs] of runs) costs.push(await runLibrary(name, job))
      for (const verb of ['encode', 'decode'] as const) {
        Object.assign(measured, compare(rateName(verb, format), medians(runs, `${verb}PerSecond`)))
        Object.assign(measured, compare(cpuName(verb, format), medians(runs, `${verb}CpuUs`)))
      }
    }
    return measured
  },
}
