const source = document.querySelector('#data')

source.addEventListener('change', () => {
  throw new Error('not implemented')
})
