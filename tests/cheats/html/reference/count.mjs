export const countLeft = (list) => list.querySelectorAll(':scope > :not(.done)').length
