/**
 * Lets work begin one by one, each after everything that has arrived meanwhile was looked at: what is only to be
 * acknowledged does not wait behind what takes long.
 */
export function pace(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return () => {
    last = last.then(() => new Promise((done) => setImmediate(done)))
    return last
  }
}
