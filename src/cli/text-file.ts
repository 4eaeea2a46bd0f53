/** Texts that the command line reads whole: schemas, certificates, the index of an export. */
import { open } from 'node:fs/promises'
import { DiskError } from '../base/index.ts'

/** A schema has at most a million characters. */
const sizeMaxDefault = 8 * 1024 * 1024

/** Rejects with DiskError: it is not there, too large, or not in UTF-8. */
export const readText = async (path: string, bytesMax = sizeMaxDefault): Promise<string> =>
  await textOf(await chunksOf(path), path, bytesMax)

/** As `readText`; `-` is the standard input. */
export const readTextOrInput = async (path: string): Promise<string> =>
  path === '-' ? await textOf(process.stdin, 'the standard input', sizeMaxDefault) : await readText(path)

/** `what` is what it is called. */
async function textOf(chunks: AsyncIterable<Uint8Array | string>, what: string, bytesMax: number): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of chunks) {
      const part = Buffer.from(chunk)
      size += part.length
      if (size > bytesMax) throw new DiskError('EFBIG', what, `${what} has more than ${bytesMax} bytes`)
      parts.push(part)
    }
  } catch (error) {
    throw asDiskError(error, what)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))
  } catch {
    throw new DiskError('EILSEQ', what, `${what} is no text in UTF-8`)
  }
}

async function chunksOf(path: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    const file = await open(path)
    return file.createReadStream()
  } catch (error) {
    throw asDiskError(error, path)
  }
}

/** What Node says of a file, which is in words already. */
export function asDiskError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof DiskError || !('code' in error)) return error
  return new DiskError(String(error.code), path, error.code === 'ENOENT' ? `no such file: ${path}` : error.message)
}
