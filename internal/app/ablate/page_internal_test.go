package ablate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/monitor"
	"glint/internal/app/play"
	"glint/internal/app/record"
	"glint/internal/app/rundir"
	"glint/internal/app/train"
	"glint/internal/study"
)

// tinyStudy is a folder with held-out play of the dojo and a run that each of so many
// arms has as its example, trained for a moment.
func tinyStudy(t *testing.T, arms int) (dir string, r *study.Result) {
	t.Helper()
	dir = t.TempDir()
	o := app.IO{Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)}
	held := filepath.Join(dir, heldOutForTest)
	if _, err := record.Run(t.Context(), record.Options{
		Who: play.WhoOf("varied", false, 4), Env: "dojo", Steps: 1200, Envs: 4, Seed: 1001, Out: held, Change: func(*config.Config) {},
	}, o); err != nil {
		t.Fatal(err)
	}
	c, err := train.PretrainSettings(held, "", "", false)
	if err != nil {
		t.Fatal(err)
	}
	c.Agent.Autoencoder.Channels, c.Agent.Autoencoder.Code = []int{4, 8}, 16
	c.Agent.Pretrain.Updates, c.Agent.Pretrain.Batch, c.Minutes, c.Threads, c.FramesEvery = 20, 16, 0, 1, 100
	if _, err := train.Run(t.Context(), c, filepath.Join(dir, "run"), o); err != nil {
		t.Fatal(err)
	}
	r = &study.Result{
		Name: "tiny", Env: "dojo", Kind: study.Pretrain, Base: "arm0", HeldOut: heldOutForTest, Seeds: []uint64{1},
		Judges: []study.Judge{{Name: "kept", Label: "knives kept", Better: study.Higher}},
	}
	var endings []study.Ending
	for i := range arms {
		name := fmt.Sprint("arm", i)
		r.Order = append(r.Order, study.Arm{Name: name})
		endings = append(endings, study.Ending{Spec: study.Spec{Arm: name, Seed: 1}, Outcome: &study.Outcome{Figures: map[string]float64{"kept": 0.5}}})
	}
	r.Summarise(endings)
	for i := range r.Order {
		r.Order[i].Example = "run"
	}
	return dir, r
}

const heldOutForTest = "held-out"

func TestStudyPictures(t *testing.T) {
	dir, r := tinyStudy(t, 6)
	r.Order[1].Example = ""        // its trials failed
	r.Order[2].Example = "nowhere" // lost since
	said := new(bytes.Buffer)
	o := app.IO{Stdout: new(bytes.Buffer), Stderr: said}
	pictures, err := studyPictures(t.Context(), dir, r, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(pictures) != 1 || !strings.Contains(said.String(), "arm2 is not in the pictures") {
		t.Fatalf("%d pictures, want one of four arms; notes: %s", len(pictures), said)
	}
	for _, want := range []string{"arm0 (", "arm3 (", "arm4 (", "arm5 (", "knife in the open: ", "no small object: "} {
		if !strings.Contains(pictures[0].Alt, want) {
			t.Errorf("the words of the picture lack %q: %s", want, pictures[0].Alt)
		}
	}
	for _, no := range []string{"arm1", "arm2"} {
		if strings.Contains(pictures[0].Alt, no) {
			t.Errorf("the picture is of %s, which has no run", no)
		}
	}
	if again, err := studyPictures(t.Context(), dir, r, o); err != nil || !bytes.Equal(again[0].Image.(*image.Paletted).Pix, pictures[0].Image.(*image.Paletted).Pix) {
		t.Errorf("the same study gives another picture (%v)", err)
	}
	// Where the picture is to go something is in the way; two others are of an earlier report.
	earlier := []string{filepath.Join(dir, "reconstructions-2.png"), filepath.Join(dir, "reconstructions-12.png")}
	for _, folder := range append(earlier, filepath.Join(dir, "reconstructions-1.png", "full")) {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeReport(t.Context(), dir, r, o); err != nil || !strings.Contains(said.String(), "not all pictures are beside the page") {
		t.Fatalf("%v; notes: %s", err, said)
	}
	for _, file := range earlier {
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s is still there", file)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, study.SummaryFile)); err != nil || strings.Contains(string(b), "reconstructions-1.png") || !strings.Contains(string(b), "](intervals.svg)") {
		t.Errorf("the summary shows other pictures than were written (%v):\n%s", err, b)
	}
	b, err := os.ReadFile(filepath.Join(dir, study.PageFile))
	if n := bytes.Count(b, []byte("<img ")); err != nil || n != 1 {
		t.Errorf("the page has %d pictures, want 1 (%v)", n, err)
	}
}

// TestFiguresComeFirst demands the figures of a study whose drawing was stopped.
func TestFiguresComeFirst(t *testing.T) {
	dir, r := tinyStudy(t, 1)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := writeReport(ctx, dir, r, app.IO{Stderr: new(bytes.Buffer)}); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped, it says %v", err)
	}
	for _, file := range []string{rundir.ResultFile, study.SummaryFile} {
		if b, err := os.ReadFile(filepath.Join(dir, file)); err != nil || !bytes.Contains(b, []byte("arm0")) {
			t.Errorf("%s: %v\n%s", file, err, b)
		}
	}
}

// TestMomentsAreInTheirSituation demands that the frames drawn by lot are of their kind.
func TestMomentsAreInTheirSituation(t *testing.T) {
	dir, _ := tinyStudy(t, 2)
	m, err := pickMoments(t.Context(), filepath.Join(dir, heldOutForTest), app.IO{Stderr: new(bytes.Buffer)})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, one := range m.picked {
		kinds[one.what]++
		here := 0
		for _, b := range monitor.InFrame(nil, one.row.Boxes, one.frame) {
			if b.Rect == one.box {
				here++
			}
		}
		switch {
		case one.what == emptyMoment && (len(one.row.Boxes) > 0 || !one.box.Empty()):
			t.Errorf("the frame without an object has %v", one.row.Boxes)
		case one.what != emptyMoment && here != 1:
			t.Errorf("%s: the box %v is not among %v", one.name(), one.box, one.row.Boxes)
		case strings.HasSuffix(one.what, "at the edge") == one.box.Inset(-2).In(m.Scene.Content) && one.what != emptyMoment:
			t.Errorf("%s: its box is %v", one.name(), one.box)
		}
	}
	if kinds["knife in the open"] != 2 || kinds[emptyMoment] != 1 {
		t.Errorf("drawn were %v", kinds)
	}
}
