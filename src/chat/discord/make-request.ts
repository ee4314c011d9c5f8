import type { RESTOptions } from 'discord.js'

/**
 * Requests to Discord by Node's own fetch, with the FormData it came with. The way of discord.js, an undici of its own,
 * shares its dispatcher with each other undici in the process; the one that was loaded first then meets a FormData
 * that it does not know, and no file can be sent. Throws what went wrong below fetch, not that fetch failed.
 */
export const makeRequest: RESTOptions['makeRequest'] = async (url, init) => {
  // The same in both, but for the types of two versions.
  const same: object = init
  try {
    return await fetch(url, same)
  } catch (error) {
    throw typeof error === 'object' && error !== null && 'cause' in error ? error.cause : error
  }
}
