/** Remembers what was heard last. What was acted on before a restart is known to the store. */
export function heardBefore(most = 2000): (id: string) => boolean {
  const known = new Set<string>()
  return (id) => {
    if (known.has(id)) return true
    known.add(id)
    const [oldest] = known
    if (known.size > most && oldest !== undefined) known.delete(oldest)
    return false
  }
}
