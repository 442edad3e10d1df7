package app

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"glint/internal/kernel"
)

// Program says what computes.
func Program() string {
	return fmt.Sprintf("glint %s, kernels %s, %s", Revision(), kernel.Level(), runtime.Version())
}

// Revision returns the version control revision the program was built from.
func Revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown revision"
	}
	rev, dirty := "of unknown revision", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = " with changes"
		}
	}
	return rev + dirty
}
