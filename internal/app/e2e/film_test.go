package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"image/gif"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glint/env/gym"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/eval"
	"glint/internal/app/play"
)

// needFFmpeg returns an ffmpeg: that of glint's own Python environment, which CI
// installs, elsewhere the one on the PATH if there is no such.
func needFFmpeg(t *testing.T) string {
	t.Helper()
	own, err := gym.FFmpeg("")
	if err == nil {
		return own
	}
	if os.Getenv("CI") == "true" {
		needExtra(t, "video")
		if own, err = gym.FFmpeg(""); err != nil {
			t.Fatal(err)
		}
		return own
	}
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("there is no ffmpeg (glint env install --extra video brings one; CI=true does so here)")
	}
	return path
}

// filmed evaluates random play on the dojo.
func filmed(t *testing.T, video string) (eval.Result, error) {
	t.Helper()
	return eval.Run(t.Context(), eval.Options{
		Who: play.Who{Policy: "random"}, Env: "dojo", Episodes: 1, Envs: 1, Seed: 2, Video: video, Change: func(*config.Config) {},
	}, quiet())
}

// TestMP4 decodes a film and compares it with the GIF of the same game.
func TestMP4(t *testing.T) {
	ffmpeg := needFFmpeg(t)
	dir := t.TempDir()
	film, still := filepath.Join(dir, "film.mp4"), filepath.Join(dir, "film.gif")
	res, err := filmed(t, film)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := filmed(t, still); err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(read(t, still)))
	if err != nil {
		t.Fatal(err)
	}
	var facts bytes.Buffer
	cmd := exec.CommandContext(t.Context(), ffmpeg, "-i", film, "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
	cmd.Stderr = &facts
	pix, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &facts)
	}
	for _, want := range []string{"h264", "yuv420p", "576x256", "60 fps"} {
		if !strings.Contains(facts.String(), want) {
			t.Errorf("the film is not %s:\n%s", want, &facts)
		}
	}
	const w, h, zoom = 576, 256, 4
	frames := 4 * int(res.Steps) // and the first observation
	if len(pix) != (frames+4)*3*w*h {
		t.Fatalf("%d bytes of frames, want those of %d", len(pix), frames+4)
	}
	if bytes.Equal(g.Image[len(g.Image)-1].Pix, g.Image[0].Pix) {
		t.Error("the film ends with the beginning of the next game")
	}
	var far, bright int
	for f := 0; f < frames; f += 50 {
		for y := range h / zoom {
			for x := range w / zoom {
				at := 3 * (f*w*h + (y*zoom+1)*w + x*zoom + 1)
				r, gr, b, _ := g.Image[f].At(2*x, 2*y).RGBA()
				for c, want := range []uint32{r >> 8, gr >> 8, b >> 8} {
					if d := int(pix[at+c]) - int(want); d < -40 || d > 40 {
						far++
					}
					bright += int(want)
				}
			}
		}
	}
	n := (frames + 49) / 50 * w * h / zoom / zoom * 3
	if bright/n < 40 || far > n/100 {
		t.Errorf("%d of %d values are far from those of the game, whose mean is %d", far, n, bright/n)
	}
}

// TestFilmRefused wants a film that cannot be made to be refused before the game.
func TestFilmRefused(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there.mp4")
	put(t, there, []byte("x"))
	bad := filepath.Join(dir, "bin")
	if err := os.Mkdir(bad, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bad, "ffmpeg"), []byte("#!/bin/sh\necho Unknown encoder 1>&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", dir) // no Python environment
	t.Setenv("HOME", dir)
	for _, tc := range []struct{ name, bin, video, want string }{
		{"no ffmpeg", dir, filepath.Join(dir, "a.mp4"), "none is on the PATH: run: glint env install --extra video"},
		{"an ffmpeg without H.264", bad, filepath.Join(dir, "a.MP4"), "does not encode H.264: Unknown encoder: run: glint env install --extra video"},
		{"another format", bad, filepath.Join(dir, "a.avi"), "a.mp4 or .gif"},
		{"there already", bad, there, "exists"},
		{"no folder", bad, filepath.Join(dir, "none", "a.mp4"), "there is no folder"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("PATH", tc.bin)
			res, err := filmed(t, tc.video)
			var usage *app.UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), tc.want) || len(res.Scores) > 0 {
				t.Errorf("error %v after %d games, want %q before any", err, len(res.Scores), tc.want)
			}
			if _, err := os.Stat(tc.video); err == nil && tc.video != there {
				t.Error("a video was written")
			}
		})
	}
}

// TestFilmFails wants what a broken ffmpeg says, and no film.
func TestFilmFails(t *testing.T) {
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\nfor a; do last=$a; done\n[ $last = - ] && exit 0\ntouch %s\necho no space left 1>&2\nexit 1\n", filepath.Join(dir, "a.mp4"))
	if err := os.WriteFile(filepath.Join(dir, "ffmpeg"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	video := filepath.Join(dir, "a.mp4")
	if _, err := filmed(t, video); err == nil || !strings.HasSuffix(err.Error(), "could not write the film: no space left") {
		t.Errorf("error %v, want what ffmpeg says", err)
	}
	if _, err := os.Stat(video); err == nil {
		t.Error("half a film is left")
	}
}
