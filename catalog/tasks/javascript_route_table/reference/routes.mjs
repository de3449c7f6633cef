const METHODS = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']
const PARAMETER = /^:([a-z][A-Za-z0-9]*)(?:<(int|slug)>)?$/
const REST = /^\*([a-z][A-Za-z0-9]*)$/
const LITERAL = /^[A-Za-z0-9._~-]+$/
// From most to least specific.
const KINDS = ['literal', 'int', 'slug', 'any', 'rest']

/** Finds routes by method and path, and paths by the name of a route. */
export class Routes {
  #routes = []

  /** Adds a route. */
  add(method, pattern, name) {
    if (!METHODS.includes(method) || method === 'HEAD') throw new SyntaxError(`no method ${method}`)
    const segments = parsePattern(pattern)
    const shape = segments.map(({ kind, text }) => (kind === 'literal' ? text : `<${kind}>`)).join('/')
    if (this.#routes.some((route) => route.method === method && route.shape === shape)) {
      throw new Error(`${method} ${pattern} means the same as another route`)
    }
    if (this.#routes.some((route) => route.name === name)) throw new Error(`a second route ${name}`)
    this.#routes.push({ method, segments, shape, name })
  }

  /** The answer to a request: {status, ...}. */
  match(method, path) {
    const texts = decode(path)
    if (!texts) return { status: 400 }
    const found = this.#find(texts)
    if (!found.length && path !== '/' && texts.at(-1) === '' && this.#find(texts.slice(0, -1)).length) {
      return { status: 308, location: path.slice(0, -1) }
    }
    if (!found.length) return { status: 404 }
    const wanted = method === 'HEAD' ? 'GET' : method
    const best = found.filter(({ route }) => route.method === wanted).sort(bySpecificity)[0]
    if (best) return { status: 200, name: best.route.name, params: best.params }
    const allowed = new Set(found.map(({ route }) => route.method))
    if (allowed.has('GET')) allowed.add('HEAD')
    return { status: 405, allow: [...allowed].sort() }
  }

  /** The path of a route with these parameters. */
  link(name, params = {}) {
    const route = this.#routes.find((each) => each.name === name)
    if (!route) throw new Error(`no route ${name}`)
    const names = route.segments.filter(({ kind }) => kind !== 'literal').map(({ text }) => text)
    for (const given of Object.keys(params)) if (!names.includes(given)) throw new TypeError(`no parameter ${given}`)
    return `/${route.segments.map((segment) => fill(segment, params)).join('/')}`
  }

  #find(texts) {
    return this.#routes.flatMap((route) => {
      const params = paramsOf(route.segments, texts)
      return params ? [{ route, params }] : []
    })
  }
}

function parsePattern(pattern) {
  if (!pattern.startsWith('/')) throw new SyntaxError(`${pattern} does not begin with /`)
  if (pattern === '/') return []
  const segments = pattern.slice(1).split('/').map(parseSegment)
  const names = segments.filter(({ kind }) => kind !== 'literal').map(({ text }) => text)
  if (new Set(names).size < names.length) throw new SyntaxError(`a parameter occurs twice in ${pattern}`)
  if (segments.slice(0, -1).some(({ kind }) => kind === 'rest')) throw new SyntaxError(`* is not last in ${pattern}`)
  return segments
}

function parseSegment(text) {
  const [, name, type = 'any'] = PARAMETER.exec(text) ?? []
  if (name) return { kind: type, text: name }
  const [, rest] = REST.exec(text) ?? []
  if (rest) return { kind: 'rest', text: rest }
  if (LITERAL.test(text)) return { kind: 'literal', text }
  throw new SyntaxError(`no segment: ${text}`)
}

// The decoded segments of a path; undefined if it is malformed.
function decode(path) {
  if (!path.startsWith('/')) return undefined
  try {
    return path === '/' ? [] : path.slice(1).split('/').map(decodeURIComponent)
  } catch {
    return undefined
  }
}

function paramsOf(segments, texts) {
  const params = {}
  for (const [at, { kind, text: name }] of segments.entries()) {
    if (kind === 'rest') {
      const rest = texts.slice(at)
      return rest.length && !rest.includes('') ? { ...params, [name]: rest } : undefined
    }
    if (at >= texts.length) return undefined
    const value = valueOf(kind, texts[at])
    if (value === undefined || (kind === 'literal' && value !== name)) return undefined
    if (kind !== 'literal') params[name] = value
  }
  return texts.length === segments.length ? params : undefined
}

function valueOf(kind, text) {
  if (kind === 'int') return /^(0|[1-9][0-9]*)$/.test(text) && Number.isSafeInteger(+text) ? +text : undefined
  if (kind === 'slug') return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text) ? text : undefined
  return text === '' ? undefined : text
}

function bySpecificity({ route: one }, { route: other }) {
  const length = Math.max(one.segments.length, other.segments.length)
  for (let at = 0; at < length; at += 1) {
    const difference = KINDS.indexOf(one.segments[at]?.kind) - KINDS.indexOf(other.segments[at]?.kind)
    if (difference) return difference
  }
  return 0
}

function fill({ kind, text: name }, params) {
  if (kind === 'literal') return name
  const value = Object.hasOwn(params, name) ? params[name] : undefined
  const values = kind === 'rest' ? value : [value]
  const isValid = Array.isArray(values) && values.length > 0 && values.every((each) => fits(kind, each))
  if (!isValid) throw new TypeError(`not a value of ${name}`)
  return values.map(encodeURIComponent).join('/')
}

function fits(kind, value) {
  return typeof value === (kind === 'int' ? 'number' : 'string') && valueOf(kind, String(value)) !== undefined
}
