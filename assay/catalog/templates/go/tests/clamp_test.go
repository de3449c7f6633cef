package tests

import (
	"testing"

	"assay/candidate"
)

func expect(t *testing.T, number, low, high, expected int) {
	t.Helper()
	if found := candidate.Must[int](t, "clamp", number, low, high); found != expected {
		t.Errorf("clamp(%d, %d, %d) is %d", number, low, high, found)
	}
}

func TestWithin(t *testing.T) {
	expect(t, 5, 1, 9, 5)
	expect(t, -2, -3, 0, -2)
}

func TestBeyond(t *testing.T) {
	expect(t, 0, 1, 9, 1)
	expect(t, 10, 1, 9, 9)
}

func TestRefused(t *testing.T) {
	if err := candidate.Do(t, "clamp", 5, 9, 1); err == nil {
		t.Error("accepted")
	}
	expect(t, 5, 7, 7, 7)
}
