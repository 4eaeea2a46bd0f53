import assert from 'node:assert/strict'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { describe, it } from 'node:test'
import { createEnv, MemoryDisk } from '../env/index.ts'
import { writeWholeFile } from '../log/index.ts'
import { bootstrapRecords, type MetadataRecord } from '../metadata/index.ts'
import {
  decodeBootstrapCheckpoint,
  encodeBootstrapCheckpoint,
  readBootstrapCheckpoint,
} from './bootstrap-checkpoint.ts'
import { bootstrapFeatureLevels, featureRecords } from './bootstrap-features.ts'
import { type ScramFunctions, scramRecord } from './bootstrap-scram.ts'
import { StorageError } from './meta-properties.ts'

/** Written by kafka-storage 4.3.1 with no flags. */
const plain = Buffer.from(
  [
    'AAAAAAAAAAAAAABHAAAAAAKaviekACAAAAAAAAABogm1AD4AAAGiCbUAPv//////////////////AAAAASoAAAAIAAAAAxYAAAAAAAAAAAAAAA',
    'AAAAAAAAAAAQAAAPEAAAAAAkAoX4AAAAAAAAUAAAGiCbUATwAAAaIJtQBP//////////////////8AAAAGOgAAAAEuAQwAEW1ldGFkYXRhLnZl',
    'cnNpb24AHgAAWgAAAgFOAQwAIWVsaWdpYmxlLmxlYWRlci5yZXBsaWNhcy52ZXJzaW9uAAEAADQAAAQBKAEMAA5ncm91cC52ZXJzaW9uAAEAAD',
    'QAAAYBKAEMAA5zaGFyZS52ZXJzaW9uAAEAADgAAAgBLAEMABBzdHJlYW1zLnZlcnNpb24AAQAAQAAACgE0AQwAFHRyYW5zYWN0aW9uLnZlcnNp',
    'b24AAgAAAAAAAAAAAAcAAAA/AAAAAAJplo2MACAAAAAAAAABogm1AE8AAAGiCbUAT///////////////////AAAAARoAAAAIAAAABAYAAAAA',
  ].join(''),
  'base64',
)
/** The same with `--release-version 4.0` and the two credentials below. */
const withUsers = Buffer.from(
  [
    'AAAAAAAAAAAAAABHAAAAAAJNWDPDACAAAAAAAAABohIaSMUAAAGiEhpIxf//////////////////AAAAASoAAAAIAAAAAxYAAAAAAAAAAAAAAA',
    'AAAAAAAAAAAQAAAY8AAAAAAhMGzlAAAAAAAAQAAAGiEhpI2QAAAaISGkjZ//////////////////8AAAAFOgAAAAEuAQwAEW1ldGFkYXRhLnZl',
    'cnNpb24AGQAANAAAAgEoAQwADmdyb3VwLnZlcnNpb24AAQAAQAAABAE0AQwAFHRyYW5zYWN0aW9uLnZlcnNpb24AAgAAzgEAAAYBwAEBCwAGYW',
    'xpY2UBDzFsdjRwZDZ5OGFjbjRnISw8xcliMN0QW0ZQ4DjThMij40KSZn5XjN3zExG90bAxITTwilazjvTd5bZ480J1OcG0tCnPk/YIdjQbTG29',
    'bnfuAAAQAAAAsgIAAAgBpAIBCwAEYm9iAgM3cUFxdqNJ+R6y4R2Z6VcwgTUW8vZFc9/CWuYYrKrpqL/WbLoadAGQAtOIN+PxvKyIABWzKyN3Xn',
    'GlbawSJqmks7G9QUxhfA7d7lrGWF8vv1AbfOlbRw1r8B8bVJwmPBihtUBuprhfSNPH2dzENHLqcEWdrmOiivSDWmR4uDsRwg8GDAcAACAAAAAA',
    'AAAAAAAABgAAAD8AAAAAAtfoFFEAIAAAAAAAAAGiEhpI2gAAAaISGkja//////////////////8AAAABGgAAAAgAAAAEBgAAAAA=',
  ].join(''),
  'base64',
)
const credentials = [
  'SCRAM-SHA-256=[name=alice,salt="MWx2NHBkNnk4YWNuNGc=",iterations=4096,password=alice-secret]',
  'SCRAM-SHA-512=[name=bob,iterations=8192,salt="N3E=",saltedpassword="YCE="]',
]

const functions: ScramFunctions = {
  pbkdf2: async (hash, { password, salt, iterations }) =>
    pbkdf2Sync(password, salt, iterations, hash === 'sha256' ? 32 : 64, hash),
  hmac: (hash, key, text) => createHmac(hash, key).update(text).digest(),
  digest: (hash, bytes) => createHash(hash).update(bytes).digest(),
}
const random = createEnv().random.stream('test')
const refusal = (message: string | RegExp) => ({ name: 'StorageError', message })

/** Without what depends on the time: timestamps and, of them, the checksums. */
function timeless(checkpoint: Uint8Array): string {
  const bytes = Buffer.from(checkpoint)
  for (let at = 0; at < bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
    bytes.fill(0, at + 17, at + 21)
    bytes.fill(0, at + 27, at + 43)
  }
  return bytes.toString('hex')
}

async function recordsWithUsers(): Promise<readonly MetadataRecord[]> {
  const records = [...featureRecords(bootstrapFeatureLevels({ releaseVersion: '4.0', levels: new Map() }))]
  for (const credential of credentials) records.push(await scramRecord(credential, { functions, random }))
  return records
}

describe('bootstrap.checkpoint', () => {
  it("is Kafka's, byte for byte", async () => {
    const records = featureRecords(bootstrapFeatureLevels({ levels: new Map() }))
    assert.deepEqual(records, bootstrapRecords())
    assert.equal(timeless(encodeBootstrapCheckpoint(records, 1)), timeless(plain))
    assert.equal(timeless(encodeBootstrapCheckpoint(await recordsWithUsers(), 1)), timeless(withUsers))
  })

  it('is read as Kafka wrote it', async () => {
    assert.deepEqual(decodeBootstrapCheckpoint(plain, 'x'), bootstrapRecords())
    assert.deepEqual(decodeBootstrapCheckpoint(withUsers, 'x'), await recordsWithUsers())
  })

  it('is refused when any bit that a checksum covers is wrong, or any byte is missing', () => {
    for (let size = 0; size < plain.length; size++) {
      const cut = plain.subarray(0, size)
      // Cut between two batches: without the last one Kafka reads it too, without the records there is no metadata.version.
      if (size === 336) assert.deepEqual(decodeBootstrapCheckpoint(cut, 'x'), bootstrapRecords())
      else assert.throws(() => decodeBootstrapCheckpoint(cut, 'x'), StorageError, `cut at ${size}`)
    }
    for (let at = 0; at < plain.length; at++) {
      const damaged = Buffer.from(plain)
      damaged[at] = (damaged[at] ?? 0) ^ 0x10
      try {
        assert.deepEqual(decodeBootstrapCheckpoint(damaged, 'x'), bootstrapRecords(), `at ${at}`)
      } catch (error) {
        assert.ok(error instanceof StorageError, String(error))
      }
    }
  })

  it('may be missing: then only metadata.version has a level; but a file without it is refused', async () => {
    const disk = new MemoryDisk()
    assert.deepEqual(await readBootstrapCheckpoint(disk, '/a/b'), bootstrapRecords().slice(0, 1))
    await disk.makeDirectory('/a')
    await writeWholeFile(disk, '/a/b', { bytes: plain, sync: false })
    assert.deepEqual(await readBootstrapCheckpoint(disk, '/a/b'), bootstrapRecords())
    const bytes = encodeBootstrapCheckpoint(bootstrapRecords().slice(1), 1)
    await writeWholeFile(disk, '/a/b', { bytes, sync: false })
    await assert.rejects(
      readBootstrapCheckpoint(disk, '/a/b'),
      refusal(/^No FeatureLevelRecord for metadata.version .*\/a\/b$/),
    )
  })
})

describe('SCRAM credentials', () => {
  const refused: readonly (readonly [text: string, message: string])[] = [
    ['secret', 'Failed to find equals sign in SCRAM argument'],
    ['SCRAM-SHA-1=[name=a,password=b]', 'The add-scram mechanism SCRAM-SHA-1 is not supported.'],
    ['SCRAM-SHA-256=name=a', 'Expected configuration string to start with ['],
    ['SCRAM-SHA-256=[name=a', 'Expected configuration string to end with ]'],
    ['SCRAM-SHA-256=[name]', 'No equals sign found in a SCRAM component'],
    ['SCRAM-SHA-256=[ name=a,password=b]', "You must supply 'name' to add-scram"],
    ['SCRAM-SHA-256=[name=a]', "You must supply one of 'password' or 'saltedpassword' to add-scram"],
    ['SCRAM-SHA-256=[name=a,password=]', "The 'password' of add-scram must not be empty"],
    ['SCRAM-SHA-256=[name=a,saltedpassword=YQ==]', "You must supply 'salt' with 'saltedpassword' to add-scram"],
    ['SCRAM-SHA-256=[name=a,salt=YQ==,saltedpassword=!]', 'Failed to decode given saltedPassword'],
    ['SCRAM-SHA-256=[name=a,password=b,salt=YQ=]', 'Failed to decode given salt'],
    ['SCRAM-SHA-256=[name=a,password=b,iterations=1x]', 'Failed to parse iterations count: 1x'],
    [
      'SCRAM-SHA-256=[name=a,password=b,iterations=4095]',
      "The 'iterations' value must be >= 4096 for add-scram using SCRAM_SHA_256",
    ],
    [
      'SCRAM-SHA-512=[name=a,password=b,iterations=16385]',
      "The 'iterations' value must be <= 16384 for add-scram using SCRAM_SHA_512",
    ],
    ['SCRAM-SHA-256=[name=a,password=b,foo=c]', 'Unknown SCRAM configurations: foo'],
  ]

  for (const [text, message] of refused) {
    it(`refuses ${text}`, async () => {
      await assert.rejects(scramRecord(text, { functions, random }), refusal(message))
    })
  }

  it('have a salt of their own unless one is given', async () => {
    const text = 'SCRAM-SHA-512=[name=alice,password=a=b]'
    const salts = new Set<string>()
    for (let i = 0; i < 3; i++) {
      const record = await scramRecord(text, { functions, random })
      assert.ok(record.kind === 'userScramCredential')
      assert.equal(record.value.salt.length, 20)
      assert.equal(record.value.iterations, 4096)
      assert.equal(record.value.storedKey.length, 64)
      salts.add(Buffer.from(record.value.salt).toString('hex'))
    }
    assert.equal(salts.size, 3)
  })
})
