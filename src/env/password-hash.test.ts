import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword } from './password-hash.ts'

test('the salted passwords of RFC 7677 and of SHA-512', async () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  const small = await hashPassword({ password: 'pencil', salt, iterations: 4096, hash: 'SHA-256' })
  assert.equal(Buffer.from(small).toString('base64'), 'xKSVEDI6tPlSysH6mUQZOeeOp01r6B3fcJbodRPcYV0=')
  const big = await hashPassword({ password: Buffer.from('pencil'), salt, iterations: 4096, hash: 'SHA-512' })
  assert.equal(big.length, 64)
})
