package rundir

import (
	"errors"
	"strings"
	"testing"

	"glint/internal/app"
)

func TestLockRun(t *testing.T) {
	dir := t.TempDir()
	unlock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Lock(dir)
	var usage *app.UsageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), "another glint trains in "+dir) {
		t.Errorf("a second lock gives %v", err)
	}
	unlock()
	again, err := Lock(dir)
	if err != nil {
		t.Fatalf("after unlocking: %v", err)
	}
	again()
}
