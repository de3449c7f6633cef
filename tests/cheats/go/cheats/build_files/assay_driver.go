package lru

func init() { panic("driver") }
