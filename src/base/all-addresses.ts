/** A name by which a socket listens at all addresses of the machine, and by which nobody is to connect. */
export const isAllAddresses = (host: string): boolean => ['', '0.0.0.0', '::', '[::]'].includes(host)
