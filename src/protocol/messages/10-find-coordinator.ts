/** FindCoordinator (API key 10). */
import { api } from '../message.ts'
import { type Infer, i8, i16, i32, list, orNull, string } from '../words.ts'

const coordinator = {
  key: string({ since: 4 }),
  nodeId: i32({ since: 4 }),
  host: string({ since: 4 }),
  port: i32({ since: 4 }),
  errorCode: i16({ since: 4 }),
  errorMessage: orNull(string({ since: 4 })),
}

export const findCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexible: 3,
  listeners: ['broker'],
  request: {
    key: string({ until: 3 }),
    keyType: i8({ since: 1 }),
    coordinatorKeys: list(string(), { since: 4 }),
  },
  response: {
    throttleTimeMs: i32({ since: 1 }),
    errorCode: i16({ until: 3 }),
    errorMessage: orNull(string({ since: 1, until: 3 })),
    nodeId: i32({ until: 3 }),
    host: string({ until: 3 }),
    port: i32({ until: 3 }),
    coordinators: list(coordinator, { since: 4 }),
  },
})

export interface FindCoordinatorRequest extends Infer<typeof findCoordinator.request.fields> {}
export interface FindCoordinatorResponse extends Infer<typeof findCoordinator.response.fields> {}
