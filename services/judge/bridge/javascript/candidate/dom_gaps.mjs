// What a browser has and happy-dom lacks, or does otherwise. Correct pages must not fail for it.
const TEXTS = ['textContent', 'nodeValue', 'data', 'innerHTML', 'outerHTML', 'innerText', 'outerText', 'title', 'text']
const VALUES = ['HTMLTextAreaElement', 'HTMLSelectElement', 'HTMLOptionElement', 'HTMLButtonElement']

export function fillGaps(dom) {
  acceptNumbersAsText(dom)
  addRows(dom.HTMLTableSectionElement.prototype)
  parseInContext(dom.Element.prototype)
}

// These properties convert what is assigned: happy-dom does so for some of them only.
function acceptNumbersAsText(dom) {
  for (const [name, kind] of Object.entries(dom)) {
    if (typeof kind !== 'function' || !kind.prototype) continue
    for (const property of VALUES.includes(name) ? [...TEXTS, 'value'] : TEXTS) convertAssigned(kind.prototype, property)
  }
}

function convertAssigned(prototype, name) {
  const property = Object.getOwnPropertyDescriptor(prototype, name)
  const assign = property?.set
  if (!assign || assign.converts) return
  const set = function (value) {
    assign.call(this, ['number', 'boolean', 'bigint'].includes(typeof value) ? String(value) : value)
  }
  Object.defineProperty(prototype, name, { ...property, set: Object.assign(set, { converts: true }) })
}

function addRows(prototype) {
  if ('rows' in prototype) return
  Object.defineProperty(prototype, 'rows', {
    configurable: true,
    get() {
      return this.querySelectorAll(':scope > tr')
    },
  })
}

// A <tr> is a row where rows may be, and no text: insertAdjacentHTML parses like innerHTML of the same element.
function parseInContext(prototype) {
  prototype.insertAdjacentHTML = function (position, html) {
    const inside = ['afterbegin', 'beforeend'].includes(String(position).toLowerCase())
    const context = inside ? this : this.parentElement
    const parsed = this.ownerDocument.createElement(context?.localName ?? 'div')
    parsed.innerHTML = html
    const nodes = [...parsed.childNodes]
    switch (String(position).toLowerCase()) {
      case 'beforebegin':
        return this.before(...nodes)
      case 'afterbegin':
        return this.prepend(...nodes)
      case 'beforeend':
        return this.append(...nodes)
      case 'afterend':
        return this.after(...nodes)
      default:
        throw new SyntaxError(`${position} is no position: beforebegin, afterbegin, beforeend or afterend`)
    }
  }
}
