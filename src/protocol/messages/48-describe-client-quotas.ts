/** DescribeClientQuotas (API key 48). */
import { api } from '../message.ts'
import { bool, f64, type Infer, i8, i16, i32, list, orNull, string } from '../words.ts'

const componentData = {
  entityType: string(),
  matchType: i8(),
  match: orNull(string()),
}

const entityData = {
  entityType: string(),
  entityName: orNull(string()),
}

const valueData = {
  key: string(),
  value: f64(),
}

const entryData = {
  entity: list(entityData),
  values: list(valueData),
}

export const describeClientQuotas = api({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: [0, 1],
  flexible: 1,
  listeners: ['broker'],
  request: {
    components: list(componentData),
    strict: bool(),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string()),
    entries: orNull(list(entryData)),
  },
})

export interface DescribeClientQuotasRequest extends Infer<typeof describeClientQuotas.request.fields> {}
export interface DescribeClientQuotasResponse extends Infer<typeof describeClientQuotas.response.fields> {}
