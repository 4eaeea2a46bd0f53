/** AlterClientQuotas (API key 49). */
import { api } from '../message.ts'
import { bool, f64, type Infer, i16, i32, list, orNull, string } from '../words.ts'

const entityData = {
  entityType: string(),
  entityName: orNull(string()),
}

const opData = {
  key: string(),
  value: f64(),
  remove: bool(),
}

const entryData = {
  entity: list(entityData),
  ops: list(opData),
}

const alterClientQuotasResponseEntityData = {
  entityType: string(),
  entityName: orNull(string()),
}

const alterClientQuotasResponseEntryData = {
  errorCode: i16(),
  errorMessage: orNull(string()),
  entity: list(alterClientQuotasResponseEntityData),
}

export const alterClientQuotas = api({
  key: 49,
  name: 'AlterClientQuotas',
  versions: [0, 1],
  flexible: 1,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    entries: list(entryData),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: i32(),
    entries: list(alterClientQuotasResponseEntryData),
  },
})

export interface AlterClientQuotasRequest extends Infer<typeof alterClientQuotas.request.fields> {}
export interface AlterClientQuotasResponse extends Infer<typeof alterClientQuotas.response.fields> {}
