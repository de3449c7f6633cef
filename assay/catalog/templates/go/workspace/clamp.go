package clamp

func Clamp(number, low, high int) (int, error) {
	panic("not implemented")
}
