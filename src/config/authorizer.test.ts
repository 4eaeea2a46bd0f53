import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorizerWarnings } from './authorizer.ts'

const warningsOf = (name: string) => authorizerWarnings(new Map([['authorizer.class.name', name]])).join('\n')

test('whoever asks for an authorizer is told at start that nothing is enforced', () => {
  assert.match(warningsOf('org.apache.kafka.metadata.authorizer.StandardAuthorizer'), /ACLs ARE NOT ENFORCED/)
  assert.match(warningsOf('com.example.Authorizer'), /THERE IS NO AUTHORIZER/)
  assert.equal(warningsOf(' '), '')
  assert.deepEqual(authorizerWarnings(new Map()), [])
})
