package saliency_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env"
	"glint/saliency"
)

func finderConfig(side int) saliency.FinderConfig {
	return saliency.FinderConfig{Detector: saliency.DefaultDetectorConfig(), Flight: saliency.DefaultFlightConfig(), Side: side}
}

// episode gives the planes to a finder as stacks of 4 and returns what it finds, with
// frames counted over all steps, and how late the first answer came.
func episode(f *saliency.Finder, planes [][]byte) (all []env.Box, late int) {
	step := 0
	take := func(boxes []env.Box) {
		for _, b := range boxes {
			b.Frame += 4 * step
			all = append(all, b)
		}
		step++
	}
	late = -1
	for i := 0; i < len(planes); i += 4 {
		if boxes, ok := f.Add(slices.Concat(planes[i : i+4]...)); ok {
			if late < 0 {
				late = i / 4
			}
			take(boxes)
		}
	}
	for boxes, ok := f.Rest(); ok; boxes, ok = f.Rest() {
		take(boxes)
	}
	return byFrame(all), late
}

func TestFinder(t *testing.T) {
	planes, truth := throw(60, 0, 30, 31, 1.25, 0, func(p picture) { p.fighter(60, 20) })
	_, found := detect(t, planes)
	for _, side := range []int{0, 1, 4, 20} {
		f, err := saliency.NewFinder(finderConfig(side), 4, planeH, planeW)
		if err != nil {
			t.Fatal(err)
		}
		got, late := episode(f, planes)
		if want := min(side, 15); side < 15 && late != want {
			t.Errorf("side %d: the first answer came %d steps late, want %d", side, late, want)
		}
		if side >= 4 {
			sameKnives(t, truth, got)
		}
		if len(got) < len(found) {
			t.Errorf("side %d: %d boxes, the detector alone finds %d", side, len(got), len(found))
		}
		again, _ := episode(f, planes)
		if d := cmp.Diff(got, again); d != "" {
			t.Errorf("side %d: a second episode differs: %s", side, d)
		}
	}
}

// TestFinderEpisodes wants nothing of an episode to be filled in from the one before.
func TestFinderEpisodes(t *testing.T) {
	planes, _ := throw(20, 0, 30, 31, 1.25, 0, func(picture) {})
	empty, _ := throw(20, 20, 0, 0, 0, 0, func(p picture) { p.knife(54, 31).fighter(58, 20) })
	f, err := saliency.NewFinder(finderConfig(4), 4, planeH, planeW)
	if err != nil {
		t.Fatal(err)
	}
	episode(f, planes)
	if got, _ := episode(f, empty); len(got) > 0 {
		t.Errorf("%v found, want nothing without a flight", got)
	}
}

// A finder that takes over a state answers as the one it is of would have, also to the
// end of an episode, and other states are refused.
func TestFinderState(t *testing.T) {
	planes, _ := throw(44, 0, 30, 31, 1.25, 0, func(p picture) { p.fighter(60, 20) })
	play := func(f *saliency.Finder, from, to int) (all [][]env.Box) {
		for i := from; i < to; i += 4 {
			if boxes, ok := f.Add(slices.Concat(planes[i : i+4]...)); ok {
				all = append(all, append([]env.Box{}, boxes...))
			}
		}
		return all
	}
	rest := func(f *saliency.Finder) (all [][]env.Box) {
		for boxes, ok := f.Rest(); ok; boxes, ok = f.Rest() {
			all = append(all, append([]env.Box{}, boxes...))
		}
		return all
	}
	fresh := func(side int) *saliency.Finder {
		f, err := saliency.NewFinder(finderConfig(side), 4, planeH, planeW)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, side := range []int{0, 2, 4} {
		for cut := 0; cut <= len(planes); cut += 4 {
			a, b := fresh(side), fresh(side)
			play(a, 0, cut)
			if err := b.SetState(a.State()); err != nil {
				t.Fatal(err)
			}
			want := append(play(a, cut, len(planes)), rest(a)...)
			if d := cmp.Diff(want, append(play(b, cut, len(planes)), rest(b)...)); d != "" {
				t.Errorf("side %d, cut at frame %d (-want +got):\n%s", side, cut, d)
			}
		}
	}
	f := fresh(1)
	play(f, 0, 12)
	good := f.State()
	for name, bad := range map[string]saliency.FinderState{
		"more due":   {Stacks: good.Stacks, Due: 2},
		"fewer due":  {Stacks: good.Stacks, Due: -1},
		"more steps": {Stacks: append(good.Stacks, good.Stacks...), Due: 1},
		"no stacks":  {Due: 1},
		"short ones": {Stacks: [][]byte{{1}}, Due: 1},
	} {
		if err := fresh(1).SetState(bad); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestFinderAllocatesNothing(t *testing.T) {
	planes, _ := throw(60, 0, 30, 31, 1.25, 0, func(p picture) { p.fighter(60, 20) })
	f, err := saliency.NewFinder(finderConfig(4), 4, planeH, planeW)
	if err != nil {
		t.Fatal(err)
	}
	stacks := [][]byte{}
	for i := 0; i < len(planes); i += 4 {
		stacks = append(stacks, slices.Concat(planes[i:i+4]...))
	}
	play := func() {
		for _, s := range stacks {
			f.Add(s)
		}
		for _, ok := f.Rest(); ok; _, ok = f.Rest() {
		}
	}
	play()
	if n := testing.AllocsPerRun(10, play); n != 0 {
		t.Errorf("%v allocations in an episode", n)
	}
}

func TestFinderRefuses(t *testing.T) {
	bad := finderConfig(-1)
	if _, err := saliency.NewFinder(bad, 4, planeH, planeW); err == nil || !strings.Contains(err.Error(), "-1 steps") {
		t.Errorf("negative side: error %v", err)
	}
	bad = finderConfig(1)
	bad.Flight.Found = 0
	if _, err := saliency.NewFinder(bad, 4, planeH, planeW); err == nil || !strings.Contains(err.Error(), "Found") {
		t.Errorf("flight: error %v", err)
	}
	bad = finderConfig(1)
	bad.Detector.Gap = -1
	if _, err := saliency.NewFinder(bad, 4, planeH, planeW); err == nil || !strings.Contains(err.Error(), "Gap") {
		t.Errorf("detector: error %v", err)
	}
	f, err := saliency.NewFinder(finderConfig(1), 4, planeH, planeW)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a short stack does not panic")
		}
	}()
	f.Add(make([]byte, 3*planeH*planeW))
}

// BenchmarkFinder times a step of 4 frames in the midst of a flight.
func BenchmarkFinder(b *testing.B) {
	planes, _ := throw(60, 0, 30, 31, 1.25, 0, func(p picture) { p.fighter(60, 20) })
	f, err := saliency.NewFinder(finderConfig(4), 4, planeH, planeW)
	if err != nil {
		b.Fatal(err)
	}
	stacks := [][]byte{}
	for i := 0; i < len(planes); i += 4 {
		stacks = append(stacks, slices.Concat(planes[i:i+4]...))
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		f.Add(stacks[i%len(stacks)])
		i++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(4*b.N), "ns/frame")
}
