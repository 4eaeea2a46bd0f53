/** How a connection is encrypted, in the words of Node's `tls.connect`; and what is said where the two sides do not agree. */

/** In PEM, or as bytes; one or several. */
export type TlsMaterial = string | Uint8Array | readonly (string | Uint8Array)[]

export interface TlsOptions {
  /** Whom to believe; instead of the authorities that Node knows (`ssl.truststore.*`). */
  readonly ca?: TlsMaterial
  /** Who we are, where the server asks for that (`ssl.client.auth`): the certificate with its chain, and its key. */
  readonly cert?: TlsMaterial
  readonly key?: TlsMaterial
  /** Both in one, as PKCS#12 (`ssl.keystore.*`). */
  readonly pfx?: string | Uint8Array
  /** Of the key, or of `pfx`. */
  readonly passphrase?: string
  /** Certificates that are no longer good, in PEM. */
  readonly crl?: TlsMaterial
  /** The name that is asked for and that the certificate has to have. Default: the host that is connected to. */
  readonly servername?: string
  /** False: any certificate is taken, also a forged one. Default true. */
  readonly rejectUnauthorized?: boolean
  /** `ssl.endpoint.identification.algorithm`; empty: the certificate may be of another host. Default `https`. */
  readonly endpointIdentificationAlgorithm?: 'https' | ''
  /** As OpenSSL names them. */
  readonly ciphers?: string
  /** Defaults: those of Node, TLS 1.2 and 1.3. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** The two sides do not agree, or do not believe each other: the next attempt will end in the same way. */
export class TlsError extends Error {
  override readonly name = 'TlsError'
}
