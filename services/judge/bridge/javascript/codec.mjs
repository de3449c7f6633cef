// Values as JSON. Plain data is copied: undefined, null, booleans, numbers, bigints, strings, arrays, plain objects,
// Map, Set, Date, RegExp and typed arrays, with shared references and cycles. Everything else is a reference, which the
// two sides encode differently. The built-in methods are taken before any other code runs.

const { isArray } = Array
const { create, defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, isFrozen, is } = Object
const { ownKeys } = Reflect
const uncurried = (method) => Function.prototype.call.bind(method)
const [mapSet, setAdd] = [uncurried(Map.prototype.set), uncurried(Set.prototype.add)]
const [mapClear, setClear] = [uncurried(Map.prototype.clear), uncurried(Set.prototype.clear)]
const typedArraySet = uncurried(getPrototypeOf(Uint8Array.prototype).set)
const MAX_DEPTH = 400
const TYPED_ARRAYS = {
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array,
  Float64Array, BigInt64Array, BigUint64Array,
}

export class Malformed extends Error {
  name = 'Malformed'
}

// The containers of one exchange, in the order in which both sides meet them.
export class Memo {
  items = []
  #numbers = new Map()

  number(item) {
    return this.#numbers.get(item)
  }

  add(item) {
    this.#numbers.set(item, this.items.length)
    this.items.push(item)
  }
}

// What kind of data it is, or '' for a reference.
export function kindOf(value) {
  if (isArray(value)) return hasPrototype(value, 'Array') ? 'a' : ''
  const tag = Object.prototype.toString.call(value)
  if (tag === '[object Map]') return hasPrototype(value, 'Map') ? 'M' : ''
  if (tag === '[object Set]') return hasPrototype(value, 'Set') ? 'S' : ''
  if (tag === '[object Date]') return hasPrototype(value, 'Date') ? 'd' : ''
  if (tag === '[object RegExp]') return hasPrototype(value, 'RegExp') ? 'r' : ''
  if (ArrayBuffer.isView(value)) return typedArrayName(value) ? 't' : ''
  return isPlainData(value) ? 'o' : ''
}

// By name, because the objects of a page have prototypes of their own.
function hasPrototype(value, name) {
  const prototype = getPrototypeOf(value)
  const constructor = prototype && getOwnPropertyDescriptor(prototype, 'constructor')?.value
  const above = prototype && getPrototypeOf(prototype)
  return constructor?.name === name && above !== null && getPrototypeOf(above) === null
}

function typedArrayName(value) {
  const name = getPrototypeOf(value)?.constructor?.name
  return name === 'Buffer' || name in TYPED_ARRAYS ? name : ''
}

function isPlainData(value) {
  const prototype = getPrototypeOf(value)
  if (prototype !== null && getPrototypeOf(prototype) !== null) return false
  if (prototype !== null && getOwnPropertyDescriptor(prototype, 'constructor')?.value?.name !== 'Object') return false
  for (const key of ownKeys(value)) {
    const property = getOwnPropertyDescriptor(value, key)
    if (typeof key === 'symbol' || property === undefined || !('value' in property)) return false
    if (typeof property.value === 'function') return false
  }
  return true
}

export class Encoder {
  #memo
  #isReference
  #encodeReference

  // `encodeReference(value, encoder, depth)` encodes what is not plain data, or what `isReference` says.
  constructor(memo, isReference, encodeReference) {
    this.#memo = memo
    this.#isReference = isReference
    this.#encodeReference = encodeReference
  }

  value(value, depth = 0) {
    if (depth > MAX_DEPTH) throw new RangeError(`a value is nested more than ${MAX_DEPTH} levels deep`)
    switch (typeof value) {
      case 'undefined':
        return ['u']
      case 'bigint':
        return ['i', String(value)]
      case 'number':
        return Number.isFinite(value) && !is(value, -0) ? value : ['n', is(value, -0) ? '-0' : String(value)]
      case 'string':
      case 'boolean':
        return value
      case 'symbol':
        throw new TypeError('a symbol cannot cross between the tests and the candidate')
      default:
        return value === null ? null : this.#object(value, depth)
    }
  }

  #object(value, depth) {
    const kind = typeof value === 'function' || this.#isReference(value) ? '' : kindOf(value)
    if (!kind) return this.#encodeReference(value, this, depth)
    if (kind === 'd') return ['d', Number.isNaN(value.getTime()) ? null : value.getTime()]
    if (kind === 'r') return ['r', value.source, value.flags]
    const number = this.#memo.number(value)
    if (number !== undefined) return ['m', number]
    this.#memo.add(value)
    return [kind, this.content(value, depth), isFrozen(value) && kind !== 't' ? 1 : 0]
  }

  // The content of a container.
  content(value, depth = 0) {
    const item = (each) => this.value(each, depth + 1)
    switch (kindOf(value)) {
      case 'a':
        return Array.from(value, item)
      case 'o':
        return Object.keys(value).map((key) => [key, item(value[key])])
      case 'M':
        return Array.from(value, ([key, each]) => [item(key), item(each)])
      case 'S':
        return Array.from(value, item)
      default:
        return [typedArrayName(value), Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')]
    }
  }
}

export class Decoder {
  #memo
  #decodeReference

  // `decodeReference(tag, rest, decoder, depth)` throws Malformed for an unknown tag.
  constructor(memo, decodeReference) {
    this.#memo = memo
    this.#decodeReference = decodeReference
  }

  value(encoded, depth = 0) {
    if (depth > MAX_DEPTH + 10) throw new Malformed('nested too deeply')
    if (encoded === null || typeof encoded !== 'object') return encoded
    if (!isArray(encoded) || typeof encoded[0] !== 'string') throw new Malformed('not an encoded value')
    const [tag, content, frozen] = encoded
    switch (tag) {
      case 'u':
        return undefined
      case 'n':
        return Number(text(content))
      case 'i':
        return bigint(content)
      case 'd':
        return new Date(content === null ? NaN : Number(content))
      case 'r':
        return regexp(content, encoded[2])
      case 'm':
        return this.#seen(content)
      case 'a':
      case 'o':
      case 'M':
      case 'S':
      case 't':
        return this.#container(tag, content, frozen === 1, depth)
      default:
        return this.#decodeReference(tag, encoded.slice(1), this, depth)
    }
  }

  #seen(number) {
    if (!Number.isInteger(number) || number < 0 || number >= this.#memo.items.length) {
      throw new Malformed('not the number of a container')
    }
    return this.#memo.items[number]
  }

  #container(tag, content, frozen, depth) {
    const made = { a: () => [], o: () => ({}), M: () => new Map(), S: () => new Set(), t: () => typedArray(content) }
    const container = made[tag]()
    this.#memo.add(container)
    if (tag !== 't') this.fill(container, tag, content, depth)
    return frozen ? freeze(container) : container
  }

  // Puts the content into an empty container.
  fill(container, tag, content, depth = 0) {
    for (const entry of list(content)) {
      if (tag === 'a') container[container.length] = this.value(entry, depth + 1)
      else if (tag === 'S') setAdd(container, this.value(entry, depth + 1))
      else {
        const [key, value] = list(entry)
        if (tag === 'M') mapSet(container, this.value(key, depth + 1), this.value(value, depth + 1))
        else defineProperty(container, text(key), property(this.value(value, depth + 1)))
      }
    }
  }

  // Replaces the content of a container that the other side has changed.
  refill(container, content) {
    const tag = kindOf(container)
    if (tag === 't') {
      const bytes = typedArray(content)
      if (bytes.length !== container.length) throw new Malformed('a typed array of another length')
      typedArraySet(container, bytes)
      return
    }
    if (tag === 'a') container.length = 0
    else if (tag === 'M') mapClear(container)
    else if (tag === 'S') setClear(container)
    else for (const key of Object.keys(container)) delete container[key]
    this.fill(container, tag, content)
  }
}

// A property as an assignment would make it, even if it is called __proto__. Objects that have methods are references,
// so that no function of the other side is called by `await`, JSON.stringify or a conversion.
function property(value) {
  if (typeof value === 'function') throw new Malformed('a function in plain data')
  const made = create(null)
  made.value = value
  made.enumerable = made.writable = made.configurable = true
  return made
}

function list(value) {
  if (!isArray(value)) throw new Malformed('not a list')
  return value
}

function text(value) {
  if (typeof value !== 'string') throw new Malformed('not a text')
  return value
}

function bigint(digits) {
  if (!/^-?\d{1,100000}$/.test(text(digits))) throw new Malformed('not an integer')
  return BigInt(digits)
}

function regexp(source, flags) {
  try {
    return new RegExp(text(source), text(flags))
  } catch {
    throw new Malformed('not a regular expression')
  }
}

function typedArray(content) {
  const [name, data] = list(content)
  const bytes = Buffer.from(text(data), 'base64')
  if (name === 'Buffer') return bytes
  const kind = Object.hasOwn(TYPED_ARRAYS, text(name)) ? TYPED_ARRAYS[name] : undefined
  if (!kind || bytes.length % kind.BYTES_PER_ELEMENT) throw new Malformed('not a typed array')
  return new kind(new Uint8Array(bytes).buffer)
}
