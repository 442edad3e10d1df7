package app

import (
	"slices"
	"testing"

	"glint/agent"
	"glint/replay"
)

// numbered returns n episodes whose sizes tell them apart.
func numbered(n int) (episodes []replay.Episode) {
	for i := range n {
		episodes = append(episodes, replay.Episode{Number: uint64(i), Rows: 1 << (i % 20), Small: i, Taken: []int{i, 1}})
	}
	return episodes
}

// Every episode is in one part, its share of them in each, and the part to judge does not
// change with the part to test.
func TestDivide(t *testing.T) {
	episodes := numbered(2000)
	d := DataConfig{ValShare: 0.1, TestShare: 0.2}
	p := divide(episodes, d)
	n := p.episodes
	if n[agent.Judged] < 160 || n[agent.Judged] > 240 || n[agent.Aside] < 340 || n[agent.Aside] > 460 || n[agent.Learned]+n[agent.Judged]+n[agent.Aside] != 2000 {
		t.Errorf("parts of %v episodes", n)
	}
	var sums [3]int
	for _, e := range episodes {
		sums[p.of[e.Number]] += e.Small
		if judged := p.of[e.Number] == agent.Judged; judged != replay.Split(e.Number, 0.1) {
			t.Errorf("episode %d is judged: %v", e.Number, judged)
		}
	}
	for part, sum := range p.sums {
		if sum.Small != sums[part] || sum.Taken[0] != sums[part] || sum.Taken[1] != n[part] {
			t.Errorf("part %d adds up to %+v, want %d small", part, sum, sums[part])
		}
	}
	without := divide(episodes, DataConfig{ValShare: 0.1})
	for e, part := range without.of {
		if part != agent.Judged || p.of[e] != agent.Judged {
			t.Errorf("episode %d is in part %d with a test and in %d without", e, p.of[e], part)
		}
	}
}

// Few episodes still make the parts that have a share, the last ones first.
func TestDivideFew(t *testing.T) {
	const l, j, a = agent.Learned, agent.Judged, agent.Aside
	for _, c := range []struct {
		episodes int
		d        DataConfig
		want     []agent.Part
	}{
		{1, DataConfig{ValShare: 0.5, TestShare: 0.4}, []agent.Part{l}},
		{2, DataConfig{ValShare: 0.001}, []agent.Part{l, j}},
		{2, DataConfig{TestShare: 0.001}, []agent.Part{l, a}},
		{3, DataConfig{ValShare: 0.001, TestShare: 0.001}, []agent.Part{l, a, j}},
		{2, DataConfig{ValShare: 0.001, TestShare: 0.001}, []agent.Part{l, j}},
		{4, DataConfig{}, []agent.Part{l, l, l, l}},
		{2, DataConfig{ValShare: 0.999}, []agent.Part{l, j}},
	} {
		p := divide(numbered(c.episodes), c.d)
		var got []agent.Part
		for i := range c.episodes {
			got = append(got, p.of[uint64(i)])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%d episodes by %+v: parts %v, want %v", c.episodes, c.d, got, c.want)
		}
	}
}
