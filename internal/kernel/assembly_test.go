package kernel_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The registers and extensions that a level's functions may use. Registers from 16 on
// are encoded as AVX-512, whatever the instruction.
var (
	wideRegisters = regexp.MustCompile(`\b(?:[XY](?:1[6-9]|2\d|3[01])|Z\d+|K[0-7])\b`)
	avx2Needs     = map[string]bool{"AVX": true, "AVX2": true, "FMA3": true, "SSE2": true, "BMI": true, "CMOV": true, "POPCNT": true}
)

// A function of the AVX2 level must run on a machine without AVX-512, which the machine
// of this test may have.
func TestAVX2FunctionsNeedNoMore(t *testing.T) {
	text, err := os.ReadFile("micro_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, part := range strings.Split(string(text), "\n// func ")[1:] {
		name, _, _ := strings.Cut(part, "(")
		if !strings.HasSuffix(name, "AVX2") {
			continue
		}
		found++
		for line := range strings.Lines(part) {
			if wide := wideRegisters.FindString(line); wide != "" {
				t.Errorf("%s uses register %s: %s", name, wide, strings.TrimSpace(line))
				break
			}
			if needs, ok := strings.CutPrefix(strings.TrimSpace(line), "// Requires: "); ok {
				for isa := range strings.SplitSeq(needs, ", ") {
					if !avx2Needs[isa] {
						t.Errorf("%s needs %s", name, isa)
					}
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("%d functions of AVX2 were found", found)
	}
}
