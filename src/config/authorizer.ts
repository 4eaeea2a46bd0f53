/** What `authorizer.class.name` means here. */
import type { BrokerKeys } from './broker-keys.ts'
import type { ConfigReader } from './config-reader.ts'

const standardAuthorizer = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'

/** Whether the node keeps ACLs in the metadata, and shows them. */
export const storesAcls = (config: ConfigReader<BrokerKeys>): boolean =>
  config.text('authorizer.class.name').trim() === standardAuthorizer

/** Whoever asks for an authorizer believes in ACLs; until they are enforced, that is a belief to be shaken at each start. */
export function authorizerWarnings(texts: ReadonlyMap<string, string>): readonly string[] {
  const name = texts.get('authorizer.class.name')?.trim() ?? ''
  if (name === '') return []
  const everybody = 'everybody who reaches a listener may do everything, whatever an ACL denies'
  const advice = 'Let nobody else reach its listeners.'
  if (name === standardAuthorizer) {
    return [
      `ACLs ARE NOT ENFORCED: 'authorizer.class.name' makes this node store and show them, but ${everybody}. ${advice}`,
    ]
  }
  return [
    `THERE IS NO AUTHORIZER: 'authorizer.class.name' names a class that this node cannot run, and ${everybody}. ${advice}`,
  ]
}
