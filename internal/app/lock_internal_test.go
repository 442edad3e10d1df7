package app

import (
	"errors"
	"strings"
	"testing"
)

func TestLockRun(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lockRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lockRun(dir)
	var usage *UsageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), "another glint trains in "+dir) {
		t.Errorf("a second lock gives %v", err)
	}
	unlock()
	again, err := lockRun(dir)
	if err != nil {
		t.Fatalf("after unlocking: %v", err)
	}
	again()
}
