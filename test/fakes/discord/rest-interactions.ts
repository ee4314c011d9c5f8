// Answers to interactions: the token in the path is all the proof they need.

import { callbackRoute } from './callback.js'
import { param, type Route } from './route.js'
import { deleteAnswer, editAnswer, followUp, getAnswer } from './webhooks.js'

const callback: Route = (ask) =>
  callbackRoute(ask.state, param(ask, 'id'), param(ask, 'token'), {
    body: ask.raw,
    files: ask.files,
    via: 'rest',
    withResponse: ask.query.with_response === 'true',
  })

const post: Route = (ask) => followUp(ask.state, param(ask, 'app'), param(ask, 'token'), ask)
const get: Route = (ask) =>
  getAnswer(ask.state, param(ask, 'app'), param(ask, 'token'), param(ask, 'message'))
const edit: Route = (ask) =>
  editAnswer(ask.state, param(ask, 'app'), param(ask, 'token'), param(ask, 'message'), ask)
const remove: Route = (ask) =>
  deleteAnswer(ask.state, param(ask, 'app'), param(ask, 'token'), param(ask, 'message'))

export const INTERACTIONS = {
  'POST /interactions/:id/:token/callback': callback,
  'POST /webhooks/:app/:token': post,
  'GET /webhooks/:app/:token/messages/:message': get,
  'PATCH /webhooks/:app/:token/messages/:message': edit,
  'DELETE /webhooks/:app/:token/messages/:message': remove,
} as const
