const form = document.querySelector('#booking')

form.addEventListener('submit', () => {
  throw new Error('not implemented')
})
