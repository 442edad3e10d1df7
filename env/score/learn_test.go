package score_test

import (
	"encoding/json"
	"errors"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env/score"
)

// numbers hold all digits, the last ones twice.
var numbers = []string{"   120", "  3450", "    60", "    78", "   904", "     0", "123456", "  7890"}

func TestLearnRefuses(t *testing.T) {
	named := func(i int, text string) func([]score.Example) []score.Example {
		return func(e []score.Example) []score.Example { e[i].Text = text; return e }
	}
	for _, c := range []struct {
		name   string
		change func([]score.Example) []score.Example
		crop   image.Rectangle
		want   []string
	}{
		{"one picture", func(e []score.Example) []score.Example { return e[:1] }, plain.crop, []string{"1 pictures"}},
		{"digits that no picture shows", func(e []score.Example) []score.Example { return e[:3] }, plain.crop, []string{"7, 8, 9", "add some"}},
		{"a wrong digit", named(1, "3480"), plain.crop, []string{"3450.png says 3480", "digit 3 is a 5"}},
		{"a digit too many", named(4, "9004"), plain.crop, []string{"904.png"}},
		{"no digits", named(0, "12a"), plain.crop, []string{`"a" in "12a"`}},
		{"no text", named(0, ""), plain.crop, []string{"0 digits"}},
		{"leading zeros in some", named(3, "000078"), plain.crop, []string{"zeros lead", "fewer"}},
		{"another size", func(e []score.Example) []score.Example { e[2].Pix = e[2].Pix[3:]; return e }, plain.crop, []string{"60.png", "bytes"}},
		{"another crop", func(e []score.Example) []score.Example { return e }, image.Rect(0, 0, 10, 10), []string{"bytes"}},
		{"too small a crop", func(e []score.Example) []score.Example {
			for i := range e {
				e[i].Pix = e[i].Pix[:10*2*3]
			}
			return e
		}, image.Rect(0, 0, 10, 2), []string{"no place for 6 digits"}},
		{"empty pictures", func(e []score.Example) []score.Example {
			for i := range e {
				clear(e[i].Pix)
			}
			return e
		}, plain.crop, []string{"empty", "is the crop"}},
		{"pictures of something else", func(e []score.Example) []score.Example {
			rng := rand.New(rand.NewPCG(1, 1))
			for i := range e {
				for k := range e[i].Pix {
					e[i].Pix[k] = byte(rng.IntN(256))
				}
			}
			return e
		}, plain.crop, []string{"the crop 64x12+20+10"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := score.Learn(c.change(plain.examples(nil, numbers...)), c.crop, score.Digits)
			if !errors.Is(err, score.ErrExamples) {
				t.Fatalf("%v, want ErrExamples", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v; want %q in it", err, want)
				}
			}
		})
	}
}

// TestLearnFewDigits learns those that can occur.
func TestLearnFewDigits(t *testing.T) {
	r, err := score.Learn(plain.examples(nil, "     0", "     1", "     2", "     3"), plain.crop, "0123")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"     2": true, "     7": false, "     8": false} {
		if got := r.Read(plain.draw(text, nil)); got.Known != want {
			t.Errorf("%s is read as %q, known: %v", text, got.Text, got.Known)
		}
	}
}

func TestFile(t *testing.T) {
	learned := learn(t, plain, plain.examples(rand.New(rand.NewPCG(1, 1)), numbers...))
	text, err := json.Marshal(learned)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "score.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := score.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(loaded)
	if diff := cmp.Diff(string(text), string(again)); diff != "" || err != nil {
		t.Errorf("saved and loaded: %v %s", err, diff)
	}
	if loaded.Crop() != plain.crop || loaded.Range() != 1_000_000 {
		t.Errorf("crop %v, range %d", loaded.Crop(), loaded.Range())
	}
	pix := plain.draw("  2468", nil)
	if got := loaded.Read(pix); got != learned.Read(pix) || got.Value != 2468 {
		t.Errorf("read as %+v", got)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"no JSON", "{", "", "templates"},
		{"unknown field", `"ink"`, `"inc"`, "inc"},
		{"crop", "64x12", "64*12", "WIDTHxHEIGHT+X+Y"},
		{"rows", "64x12", "64x11", "rows"},
		{"cells", `"count":6`, `"count":60`, "do not lie"},
		{"width", `"width":9`, `"width":8`, "characters"},
		{"blank", `"before"`, `"under"`, "blank"},
		{"digit", `"4":`, `"x":`, "no digit"},
		{"ink", `#`, `@`, "holds"},
		{"nothing", `"ink":`, `"ink":-`, "ink"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := strings.Replace(string(text), c.old, c.new, 1)
			if _, err := score.Parse([]byte(bad)); bad == string(text) || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it; the file is %s", err, c.want, text)
			}
		})
	}
	if _, err := score.Load(file + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	text, err := json.Marshal(learn(f, plain, plain.examples(nil, numbers...)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"crop":"4x2+0+0","cells":{"x":0.5,"pitch":2,"width":1,"count":2},"blank":"none","ink":1,"digits":{"0":["#","."],"7":[".","#"]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := score.Parse(text)
		if err != nil {
			return
		}
		size := r.Crop().Size()
		pix := make([]byte, size.X*size.Y*3)
		for i := range pix {
			pix[i] = byte(i * i)
		}
		if got := r.Read(pix); got.Known && (got.Value < 0 || got.Value >= r.Range()) {
			t.Errorf("read as %+v, the range is %d", got, r.Range())
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := score.Parse(again); err != nil {
			t.Errorf("what was saved is refused: %v", err)
		}
	})
}
