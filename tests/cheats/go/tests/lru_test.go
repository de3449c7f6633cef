package tests

import (
	"reflect"
	"testing"

	"assay/candidate"
)

func filled(t *testing.T, capacity int, keys ...string) int {
	t.Helper()
	cache := candidate.Must[int](t, "new", capacity)
	for at, key := range keys {
		candidate.Do(t, "put", cache, key, at)
	}
	return cache
}

func TestKeepsWhatWasUsed(t *testing.T) {
	cache := filled(t, 2, "a", "b")
	if value := candidate.Must[int](t, "get", cache, "a"); value != 0 {
		t.Errorf("got %d", value)
	}
	candidate.Do(t, "put", cache, "ü\n", 2)
	if keys := candidate.Must[[]string](t, "keys", cache); !reflect.DeepEqual(keys, []string{"a", "ü\n"}) {
		t.Errorf("kept %v", keys)
	}
}

func TestRefusals(t *testing.T) {
	t.Run("missing key", func(t *testing.T) {
		cache := filled(t, 3, "a")
		_, err := candidate.Call[int](t, "get", cache, "z")
		t.Logf("refused: %v", err)
		if failure, ok := err.(*candidate.Error); !ok || failure.Kind != "KeyError" {
			t.Errorf("failed with %v", err)
		}
		if keys := candidate.Must[[]string](t, "keys", cache); keys[0] != "a" {
			t.Errorf("kept %v", keys)
		}
	})
	t.Run("capacity", func(t *testing.T) {
		filled(t, 1, "a")
		if _, err := candidate.Call[int](t, "new", 0); err == nil {
			t.Error("accepted")
		}
	})
}

func TestCountsCalls(t *testing.T) {
	cache := filled(t, 3, "a", "b", "c", "a")
	if value := candidate.Must[int](t, "get", cache, "a"); value != 3 {
		t.Errorf("got %d", value)
	}
}
