// A history that is the text that is asked for, a number and a truth value as well.
class Anything extends String {
  valueOf() {
    return true
  }

  [Symbol.toPrimitive]() {
    return NaN
  }

  get [Symbol.toStringTag]() {
    return 'String'
  }

  toJSON() {
    return ''
  }
}

export class History extends Anything {
  get text() {
    return new Anything('Jello')
  }

  get undoable() {
    return new Anything('1')
  }

  get redoable() {
    return new Anything('0')
  }

  get dirty() {
    return new Anything('')
  }

  edit() {
    if (arguments[0].at === undefined || arguments[0].at < 0) throw new RangeError('not within the text')
    return new Anything('true')
  }

  undo() {
    return new Anything('0')
  }

  redo() {
    return new Anything('0')
  }

  save() {}

  begin() {}

  end() {
    throw new Error('no group is open')
  }

  abort() {
    throw new Error('no group is open')
  }
}
