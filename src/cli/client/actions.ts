/** Verbs that ask or change a cluster by an admin client. */
import { type Admin, KafkaError } from '../../client/index.ts'
import { type ActionVerbWith, type ActionWith, type AskedWith, runActionsWith } from '../actions.ts'
import type { Given } from '../given.ts'
import { clientFlags, clientSetup, withAdmin } from './client-flags.ts'

interface Means {
  readonly admin: Admin
}

export type Asked = AskedWith<Means>
export type Action = ActionWith<Means>

async function within<T>(given: Given, work: (means: Means) => Promise<T>): Promise<T> {
  const setup = await clientSetup({
    'bootstrap-server': given.text('bootstrap-server'),
    'command-config': given.text('command-config'),
    property: given.texts('property'),
  })
  return await withAdmin(setup, (admin) => work({ admin }))
}

export const runActions = (verb: ActionVerbWith<Means>, args: readonly string[]): Promise<number> =>
  runActionsWith({ flags: clientFlags, within, mendable: [KafkaError] }, verb, args)
