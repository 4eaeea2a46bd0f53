import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { uuidFromString } from '../base/index.ts'
import { parseInitialVoters, storedHost } from './initial-voters.ts'

const id = 'VoEPiV_bS93gjjoJDBD-DA'
const directoryId = uuidFromString(id)

describe('the text of --initial-controllers', () => {
  it('names voters, by their ids', () => {
    assert.deepEqual(parseInitialVoters(` 20@b:+1:${id}==,,+3@[::1]:0:${id}, 1@:65535:${id} ,`), [
      { nodeId: 1, directoryId, host: 'localhost', port: 65_535 },
      { nodeId: 3, directoryId, host: '0:0:0:0:0:0:0:1', port: 0 },
      { nodeId: 20, directoryId, host: 'b', port: 1 },
    ])
  })

  const refused: readonly (readonly [text: string, message: string])[] = [
    ['', 'No voters given.'],
    [' ,, ', 'No voters given.'],
    ['1', 'No @ found in dynamic voter string.'],
    ['@a:1:x', 'Invalid @ at beginning of dynamic voter string.'],
    ['x@a:1:x', 'Failed to parse node id in dynamic voter string.'],
    ['2147483648@a:1:x', 'Failed to parse node id in dynamic voter string.'],
    ['-1@a:1:x', 'Invalid negative node id -1 in dynamic voter string.'],
    ['1@', 'No hostname found after node id.'],
    ['1@[::1', 'Hostname began with left bracket, but no right bracket was found.'],
    ['1@a', 'No colon following hostname could be found.'],
    ['1@[::1]1:x', 'Port section must start with a colon.'],
    ['1@a:1', 'No colon following port could be found.'],
    ['1@a:x:y', 'Failed to parse port in dynamic voter string.'],
    ['1@a:99999999999:y', 'Failed to parse port in dynamic voter string.'],
    ['1@a:-1:y', 'Invalid port -1 in dynamic voter string.'],
    ['1@a:65536:y', 'Invalid port 65536 in dynamic voter string.'],
    ['1@a:1:', 'Failed to parse directory ID in dynamic voter string.'],
    [`1@a:1:${id}=`, 'Failed to parse directory ID in dynamic voter string.'],
    [`1@a:1:${id.replace('-', '+')}`, 'Failed to parse directory ID in dynamic voter string.'],
    [`1@a:1:${id},1@b:1:${id}`, 'Node id 1 was specified more than once.'],
  ]
  for (const [text, message] of refused) {
    it(`is refused where it is '${text}'`, () => {
      assert.throws(() => parseInitialVoters(text), { name: 'StorageError', message })
    })
  }
})

describe('a host of a voter', () => {
  it('is stored as Java prints an address', () => {
    const hosts: readonly (readonly [given: string, stored: string])[] = [
      ['', 'localhost'],
      ['Broker-1.example', 'Broker-1.example'],
      ['127.0.0.1', '127.0.0.1'],
      ['::', '0:0:0:0:0:0:0:0'],
      ['2001:DB8::0007', '2001:db8:0:0:0:0:0:7'],
      ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
      ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
      ['::ffff:1.2.3.4', '1.2.3.4'],
      ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1%eth0'],
      ['a:b', 'a:b'],
      ['1::2::3', '1::2::3'],
      ['1:2:3:4:5:6::8', '1:2:3:4:5:6:0:8'],
      ['1.2.3.4::', '1.2.3.4::'],
      ['::1.2.3.256', '::1.2.3.256'],
      ['1:2:3:4:5:6:7:8::', '1:2:3:4:5:6:7:8::'],
    ]
    for (const [given, stored] of hosts) assert.equal(storedHost(given), stored)
  })
})
