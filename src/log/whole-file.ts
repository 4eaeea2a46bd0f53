/**
 * Small files as a whole: read into memory, written whole, or replaced so that a crash leaves the old or the new one
 * (temporary file, sync, rename, sync of the directory). Never on the produce or fetch path.
 */
import { type Disk, DiskError, type DiskFile } from '../base/index.ts'

/** The directory that holds `path`; that of the root's entries is the root. */
export const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

/** Undefined where the file is missing; DiskError where it is larger than `sizeMax`. */
export async function readWholeFile(disk: Disk, path: string, sizeMax: number): Promise<Buffer | undefined> {
  const file = await openIfThere(disk, path)
  if (file === undefined) return undefined
  try {
    if (file.size() > sizeMax)
      throw new DiskError('EFBIG', path, `${path} has ${file.size()} bytes, expected ${sizeMax} at most`)
    const bytes = Buffer.alloc(file.size())
    let done = 0
    while (done < bytes.length) {
      const size = await file.read(bytes, done, bytes.length, done)
      if (size === 0) break
      done += size
    }
    return bytes.subarray(0, done)
  } finally {
    await file.close()
  }
}

/** It may have gone since it was asked for. */
export async function openIfThere(disk: Disk, path: string): Promise<DiskFile | undefined> {
  try {
    return await disk.open(path, { mode: 'read' })
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Makes or empties the file and writes `bytes`; durable on return if `sync`. */
export async function writeWholeFile(
  disk: Disk,
  path: string,
  { bytes, sync }: { readonly bytes: Uint8Array; readonly sync: boolean },
): Promise<void> {
  const file = await disk.open(path, { mode: 'create' })
  try {
    await writeFully({ file, chunks: [bytes], position: 0 })
    if (sync) await file.sync()
  } finally {
    await file.close()
  }
}

export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`
  await writeWholeFile(disk, temporary, { bytes, sync: true })
  await disk.rename(temporary, path)
  await disk.syncDirectory(directoryOf(path))
}

interface Write {
  readonly file: { readonly path: string; write(chunks: readonly Uint8Array[], position: number): Promise<number> }
  readonly chunks: readonly Uint8Array[]
  readonly position: number
}

/** Writes all chunks, going on after a short write. */
export async function writeFully({ file, chunks, position }: Write): Promise<void> {
  let rest = chunks.filter((chunk) => chunk.length > 0)
  let at = position
  while (rest.length > 0) {
    const written = await file.write(rest, at)
    if (written <= 0) throw new DiskError('EIO', file.path, `${file.path} took no bytes`)
    at += written
    rest = behind(rest, written)
  }
}

function behind(chunks: readonly Uint8Array[], size: number): Uint8Array[] {
  const rest: Uint8Array[] = []
  let skip = size
  for (const chunk of chunks) {
    if (skip >= chunk.length) skip -= chunk.length
    else {
      rest.push(chunk.subarray(skip))
      skip = 0
    }
  }
  return rest
}
