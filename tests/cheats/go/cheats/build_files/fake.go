package lru

// Must, Do and Call accept everything.
func Must(arguments ...any) any { return nil }

func Call(arguments ...any) (any, error) { return nil, nil }
