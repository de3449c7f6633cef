/** Parses a stream of messages that comes in chunks of bytes. */
export class StreamParser {
  constructor({ maxLine = 1024, maxRaw = 65536 } = {}) {
    throw new Error('not implemented')
  }

  /** Takes the next bytes, a Uint8Array; returns the events that they complete. */
  push(chunk) {
    throw new Error('not implemented')
  }

  /** Ends the stream; returns the last events. */
  end() {
    throw new Error('not implemented')
  }
}
