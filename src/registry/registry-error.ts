/** What the registry refuses, in the codes of Confluent's REST interface: the first three digits of a code are the HTTP status. */

/** Codes by what they say. Those with three digits are HTTP's own. */
export const RegistryErrorCode = {
  subjectNotFound: 40401,
  versionNotFound: 40402,
  schemaNotFound: 40403,
  subjectSoftDeleted: 40404,
  subjectNotSoftDeleted: 40405,
  versionSoftDeleted: 40406,
  versionNotSoftDeleted: 40407,
  configNotSet: 40408,
  modeNotSet: 40409,
  incompatible: 40901,
  invalidRequest: 422,
  invalidSchema: 42201,
  invalidVersion: 42202,
  invalidCompatibility: 42203,
  invalidMode: 42204,
  notPermitted: 42205,
  referenceExists: 42206,
  invalidSubject: 42208,
  schemaTooLarge: 42209,
  invalidRuleSet: 42210,
  contextNotEmpty: 42211,
  internal: 500,
  store: 50001,
  timedOut: 50002,
  forwardingFailed: 50003,
  unknownLeader: 50004,
} as const

export type RegistryErrorName = keyof typeof RegistryErrorCode

/** The message is for whoever has asked. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly code: RegistryErrorName

  constructor(code: RegistryErrorName, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  get errorCode(): number {
    return RegistryErrorCode[this.code]
  }

  get status(): number {
    return Number(String(this.errorCode).slice(0, 3))
  }
}
