package replay_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"glint/env"
	"glint/replay"
)

// The shape of a foreground stack of Kung-Fu Master.
const (
	planeT, planeH, planeW = 4, 64, 144
	planeLen               = planeT * planeH * planeW
)

// fighters draws a stack like the game's foreground plane: two patterned figures
// of 10x34 pixels that move a little from frame to frame, a knife of 8 pixels, and
// zeros, which are 97 % of it.
func fighters(i int) []byte {
	obs := make([]byte, planeLen)
	for t := range planeT {
		frame := obs[t*planeH*planeW:][:planeH*planeW]
		for f, x := range []int{i * 3 % 60, 130 - i*5%60} {
			for y := range 34 {
				for dx := range 10 {
					frame[(28+y)*planeW+x+dx+t/2] = []byte{0, 63, 120, 180, 255}[(y/3+dx/2*(f+1)+i/4)%5]
				}
			}
		}
		for p := range 8 {
			frame[(35+p/4)*planeW+(i*5+t+p%4+p/4)%140] = 125
		}
	}
	return obs
}

func benchStore(b *testing.B) *replay.Store {
	s := newStore(b, replay.StoreConfig{Capacity: 2000, Classes: 2, Least: []float64{0.5, 0.5}, Len: planeLen})
	for i := range 2000 {
		if err := s.Add(fighters(i), i%10/9, nil); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func BenchmarkStoreAdd(b *testing.B) {
	s, obs := benchStore(b), fighters(7)
	b.SetBytes(planeLen)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Add(obs, 0, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStoreSample32(b *testing.B) {
	s, r := benchStore(b), rand.New(rand.NewPCG(1, 2))
	dst, boxes := make([]byte, 32*planeLen), make([][]env.Box, 32)
	b.SetBytes(int64(len(dst)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Sample(r, dst, boxes); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(s.Bytes())/float64(s.Len()), "B/stack")
}

func BenchmarkDataset(b *testing.B) {
	m := replay.MetaOf(env.Spec{Name: "dojo", T: planeT, H: planeH, W: planeW, Format: env.Plane, Actions: 4})
	rows := make([][]byte, 1000)
	for i := range rows {
		rows[i] = fighters(i)
	}
	dir := filepath.Join(b.TempDir(), "data")
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			if err := os.RemoveAll(dir); err != nil {
				b.Fatal(err)
			}
			w, err := replay.Create(dir, m)
			if err != nil {
				b.Fatal(err)
			}
			for _, obs := range rows {
				if err := w.Add(replay.Row{Obs: obs}); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N*len(rows))/b.Elapsed().Seconds(), "steps/s")
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			d, err := replay.Open(dir)
			if err != nil {
				b.Fatal(err)
			}
			for _, err := range d.Rows(context.Background()) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N*len(rows))/b.Elapsed().Seconds(), "steps/s")
	})
}
