/** A principal as brokers forward it in an Envelope. */
import { message } from '../message.ts'
import { bool, type Infer, string } from '../words.ts'

export const defaultPrincipalData = message({
  name: 'DefaultPrincipalData',
  versions: [0, 0],
  flexible: 0,
  fields: {
    type: string(),
    name: string(),
    tokenAuthenticated: bool(),
  },
})
export interface DefaultPrincipalData extends Infer<typeof defaultPrincipalData.fields> {}
