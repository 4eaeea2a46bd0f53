/** Java's form of an address, as groups keep it of their members; IPv4 in IPv6 is IPv4. */
export function hostText(address: string): string {
  // Heartbeats ask for the same one over and over.
  if (address !== last.address) last = { address, text: `/${address.replace(/^::ffff:(?=\d+\.)/, '')}` }
  return last.text
}

let last = { address: '', text: '/' }
