/** What commands print for people. */

/** A column is as wide as its widest cell; the last one goes on. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows
    .map((row) => `${row.map((cell, i) => (i + 1 < row.length ? cell.padEnd(widths[i] ?? 0) : cell)).join('  ')}\n`)
    .join('')
}

/** Whatever a peer has put into a name, the terminal sees text alone. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, '?')
