package main

import (
	"assay/driver"
	lru "submission"
)

var caches driver.Objects[*lru.Cache]

func main() {
	driver.Serve(driver.Operations{
		"new": func(capacity int) (int, error) {
			cache, err := lru.New(capacity)
			if err != nil {
				return 0, err
			}
			return caches.Add(cache), nil
		},
		"put":  func(cache int, key string, value int) { caches.Get(cache).Put(key, value) },
		"get":  func(cache int, key string) (int, error) { return caches.Get(cache).Get(key) },
		"keys": func(cache int) []string { return caches.Get(cache).Keys() },
	})
}
