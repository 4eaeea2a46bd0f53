import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressBytes, addressText } from './ip-address.ts'
import { MalformedError } from './reader.ts'

const addresses: readonly (readonly [text: string, hex: string, asJava: string])[] = [
  ['127.0.0.1', '7f000001', '127.0.0.1'],
  ['255.0.10.9', 'ff000a09', '255.0.10.9'],
  ['::', '00000000000000000000000000000000', '0:0:0:0:0:0:0:0'],
  ['::1', '00000000000000000000000000000001', '0:0:0:0:0:0:0:1'],
  ['2001:db8::ff00:42:8329', '20010db8000000000000ff0000428329', '2001:db8:0:0:0:ff00:42:8329'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008', '1:2:3:4:5:6:7:8'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000', '1:2:3:4:5:6:7:0'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001', 'fe80:0:0:0:0:0:0:1'],
  ['::ffff:10.0.0.7', '0a000007', '10.0.0.7'],
  ['64:ff9b::10.0.0.7', '0064ff9b00000000000000000a000007', '64:ff9b:0:0:0:0:a00:7'],
]

for (const [text, hex, asJava] of addresses) {
  test(`${text} in bytes and back`, () => {
    const bytes = addressBytes(text)
    assert.equal(bytes?.toString('hex'), hex)
    assert.equal(addressText(Buffer.from(hex, 'hex')), asJava)
  })
}

test('what is no address', () => {
  const texts = [
    '',
    'host',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    ':',
    '1:2',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '::12345',
    '::g',
  ]
  for (const text of [...texts, '1:2:3:4:5:6:7:8::', '::1.2.3', '1:2:3:4:5:6:7:1.2.3.4']) {
    assert.equal(addressBytes(text), undefined, text)
  }
  for (const size of [0, 3, 5, 15, 17]) assert.throws(() => addressText(new Uint8Array(size)), MalformedError)
})

test('IPv4 in IPv6 is IPv4', () => {
  assert.equal(addressText(Buffer.from('00000000000000000000ffff0a000007', 'hex')), '10.0.0.7')
})
