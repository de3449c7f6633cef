export const openPage = () => window
