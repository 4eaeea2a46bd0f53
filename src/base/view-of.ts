/** A DataView of bytes. Several stations of a request look at the same bytes: they share one, as making it takes longer than reading a header. */

/** What is larger is not kept from being freed; and there a view costs nothing beside what it shows. */
const keptBytesMax = 1024 * 1024

let lastBytes: Uint8Array | undefined
let lastView: DataView | undefined

export function viewOf(bytes: Uint8Array): DataView {
  if (bytes === lastBytes && lastView !== undefined) return lastView
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.buffer.byteLength <= keptBytesMax) {
    lastBytes = bytes
    lastView = view
  }
  return view
}
