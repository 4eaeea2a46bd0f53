import { shortened } from '../base/index.ts'

/**
 * A config that cannot be used: whoever wrote it (a file, a tool over the wire) can put it right. Its message names the
 * key, the value and what is allowed, in Kafka's form. Handlers turn it into INVALID_CONFIG or INVALID_REQUEST.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(message: string) {
    super(shortened(message))
  }
}

/** Kafka's wording; values of passwords must be passed as `[hidden]`. */
export function invalidValue(name: string, value: string, reason: string): ConfigError {
  return new ConfigError(`Invalid value ${value} for configuration ${name}: ${reason}`)
}
