/** Broker configs of TLS, authorization and delegation tokens. */
import { boolean, type ConfigKeys, className, int, list, long, password, string } from './config-def.ts'
import { atLeast, listOf, nonEmptyListOf, nonNull, oneOf } from './validators.ts'

export const securityKeys = {
  'authorizer.class.name': string('', {
    importance: 'low',
    valid: nonNull,
    doc: 'What decides who may do what; empty lets everybody do everything.',
  }),
  'connection.failed.authentication.delay.ms': int(100, {
    importance: 'low',
    valid: atLeast(0),
    doc: 'How long a connection that failed to authenticate is held before it is closed.',
  }),
  'connections.max.reauth.ms': long(0, {
    doc: 'Longest life of a SASL session before the client must authenticate again; 0 is no limit.',
  }),
  'delegation.token.expiry.check.interval.ms': long(3_600_000, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'How often expired delegation tokens are removed.',
  }),
  'delegation.token.expiry.time.ms': long(86_400_000, {
    valid: atLeast(1),
    doc: 'Life of a delegation token before it must be renewed.',
  }),
  'delegation.token.max.lifetime.ms': long(604_800_000, {
    valid: atLeast(1),
    doc: 'Age past which a delegation token cannot be renewed.',
  }),
  'delegation.token.secret.key': password({ doc: 'Secret that signs delegation tokens; the same on all nodes.' }),
  'principal.builder.class': className('org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder', {
    update: 'per-broker',
    doc: 'What makes a principal of an authenticated connection.',
  }),
  'security.inter.broker.protocol': string('PLAINTEXT', {
    valid: oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
    doc: 'Security protocol between brokers, where inter.broker.listener.name is not set.',
  }),
  'security.providers': string(null, { importance: 'low', doc: 'Plug-ins that add security algorithms.' }),
  'ssl.allow.dn.changes': boolean(false, {
    importance: 'low',
    doc: 'Whether a new key store may have another distinguished name.',
  }),
  'ssl.allow.san.changes': boolean(false, {
    importance: 'low',
    doc: 'Whether a new key store may have other alternative names.',
  }),
  'ssl.cipher.suites': list('', {
    valid: listOf(),
    update: 'per-broker',
    doc: 'Cipher suites; empty allows the defaults.',
  }),
  'ssl.client.auth': string('none', {
    valid: oneOf('required', 'requested', 'none'),
    update: 'per-broker',
    doc: 'Whether clients must, may or need not show a certificate.',
  }),
  'ssl.enabled.protocols': list('TLSv1.2,TLSv1.3', {
    valid: nonEmptyListOf(),
    update: 'per-broker',
    doc: 'TLS versions that are enabled.',
  }),
  'ssl.endpoint.identification.algorithm': string('https', {
    importance: 'low',
    update: 'per-broker',
    doc: "How a client checks the server's name; empty does not.",
  }),
  'ssl.engine.factory.class': className(null, {
    importance: 'low',
    update: 'per-broker',
    doc: 'Plug-in that makes TLS engines.',
  }),
  'ssl.key.password': password({ update: 'per-broker', doc: 'Password of the private key.' }),
  'ssl.keymanager.algorithm': string('SunX509', { update: 'per-broker', doc: 'Algorithm of the key manager.' }),
  'ssl.keystore.certificate.chain': password({ update: 'per-broker', doc: 'Certificate chain as PEM text.' }),
  'ssl.keystore.key': password({ update: 'per-broker', doc: 'Private key as PEM text.' }),
  'ssl.keystore.location': string(null, { update: 'per-broker', doc: 'File of the key store.' }),
  'ssl.keystore.password': password({ update: 'per-broker', doc: 'Password of the key store.' }),
  'ssl.keystore.type': string('JKS', { update: 'per-broker', doc: 'Format of the key store.' }),
  'ssl.principal.mapping.rules': string('DEFAULT', {
    importance: 'low',
    doc: 'Rules from distinguished names to short names.',
  }),
  'ssl.protocol': string('TLSv1.3', { update: 'per-broker', doc: 'TLS version with which contexts are made.' }),
  'ssl.provider': string(null, { update: 'per-broker', doc: 'Security provider of TLS.' }),
  'ssl.secure.random.implementation': string(null, {
    importance: 'low',
    update: 'per-broker',
    doc: 'Random numbers of TLS.',
  }),
  'ssl.trustmanager.algorithm': string('PKIX', { update: 'per-broker', doc: 'Algorithm of the trust manager.' }),
  'ssl.truststore.certificates': password({ update: 'per-broker', doc: 'Trusted certificates as PEM text.' }),
  'ssl.truststore.location': string(null, { update: 'per-broker', doc: 'File of the trust store.' }),
  'ssl.truststore.password': password({ update: 'per-broker', doc: 'Password of the trust store.' }),
  'ssl.truststore.type': string('JKS', { update: 'per-broker', doc: 'Format of the trust store.' }),
} satisfies ConfigKeys
