/** The door of `security`: the client's side of the SASL mechanisms. */
export { type OAuthToken, oauthBearer } from './sasl/oauth-bearer.ts'
export { type Credentials, plain } from './sasl/plain.ts'
export { type SaslClient, SaslError } from './sasl/sasl-client.ts'
export { type NonceDraw, type ScramMechanism, scram } from './sasl/scram.ts'
