/** DescribeCluster (API key 60). */
import { api } from '../message.ts'
import { bool, type Infer, i8, i16, i32, list, orNull, string } from '../words.ts'

const describeClusterBroker = {
  brokerId: i32(),
  host: string(),
  port: i32(),
  rack: orNull(string(), { default: null }),
  isFenced: bool({ since: 2 }),
}

export const describeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexible: 0,
  listeners: ['broker', 'controller'],
  request: {
    includeClusterAuthorizedOperations: bool(),
    endpointType: i8({ since: 1, default: 1 }),
    includeFencedBrokers: bool({ since: 2 }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string(), { default: null }),
    endpointType: i8({ since: 1, default: 1 }),
    clusterId: string(),
    controllerId: i32({ default: -1 }),
    brokers: list(describeClusterBroker),
    clusterAuthorizedOperations: i32({ default: -2147483648 }),
  },
})

export interface DescribeClusterRequest extends Infer<typeof describeCluster.request.fields> {}
export interface DescribeClusterResponse extends Infer<typeof describeCluster.response.fields> {}
