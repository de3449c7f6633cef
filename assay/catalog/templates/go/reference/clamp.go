package clamp

import "errors"

func Clamp(number, low, high int) (int, error) {
	if low > high {
		return 0, errors.New("low is above high")
	}
	return max(low, min(number, high)), nil
}
