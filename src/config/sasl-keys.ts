/** Broker configs of SASL. */
import { boolean, type ConfigKeys, className, double, int, list, long, password, short, string } from './config-def.ts'
import { between, listOf, nonEmptyListOf, oneOfIgnoringCase } from './validators.ts'

export const saslKeys = {
  'sasl.client.callback.handler.class': className(null, { doc: 'Client-side SASL callback handler.' }),
  'sasl.enabled.mechanisms': list('GSSAPI', {
    valid: nonEmptyListOf(),
    update: 'per-broker',
    doc: 'SASL mechanisms that are served.',
  }),
  'sasl.jaas.config': password({
    update: 'per-broker',
    doc: 'Login modules and their options, one listener and mechanism at a time.',
  }),
  'sasl.kerberos.kinit.cmd': string('/usr/bin/kinit', { update: 'per-broker', doc: 'Path of kinit.' }),
  'sasl.kerberos.min.time.before.relogin': long(60000, {
    update: 'per-broker',
    doc: 'Sleep of the Kerberos login between attempts.',
  }),
  'sasl.kerberos.principal.to.local.rules': list('DEFAULT', {
    valid: nonEmptyListOf(),
    update: 'per-broker',
    doc: 'Rules from Kerberos principals to short names.',
  }),
  'sasl.kerberos.service.name': string(null, { update: 'per-broker', doc: 'Kerberos service name of the brokers.' }),
  'sasl.kerberos.ticket.renew.jitter': double(0.05, {
    update: 'per-broker',
    doc: 'Random part of the time of renewal.',
  }),
  'sasl.kerberos.ticket.renew.window.factor': double(0.8, {
    update: 'per-broker',
    doc: "Part of a ticket's life after which it is renewed.",
  }),
  'sasl.login.callback.handler.class': className(null, { doc: 'SASL login callback handler.' }),
  'sasl.login.class': className(null, { doc: 'SASL login.' }),
  'sasl.login.connect.timeout.ms': int(null, {
    importance: 'low',
    doc: 'Connect timeout to the identity provider (OAUTHBEARER).',
  }),
  'sasl.login.read.timeout.ms': int(null, {
    importance: 'low',
    doc: 'Read timeout to the identity provider (OAUTHBEARER).',
  }),
  'sasl.login.refresh.buffer.seconds': short(300, {
    update: 'per-broker',
    doc: 'Time before expiry that a token refresh keeps free.',
  }),
  'sasl.login.refresh.min.period.seconds': short(60, {
    update: 'per-broker',
    doc: 'Least wait before a token is refreshed.',
  }),
  'sasl.login.refresh.window.factor': double(0.8, {
    update: 'per-broker',
    doc: "Part of a token's life after which it is refreshed.",
  }),
  'sasl.login.refresh.window.jitter': double(0.05, {
    update: 'per-broker',
    doc: 'Random part of the time of refresh.',
  }),
  'sasl.login.retry.backoff.max.ms': long(10000, {
    importance: 'low',
    doc: 'Longest wait between logins at the identity provider.',
  }),
  'sasl.login.retry.backoff.ms': long(100, {
    importance: 'low',
    doc: 'First wait between logins at the identity provider.',
  }),
  'sasl.mechanism.controller.protocol': string('GSSAPI', {
    importance: 'high',
    doc: 'SASL mechanism towards controllers.',
  }),
  'sasl.mechanism.inter.broker.protocol': string('GSSAPI', {
    update: 'per-broker',
    doc: 'SASL mechanism between brokers.',
  }),
  'sasl.oauthbearer.assertion.algorithm': string('RS256', {
    valid: oneOfIgnoringCase('ES256', 'RS256'),
    doc: 'Signature of client assertions.',
  }),
  'sasl.oauthbearer.assertion.claim.aud': string(null, { doc: 'Audience claim of client assertions.' }),
  'sasl.oauthbearer.assertion.claim.exp.seconds': int(300, {
    importance: 'low',
    valid: between(0, 86400),
    doc: 'Life of client assertions.',
  }),
  'sasl.oauthbearer.assertion.claim.iss': string(null, { doc: 'Issuer claim of client assertions.' }),
  'sasl.oauthbearer.assertion.claim.jti.include': boolean(false, { doc: 'Whether client assertions carry an id.' }),
  'sasl.oauthbearer.assertion.claim.nbf.seconds': int(60, {
    importance: 'low',
    valid: between(0, 3600),
    doc: 'How long before now client assertions become valid.',
  }),
  'sasl.oauthbearer.assertion.claim.sub': string(null, { doc: 'Subject claim of client assertions.' }),
  'sasl.oauthbearer.assertion.file': string(null, { doc: 'File with a ready client assertion.' }),
  'sasl.oauthbearer.assertion.private.key.file': string(null, { doc: 'Key that signs client assertions.' }),
  'sasl.oauthbearer.assertion.private.key.passphrase': password({ doc: 'Passphrase of that key.' }),
  'sasl.oauthbearer.assertion.template.file': string(null, {
    doc: 'Header and claims that are added to client assertions.',
  }),
  'sasl.oauthbearer.client.credentials.client.id': string(null, { doc: 'Client id at the identity provider.' }),
  'sasl.oauthbearer.client.credentials.client.secret': password({ doc: 'Client secret at the identity provider.' }),
  'sasl.oauthbearer.clock.skew.seconds': int(30, {
    importance: 'low',
    doc: 'Difference of clocks that is tolerated in tokens.',
  }),
  'sasl.oauthbearer.expected.audience': list('', {
    importance: 'high',
    valid: listOf(),
    doc: 'Audiences that a token may be for.',
  }),
  'sasl.oauthbearer.expected.issuer': string(null, { importance: 'high', doc: 'Issuer that tokens must have.' }),
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': long(3_600_000, {
    importance: 'low',
    doc: "How often the provider's keys are fetched again.",
  }),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms': long(10000, {
    importance: 'low',
    doc: 'Longest wait between attempts to fetch keys.',
  }),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms': long(100, {
    importance: 'low',
    doc: 'First wait between attempts to fetch keys.',
  }),
  'sasl.oauthbearer.jwks.endpoint.url': string(null, { doc: "Where the provider's keys are." }),
  'sasl.oauthbearer.jwt.retriever.class': className(
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever',
    { doc: 'What fetches tokens.' },
  ),
  'sasl.oauthbearer.jwt.validator.class': className(
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator',
    { doc: 'What checks tokens.' },
  ),
  'sasl.oauthbearer.scope': string(null, { doc: 'Scope asked for at the identity provider.' }),
  'sasl.oauthbearer.scope.claim.name': string('scope', { importance: 'low', doc: 'Name of the claim with the scope.' }),
  'sasl.oauthbearer.sub.claim.name': string('sub', { importance: 'low', doc: 'Name of the claim with the subject.' }),
  'sasl.oauthbearer.token.endpoint.url': string(null, { doc: 'Where tokens are fetched.' }),
  'sasl.server.callback.handler.class': className(null, { doc: 'Server-side SASL callback handler.' }),
  'sasl.server.max.receive.size': int(524_288, { doc: 'Largest SASL message before authentication.' }),
} satisfies ConfigKeys
