const table = document.querySelector('#lots')

table.tHead.addEventListener('click', () => {
  throw new Error('not implemented')
})
