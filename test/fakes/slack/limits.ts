// What Slack refuses in blocks and views. Usable without the rest of the fake.

import { isObj, type Obj, objs, str } from './json.js'
import { checkElement, checkGroups, checkImage, checkOptions, ELEMENTS } from './limits-elements.js'
import {
  type Check,
  checkFields,
  checkId,
  checkItems,
  checkOptionalText,
  checkString,
  checkText,
  LIMITS,
  type Problem,
  problem,
  type Surface,
} from './limits-text.js'

function newCheck(surface: Surface): Check {
  return { surface, problems: [], actionIds: new Set(), blockIds: new Set(), focused: 0 }
}

type BlockCheck = (check: Check, at: string, block: Obj) => undefined

const BLOCKS: Readonly<Record<string, { readonly fields: readonly string[]; readonly run: BlockCheck }>> = {
  section: { fields: ['text', 'fields', 'accessory', 'expand'], run: checkSection },
  header: {
    fields: ['text', 'level'],
    run: (check, at, block) => checkText(check, `${at}/text`, block.text, LIMITS.header),
  },
  divider: { fields: [], run: () => undefined },
  context: { fields: ['elements'], run: checkContext },
  actions: { fields: ['elements'], run: checkActions },
  input: { fields: ['label', 'element', 'hint', 'optional', 'dispatch_action'], run: checkInput },
  image: {
    fields: ['image_url', 'slack_file', 'alt_text', 'title'],
    run: (check, at, block) => {
      checkImage(check, at, block)
      checkOptionalText(check, `${at}/title`, block.title, LIMITS.image.title)
    },
  },
  markdown: {
    fields: ['text'],
    run: (check, at, block) => {
      if (check.surface !== 'message') problem(check, `${at}/type`, 'unsupported type: markdown')
      checkString(check, `${at}/text`, block.text, LIMITS.markdown)
    },
  },
  rich_text: {
    fields: ['elements'],
    run: (check, at, block) => {
      checkItems(check, `${at}/elements`, block.elements, 1_000)
      return undefined
    },
  },
  table: { fields: ['rows', 'column_settings'], run: checkTable },
}

/**
 * Everything Slack would refuse in the blocks of a message, modal or Home tab.
 * Pointers start at `/blocks`. An empty list means: accepted.
 */
export function checkBlocks(blocks: unknown, surface: Surface = 'message'): readonly Problem[] {
  const check = newCheck(surface)
  checkAllBlocks(check, blocks)
  return check.problems
}

function checkAllBlocks(check: Check, blocks: unknown): undefined {
  const least = check.surface === 'message' ? 0 : 1
  const items = checkItems(check, '/blocks', blocks, LIMITS.blocks[check.surface], least)
  for (const [i, block] of items.entries()) {
    const at = `/blocks/${i}`
    if (!isObj(block)) {
      problem(check, at, 'must be a block object')
      continue
    }
    const known = BLOCKS[String(block.type)]
    if (known === undefined) {
      problem(check, `${at}/type`, `unsupported type: ${String(block.type)}`)
      continue
    }
    checkId(check, `${at}/block_id`, block.block_id, check.blockIds)
    checkFields(check, at, block, ['type', 'block_id', ...known.fields])
    known.run(check, at, block)
  }
  if (objs(blocks).filter((block) => block.type === 'table').length > 1) {
    problem(check, '/blocks', 'only one table allowed')
  }
}

function checkSection(check: Check, at: string, block: Obj): undefined {
  if (block.text === undefined && block.fields === undefined) {
    problem(check, `${at}/text`, 'missing required field')
  }
  if (block.text !== undefined) checkText(check, `${at}/text`, block.text, LIMITS.section.text, 'any')
  if (block.fields !== undefined) {
    const fields = checkItems(check, `${at}/fields`, block.fields, LIMITS.section.fields)
    for (const [i, field] of fields.entries()) {
      checkText(check, `${at}/fields/${i}`, field, LIMITS.section.field, 'any')
    }
  }
  if (block.accessory !== undefined) {
    checkElement(check, `${at}/accessory`, block.accessory, ELEMENTS.accessory)
  }
}

function checkContext(check: Check, at: string, block: Obj): undefined {
  const items = checkItems(check, `${at}/elements`, block.elements, LIMITS.contextElements)
  for (const [i, element] of items.entries()) {
    if (isObj(element) && element.type === 'image') checkImage(check, `${at}/elements/${i}`, element)
    else checkText(check, `${at}/elements/${i}`, element, LIMITS.textObject, 'any')
  }
}

function checkActions(check: Check, at: string, block: Obj): undefined {
  const items = checkItems(check, `${at}/elements`, block.elements, LIMITS.actionsElements)
  for (const [i, element] of items.entries()) {
    checkElement(check, `${at}/elements/${i}`, element, ELEMENTS.actions)
  }
}

function checkInput(check: Check, at: string, block: Obj): undefined {
  checkText(check, `${at}/label`, block.label, LIMITS.input.label)
  checkOptionalText(check, `${at}/hint`, block.hint, LIMITS.input.hint)
  checkElement(check, `${at}/element`, block.element, ELEMENTS.input)
}

function checkTable(check: Check, at: string, block: Obj): undefined {
  const rows = checkItems(check, `${at}/rows`, block.rows, LIMITS.table.rows)
  for (const [i, row] of rows.entries()) {
    const cells = checkItems(check, `${at}/rows/${i}`, row, LIMITS.table.cells)
    for (const [j, cell] of cells.entries()) {
      const type = isObj(cell) ? String(cell.type) : 'none'
      const where = `${at}/rows/${i}/${j}`
      if (!['raw_text', 'raw_number', 'rich_text'].includes(type)) {
        problem(check, `${where}/type`, `unsupported type: ${type}`)
      }
    }
  }
}

/** Everything Slack would refuse in a view (modal or Home tab). */
export function checkView(view: unknown): readonly Problem[] {
  if (!isObj(view)) return [{ pointer: '/view', message: 'must be a view object' }]
  if (view.type !== 'modal' && view.type !== 'home') {
    return [{ pointer: '/type', message: `unsupported type: ${String(view.type)}` }]
  }
  const check = newCheck(view.type)
  checkAllBlocks(check, view.blocks)
  checkFields(check, '', view, VIEW_FIELDS)
  checkString(check, '/private_metadata', view.private_metadata, LIMITS.view.privateMetadata, true)
  checkString(check, '/callback_id', view.callback_id, LIMITS.id, true)
  checkString(check, '/external_id', view.external_id, LIMITS.id, true)
  if (view.type === 'modal') checkModal(check, view)
  return check.problems
}

const VIEW_FIELDS = [
  ...['type', 'blocks', 'private_metadata', 'callback_id', 'external_id'],
  ...['title', 'submit', 'close', 'clear_on_close', 'notify_on_close', 'submit_disabled'],
]

function checkModal(check: Check, view: Obj): undefined {
  checkText(check, '/title', view.title, LIMITS.view.title)
  checkOptionalText(check, '/submit', view.submit, LIMITS.view.submit)
  checkOptionalText(check, '/close', view.close, LIMITS.view.close)
  const asks = objs(view.blocks).some((block) => block.type === 'input')
  if (asks && view.submit === undefined) problem(check, '/submit', 'missing required field')
}

/** What Slack would refuse in an answer to a suggestion request: `options` or `option_groups`. */
export function checkSuggestions(payload: unknown): readonly Problem[] {
  const check = newCheck('modal')
  if (!isObj(payload)) return [{ pointer: '', message: 'must be an object with options' }]
  if (payload.option_groups !== undefined) checkGroups(check, '/option_groups', payload.option_groups, 0)
  else checkOptions(check, '/options', payload.options, LIMITS.select, 'plain', 0)
  return check.problems
}

const SHOWN = new Set(['text', 'alt_text', 'title', 'label', 'hint', 'description', 'placeholder'])

/** Characters shown by the blocks, all together: what the undocumented 12,000 limit counts. */
export function shownChars(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + shownChars(item), 0)
  if (!isObj(value)) return 0
  return Object.entries(value).reduce((sum, [key, inner]) => {
    const own = typeof inner === 'string' && SHOWN.has(key) ? inner.length : 0
    return sum + own + shownChars(inner)
  }, 0)
}

/** A problem in the form of `response_metadata.messages`. */
export function problemText(found: Problem): string {
  return `[ERROR] ${found.message} [json-pointer:${found.pointer}]`
}

/** True when a view is larger than Slack takes (`view_too_large`). */
export function viewTooLarge(view: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(view) ?? str(view) ?? '') > LIMITS.view.bytes
}
