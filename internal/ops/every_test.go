package ops_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"glint/internal/ops/optest"
)

// kinds finds the names that operations give themselves.
var kinds = regexp.MustCompile(`kind(?::| =) "([^"]+)"|(?:lossOp|cachedGrad)\("([^"]+)"`)

// inProgram is the one operation that is in no graph: it stands in a Program for
// Gorgonia's addition, and TestProgramSumsGradients asks it.
const inProgram = "sum"

// TestMain wants every operation of the package to have passed optest.Check, gradients
// included, once all tests have run.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" {
		code = unchecked()
	}
	os.Exit(code)
}

func unchecked() (code int) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		if ok, _ := filepath.Match("*_test.go", file); ok {
			continue
		}
		for _, found := range kinds.FindAllSubmatch(source, -1) {
			if kind := string(found[1]) + string(found[2]); kind != inProgram && !optest.Checked(kind) {
				fmt.Printf("%s: no test runs optest.Check on %q\n", file, kind)
				code = 1
			}
		}
	}
	return code
}
