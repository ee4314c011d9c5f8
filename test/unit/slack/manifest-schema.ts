/** Checks a value against a JSON schema, as far as Slack's manifest schema goes. Gives one line per violation. */

type Schema = Readonly<Record<string, unknown>>

const isTable = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const table = (value: unknown): Schema => (isTable(value) ? value : {})
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

/** Everything that the checker understands, or may pass over. Another keyword is an error of the checker. */
const KNOWN = new Set(
  [
    'type title description default format _note $schema definitions required properties additionalProperties',
    'patternProperties items enum pattern minLength maxLength minItems maxItems uniqueItems minProperties',
    'maxProperties anyOf $ref regex',
  ].flatMap((line) => line.split(' ')),
)

export function violations(root: unknown, value: unknown): readonly string[] {
  return check(table(root), table(root), value, '')
}

function check(root: Schema, schema: Schema, value: unknown, at: string): readonly string[] {
  const unknown = Object.keys(schema).filter((key) => !KNOWN.has(key))
  if (unknown.length > 0) throw new Error(`keywords that are not checked: ${unknown.join(', ')} at ${at}`)
  const { $ref } = schema
  if (typeof $ref === 'string') {
    const target = table(root.definitions)[$ref.replace('#/definitions/', '')]
    if (!isTable(target)) throw new Error(`no definition ${$ref}`)
    return check(root, target, value, at)
  }
  const wrong = (what: string) => [`${at === '' ? '/' : at}: ${what}`]
  if (Array.isArray(schema.anyOf)) {
    const tries = schema.anyOf.map((each) => check(root, table(each), value, at))
    if (!tries.some((found) => found.length === 0)) return wrong('fits none of anyOf')
  }
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return wrong('is not in the enum')
  if (typeof schema.type === 'string' && !isOfType(schema.type, value)) return wrong(`is no ${schema.type}`)
  if (typeof value === 'string') return ofString(schema, value).flatMap(wrong)
  if (Array.isArray(value))
    return [...ofList(schema, value).flatMap(wrong), ...items(root, schema, value, at)]
  if (isTable(value)) return ofTable(root, schema, value, at)
  return []
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'object':
      return isTable(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'string':
    case 'boolean':
    case 'number':
      return typeof value === type
    default:
      throw new Error(`type ${type} is not checked`)
  }
}

const more = (limit: unknown, size: number) => typeof limit === 'number' && size > limit
const fewer = (limit: unknown, size: number) => typeof limit === 'number' && size < limit

function ofString(schema: Schema, value: string): readonly string[] {
  return [
    ...(more(schema.maxLength, value.length) ? [`is longer than ${schema.maxLength}`] : []),
    ...(fewer(schema.minLength, value.length) ? [`is shorter than ${schema.minLength}`] : []),
    ...(typeof schema.pattern === 'string' && !new RegExp(schema.pattern).test(value)
      ? [`does not match ${schema.pattern}`]
      : []),
  ]
}

function ofList(schema: Schema, value: readonly unknown[]): readonly string[] {
  return [
    ...(more(schema.maxItems, value.length) ? [`has more than ${schema.maxItems} items`] : []),
    ...(fewer(schema.minItems, value.length) ? [`has fewer than ${schema.minItems} items`] : []),
    ...(schema.uniqueItems === true && new Set(value.map((each) => JSON.stringify(each))).size < value.length
      ? ['has an item twice']
      : []),
  ]
}

function items(root: Schema, schema: Schema, value: readonly unknown[], at: string): readonly string[] {
  const each = schema.items
  return isTable(each) ? value.flatMap((item, index) => check(root, each, item, `${at}/${index}`)) : []
}

function ofTable(root: Schema, schema: Schema, value: Schema, at: string): readonly string[] {
  const properties = table(schema.properties)
  const patterns = Object.entries(table(schema.patternProperties))
  const size = Object.keys(value).length
  const inside = Object.entries(value).flatMap(([key, entry]) => {
    const path = `${at}/${key}`
    const fitting = patterns
      .filter(([pattern]) => new RegExp(pattern).test(key))
      .map(([, each]) => table(each))
    const own = Object.hasOwn(properties, key) ? [table(properties[key])] : []
    const schemas = [...own, ...fitting]
    if (schemas.length === 0 && schema.additionalProperties === false) return [`${path}: is not known`]
    if (schemas.length === 0 && isTable(schema.additionalProperties))
      return check(root, schema.additionalProperties, entry, path)
    return schemas.flatMap((each) => check(root, each, entry, path))
  })
  return [
    ...texts(schema.required)
      .filter((key) => !Object.hasOwn(value, key))
      .map((key) => `${at}/${key}: is missing`),
    ...(more(schema.maxProperties, size) ? [`${at}: has more than ${schema.maxProperties} entries`] : []),
    ...(fewer(schema.minProperties, size) ? [`${at}: has fewer than ${schema.minProperties} entries`] : []),
    ...inside,
  ]
}
