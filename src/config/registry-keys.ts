/**
 * Configs of a schema registry, by the names of Confluent's (`schema-registry.properties`). In the configuration of a node they stand
 * behind `odradek.registry.`, which a broker of Kafka's passes over.
 */
import { boolean, type ConfigKey, type ConfigKeys, int, list, password, string } from './config-def.ts'
import { atLeast, between, oneOf, oneOfIgnoringCase } from './validators.ts'

/** Of a key in the configuration of a node. */
export const registryPrefix = 'odradek.registry.'

const levels = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const

export const registryKeys = {
  'authentication.method': string('NONE', {
    valid: oneOfIgnoringCase('NONE', 'BASIC'),
    doc: 'BASIC: who asks says who he is, by a name and a password of authentication.users.file.',
  }),
  'authentication.users.file': string(null, {
    doc: 'A line for each user: `name: password` or `name: password,role`, where the role is `admin` or `read`. Not of Confluent.',
  }),
  'host.name': string(null, {
    doc: 'Under which host the other instances reach this one. Default: that it listens at.',
  }),
  'kafkastore.bootstrap.servers': list('', {
    doc: 'The cluster that keeps the schemas. In a node it is the node itself.',
  }),
  'kafkastore.timeout.ms': int(10_000, { valid: atLeast(1), doc: 'For a write to be kept, and read back.' }),
  'kafkastore.topic': string('_schemas', { doc: 'In which schemas are kept.' }),
  'kafkastore.topic.replication.factor': int(null, {
    valid: between(1, 32_767),
    doc: 'Of that topic, where it is made: so many brokers are waited for, and it has fewer if they do not come. Default: 3, or as many as there are.',
  }),
  'leader.eligibility': boolean(true, { doc: 'Whether this instance may become the one that writes.' }),
  'leader.read.timeout.ms': int(60_000, {
    valid: atLeast(1),
    doc: 'How long the leader may take to answer a write that was forwarded to it.',
  }),
  listeners: list('http://0.0.0.0:8081', {
    doc: 'The address to listen at, as http://host:port or https://host:port. In a node: nowhere, unless it is given.',
  }),
  'schema.compatibility.level': string('BACKWARD', {
    valid: oneOfIgnoringCase(...levels),
    synonyms: ['schema.compatibility.level', 'avro.compatibility.level'],
    doc: 'Which schemas may follow one another, where nothing else was set by `PUT /config`.',
  }),
  'schema.registry.group.id': string('schema-registry', { doc: 'Instances with the same are one registry.' }),
  'ssl.client.auth': boolean(false, { doc: 'The older way to say REQUIRED.' }),
  'ssl.client.authentication': string('NONE', {
    valid: oneOf('NONE', 'REQUESTED', 'REQUIRED'),
    doc: 'Whether who connects shows a certificate that ssl.truststore.* trusts.',
  }),
  'ssl.key.password': password({ doc: 'Of the key.' }),
  'ssl.keystore.certificate.chain': password({ doc: 'The certificate with its chain, in PEM.' }),
  'ssl.keystore.key': password({ doc: 'The key of the certificate, in PEM.' }),
  'ssl.keystore.location': string(null, { doc: 'A file with both, in PEM.' }),
  'ssl.keystore.type': string('JKS', { doc: 'PEM is what is read.' }),
  'ssl.truststore.certificates': password({ doc: 'Whom to trust, in PEM: clients, and other instances.' }),
  'ssl.truststore.location': string(null, { doc: 'A file with these.' }),
  'ssl.truststore.type': string('JKS', { doc: 'PEM is what is read.' }),
} satisfies ConfigKeys

export type RegistryKeys = typeof registryKeys

/** By which it is known here, or by its older name. */
export const registryKey = (name: string): ConfigKey | undefined =>
  Object.entries<ConfigKey>(registryKeys).find(([each, { synonyms }]) => each === name || synonyms.includes(name))?.[1]

/** Of the configuration of a node. */
export const isNodeRegistryKey = (name: string): boolean =>
  name.startsWith(registryPrefix) && registryKey(name.slice(registryPrefix.length)) !== undefined
