/** Regular files of a tar archive by name. */
export function untar(archive: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const field = (from: number, size: number) =>
      archive.toString('latin1', at + from, at + from + size).split('\0')[0] ?? ''
    const size = Number.parseInt(field(124, 12), 8)
    if (field(156, 1) === '0') files.set(field(0, 100), archive.subarray(at + 512, at + 512 + size))
    at += 512 + Math.ceil(size / 512) * 512
  }
  return files
}
