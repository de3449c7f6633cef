package lru

// Settings of the build.
//go:generate sh -c "exit 0"

func init() { println("driver") }
