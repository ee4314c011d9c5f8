import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError } from '@slack/web-api'
import { DeliveryError } from '../delivery.js'

/** What will not get better by trying again: the message is gone, or Slack does not take what is in it. */
const HOPELESS = new Set(['msg_too_long', 'invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long'])

/** The message is there, and not ours to edit any more. */
const FIXED = new Set(['cant_update_message', 'edit_window_closed'])

/** There is no such thread any more. */
export const NO_THREAD = new Set(['thread_not_found', 'cannot_reply_to_message'])

/** Refusals of a token: nothing works until somebody gives another one. */
export const TOKEN_REFUSED = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
])

/** What people or Slack may mend: a token, a channel, rights, too much at once, trouble of Slack's own. */
const MENDABLE = new Set([
  ...TOKEN_REFUSED,
  ...[
    'channel_not_found',
    'not_in_channel',
    'is_archived',
    'missing_scope',
    'no_permission',
    'access_denied',
  ],
  ...[
    'messages_tab_disabled',
    'restricted_action',
    'restricted_action_read_only_channel',
    'restricted_action_thread_only_channel',
  ],
  ...['ekm_access_denied', 'team_access_not_granted', 'enterprise_is_restricted', 'org_login_required'],
  ...['ratelimited', 'rate_limited', 'message_limit_exceeded', 'accesslimited'],
  ...['fatal_error', 'internal_error', 'service_unavailable', 'request_timeout', 'team_added_to_org'],
])

/** What Slack says, as Slack calls it: `channel_not_found`; null where it said nothing. */
export function slackCode(error: unknown): string | null {
  return error instanceof WebAPIPlatformError ? error.data.error : null
}

/** A failed call as delivery knows it. */
export function deliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  if (error instanceof WebAPIRateLimitedError)
    return new DeliveryError('Slack asks to wait (429)', {
      retryAfter: error.retryAfter * 1000,
      cause: error,
    })
  const code = slackCode(error)
  if (code !== null)
    return new DeliveryError(`Slack refused it: ${code}`, {
      hopeless: HOPELESS.has(code) || code === 'message_not_found',
      gone: code === 'message_not_found',
      fixed: FIXED.has(code),
      refused: !MENDABLE.has(code),
      cause: error,
    })
  if (error instanceof WebAPIHTTPError)
    return new DeliveryError(`Slack answered ${error.statusCode}`, {
      refused: error.statusCode >= 400 && error.statusCode < 500 && ![408, 429].includes(error.statusCode),
      cause: error,
    })
  const message = error instanceof Error ? error.message : String(error)
  return new DeliveryError(`Slack cannot be reached: ${message}`, { cause: error })
}
