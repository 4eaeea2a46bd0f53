/** SaslHandshake (17), versions 0 and 1, on a listener without SASL: there is nothing to shake hands for. */
import {
  ErrorCode,
  type SaslHandshakeRequest,
  type SaslHandshakeResponse,
  saslHandshake,
} from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export const saslHandshakeHandler: Handler<SaslHandshakeRequest, SaslHandshakeResponse> = {
  api: saslHandshake,
  handle: () => saslHandshake.response.create({ errorCode: ErrorCode.ILLEGAL_SASL_STATE }),
}
