/** Java's form of an address, as groups keep it of their members; IPv4 in IPv6 is IPv4. */
export const hostText = (address: string): string => `/${address.replace(/^::ffff:(?=\d+\.)/, '')}`
