/** The first thing that is said on a connection: ApiVersions, and once more where our newest version is not known there. */
import { type ApiVersionsResponse, apiVersions, ErrorCode } from '../protocol/index.ts'
import { PeerError } from './peer-error.ts'
import type { Sender } from './sender.ts'
import { ServedVersions } from './served-versions.ts'

/** Who asks, as servers log and count it (KIP-511). */
export interface ClientSoftware {
  readonly name: string
  readonly version: string
}

export async function negotiate(
  connection: Sender,
  { software, timeoutMs }: { readonly software: ClientSoftware; readonly timeoutMs: number },
): Promise<ServedVersions> {
  const request = apiVersions.request.create({
    clientSoftwareName: software.name,
    clientSoftwareVersion: software.version,
  })
  const ask = (version: number): Promise<ApiVersionsResponse> =>
    connection.send(apiVersions, request, { timeoutMs, versions: [version, version] })
  let reply = await ask(apiVersions.versions[1])
  if (reply.errorCode === ErrorCode.UNSUPPORTED_VERSION) reply = await ask(versionOf(reply))
  if (reply.errorCode !== ErrorCode.NONE) {
    const message = `ApiVersions is answered with error ${reply.errorCode}`
    throw new PeerError(message, { failure: 'protocol', wasSent: false })
  }
  return ServedVersions.from(reply)
}

/** Kafka before 2.4 does not say which version it has: the oldest is known to everybody. */
function versionOf({ apiKeys }: ApiVersionsResponse): number {
  const [min, max] = apiVersions.versions
  const told = apiKeys.find(({ apiKey }) => apiKey === apiVersions.key)
  return told === undefined ? min : Math.max(min, Math.min(max, told.maxVersion))
}
