// The page of what comes of every verb, made of the table that test/unit/operations/table.test.ts holds the program to.

const KINDS = [
  ['qemu', 'VM'],
  ['lxc', 'container'],
]

/** The cells of one verb as a Markdown table: a row per condition, a column per kind of guest. */
function verbTable(verb, cells) {
  const conditions = [...new Set(cells.map(({ condition }) => condition))]
  const rows = conditions.map((condition) => {
    const columns = KINDS.map(([kind]) => {
      const cell = cells.find(
        (each) => each.verb === verb && each.kind === kind && each.condition === condition,
      )
      return cellText(cell)
    })
    return `| ${condition} | ${columns.join(' | ')} |`
  })
  return [`| condition | ${KINDS.map(([, name]) => name).join(' | ')} |`, '|---|---|---|', ...rows].join('\n')
}

function cellText({ outcome, code, sentence }) {
  const text = sentence.replaceAll('|', '\\|')
  if (outcome === 'impossible') return `– *${text}*`
  const codes = code === '' || code === outcome ? '' : ` \`${code}\``
  return `**${outcome}**${codes}: ${text}`
}

/** docs/operations.md. */
export function operationsMarkdown(cells) {
  const verbs = [...new Set(cells.map(({ verb }) => verb))]
  return `# What comes of an operation

Made from the table that the tests hold the program to (\`test/golden/operations.json\`); run \`npm run docs\` after it changed.

**refused** means that no operation came about and nothing was sent; **already** that nothing had to be. The others are ends of
an operation: **verified** (the task ended well and the guest was read to be where it should), **unverified** (no failure, but
the guest was not seen there), **failed**, **stale** (what was decided on had changed; nothing was sent). In every cell at most one
call reaches Proxmox VE. \`596\` is what Proxmox VE's proxy answers when it waited too long; the call may have been carried out all
the same, and which of the two it was is found out by reading.

${verbs.map((verb) => `## ${verb}\n\n${verbTable(verb, cells)}`).join('\n\n')}
`
}
