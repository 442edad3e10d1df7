package report_test

import (
	"bytes"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/internal/report"
)

// fakeFFmpeg is a script in place of ffmpeg. A film that ffmpeg itself wrote is looked
// at in internal/app/e2e, which can install one.
func fakeFFmpeg(t *testing.T, script string) (ffmpeg, film string) {
	t.Helper()
	dir := t.TempDir()
	ffmpeg = filepath.Join(dir, "ffmpeg")
	if err := os.WriteFile(ffmpeg, []byte("#!/bin/sh\nfor last; do :; done\nfilm=${last#file:}\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return ffmpeg, filepath.Join(dir, "film.mp4")
}

func TestMP4Frames(t *testing.T) {
	ffmpeg, film := fakeFFmpeg(t, `echo "$@" >"$film.args"; cat >"$film"`)
	m, err := report.NewMP4(t.Context(), ffmpeg, film, image.Pt(2, 1), 60)
	if err != nil {
		t.Fatal(err)
	}
	indexed := report.Indexed([]byte{0, 1}, 1, 2, []color.RGBA{{1, 2, 3, 255}, {4, 5, 6, 255}})
	for _, img := range []image.Image{indexed, report.RGB([]byte{7, 8, 9, 10, 11, 12}, 1, 2), report.Gray([]byte{13, 14}, 1, 2)} {
		if err := m.Add(img); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Add(report.Gray([]byte{1}, 1, 1)); err == nil {
		t.Error("a frame of another size was taken")
	}
	for range 2 {
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(film)
	if want := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 13, 13, 14, 14, 14}; err != nil || !bytes.Equal(got, want) {
		t.Errorf("ffmpeg was given %v, want %v (%v)", got, want, err)
	}
	args, err := os.ReadFile(film + ".args")
	for _, want := range []string{"-pix_fmt rgb24 -s 2x1 -r 60 -i pipe:0", "-c:v libx264", "-pix_fmt yuv420p"} {
		if err != nil || !strings.Contains(string(args), want) {
			t.Errorf("ffmpeg was told %q, want %q in it (%v)", args, want, err)
		}
	}
}

func TestMP4Fails(t *testing.T) {
	ffmpeg, film := fakeFFmpeg(t, "echo one line 1>&2; echo no space left 1>&2; exit 3")
	if err := report.CanFilm(t.Context(), ffmpeg); err == nil || !strings.HasSuffix(err.Error(), "H.264: no space left") {
		t.Errorf("error %v, want what ffmpeg says", err)
	}
	m, err := report.NewMP4(t.Context(), ffmpeg, film, image.Pt(512, 512), 60)
	if err != nil {
		t.Fatal(err)
	}
	frame := report.Gray(make([]byte, 512*512), 512, 512)
	for range 10 {
		if err = m.Add(frame); err != nil {
			break
		}
	}
	if err == nil || !strings.HasSuffix(err.Error(), "could not write the film: no space left") {
		t.Errorf("error %v, want what ffmpeg says", err)
	}
	if err := m.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	if _, err := report.NewMP4(t.Context(), film, film, image.Pt(2, 2), 60); err == nil {
		t.Error("a missing ffmpeg was started")
	}
}
