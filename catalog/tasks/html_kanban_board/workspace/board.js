const board = document.querySelector('#board')

board.addEventListener('keydown', () => {
  throw new Error('not implemented')
})
