const [LF, CR, SEMICOLON, PLUS] = [10, 13, 59, 43]
const MARK = [0xef, 0xbb, 0xbf]
const FIELD = /^([a-z][a-z0-9-]*)(?:: ?(.*)|#(0|[1-9][0-9]*))$/s

/** Parses a stream of messages that comes in chunks of bytes. */
export class StreamParser {
  #maxLine
  #maxRaw
  #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #pending = []
  #atStart = true
  #line = 1
  #message = null
  #skipping = false
  #raw = null
  #afterRaw = false
  #ended = false
  #events = []

  constructor({ maxLine = 1024, maxRaw = 65536 } = {}) {
    this.#maxLine = maxLine
    this.#maxRaw = maxRaw
  }

  /** Takes the next bytes, a Uint8Array; returns the events that they complete. */
  push(chunk) {
    if (this.#ended) throw new Error('the stream has ended')
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a chunk must be a Uint8Array')
    for (const byte of chunk) this.#byte(byte)
    return this.#events.splice(0)
  }

  /** Ends the stream; returns the last events. */
  end() {
    if (this.#ended) throw new Error('the stream has ended')
    this.#ended = true
    const isMark = this.#atStart && this.#startsWithMark()
    const isComplete = !this.#raw && !this.#afterRaw && !this.#message && (!this.#pending.length || isMark)
    if (!this.#skipping && !isComplete) this.#problem('truncated')
    return this.#events.splice(0)
  }

  #byte(byte) {
    if (this.#raw) {
      this.#raw.bytes.push(byte)
      if (byte === LF) this.#line += 1
      this.#finishRaw()
      return
    }
    if (byte !== LF) {
      this.#pending.push(byte)
      return
    }
    const bytes = this.#pending
    this.#pending = []
    if (bytes.at(-1) === CR) bytes.pop()
    if (this.#atStart && MARK.every((each, at) => bytes[at] === each)) bytes.splice(0, MARK.length)
    this.#atStart = false
    this.#endLine(bytes)
    this.#line += 1
  }

  #startsWithMark() {
    return this.#pending.length === MARK.length && MARK.every((each, at) => this.#pending[at] === each)
  }

  #endLine(bytes) {
    if (this.#skipping) {
      if (!bytes.length) this.#skipping = false
    } else if (this.#afterRaw) {
      this.#afterRaw = false
      if (bytes.length) this.#problem('raw')
    } else if (!bytes.length) {
      if (this.#message) this.#events.push({ type: 'message', ...this.#message })
      this.#message = null
    } else if (bytes[0] !== SEMICOLON) this.#field(bytes)
  }

  #field(bytes) {
    if (bytes.length > this.#maxLine) return this.#problem('long')
    let text
    try {
      text = this.#decoder.decode(Uint8Array.from(bytes))
    } catch {
      return this.#problem('encoding')
    }
    if (bytes[0] === PLUS) return this.#continue(text.slice(1))
    const [, name, value, size] = FIELD.exec(text) ?? []
    if (name === undefined) return this.#problem('syntax')
    if (this.#message?.fields.some(([known]) => known === name)) return this.#problem('repeated')
    if (size !== undefined && Number(size) > this.#maxRaw) return this.#problem('size')
    this.#message ??= { line: this.#line, fields: [] }
    if (size === undefined) this.#message.fields.push([name, value])
    else this.#beginRaw(name, Number(size))
  }

  #continue(text) {
    const last = this.#message?.fields.at(-1)
    if (typeof last?.[1] !== 'string') return this.#problem('orphan')
    last[1] += `\n${text}`
  }

  #beginRaw(name, size) {
    this.#raw = { name, size, bytes: [] }
    this.#finishRaw()
  }

  #finishRaw() {
    const { name, size, bytes } = this.#raw
    if (bytes.length < size) return
    this.#message.fields.push([name, Uint8Array.from(bytes)])
    this.#raw = null
    this.#afterRaw = true
  }

  #problem(problem) {
    this.#events.push({ type: 'problem', problem, line: this.#line })
    this.#message = null
    this.#skipping = true
  }
}
