package e2e_test

import (
	"bytes"
	"errors"
	"image"
	"image/gif"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/view"
)

// TestViewFilm films play of a run: a GIF has a frame a step, an MP4 all of them.
func TestViewFilm(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	trained(t, small("dojo", agent.PPO), run)
	v := view.Options{Checkpoint: run, Steps: 30, Seed: 3, Change: func(*config.Config) {}}
	shoot := func(name string) (view.FilmResult, []byte) {
		t.Helper()
		path := filepath.Join(dir, name)
		res, err := view.Film(t.Context(), v, path, quiet())
		if err != nil {
			t.Fatal(err)
		}
		return res, read(t, path)
	}
	res, film := shoot("a.gif")
	if res.Steps != 30 || res.Ended || res.Small > 30 {
		t.Errorf("filmed: %+v", res)
	}
	g, err := gif.DecodeAll(bytes.NewReader(film))
	if err != nil || len(g.Image) != 30 || g.Image[0].Rect.Size() != image.Pt(908, 742) || g.Delay[0] != 7 {
		t.Errorf("%d frames, error %v", len(g.Image), err)
	}
	if _, again := shoot("b.gif"); !bytes.Equal(again, film) {
		t.Error("the same seed gives another film")
	}
	v.Seed = 4
	if _, other := shoot("c.gif"); bytes.Equal(other, film) {
		t.Error("another seed gives the same film")
	}
	if _, err := view.Film(t.Context(), v, filepath.Join(dir, "a.gif"), quiet()); !usage(err, "choose another --film") {
		t.Errorf("error %v, want that the file exists", err)
	}
	t.Run("mp4", func(t *testing.T) {
		ffmpeg := needFFmpeg(t)
		v.Steps = 10
		shoot("d.mp4")
		pix, err := exec.CommandContext(t.Context(), ffmpeg, "-v", "error", "-i", filepath.Join(dir, "d.mp4"), "-pix_fmt", "gray", "-f", "rawvideo", "-").Output()
		if err != nil || len(pix) != 40*908*742 {
			t.Errorf("%d bytes of frames, want 40 frames of 908x742 (%v)", len(pix), err)
		}
	})
}

// TestViewFilmOfPretraining wants no value and policy of heads that never learned.
func TestViewFilmOfPretraining(t *testing.T) {
	dir := t.TempDir()
	run, film := filepath.Join(dir, "run"), filepath.Join(dir, "film.gif")
	c := small("dojo", agent.PPO)
	c.Alone, c.Agent.Pretrain.Updates = true, 5
	trained(t, c, run)
	if _, err := view.Film(t.Context(), view.Options{Checkpoint: run, Steps: 3, Change: func(*config.Config) {}}, film, quiet()); err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(read(t, film)))
	if err != nil || g.Image[0].Rect.Size() != image.Pt(908, 516) {
		t.Errorf("frames of %v, error %v", g.Image[0].Rect.Size(), err)
	}
}

// usage says whether an error is a UsageError with a text in it.
func usage(err error, text string) bool {
	var u *app.UsageError
	return errors.As(err, &u) && strings.Contains(err.Error(), text)
}
