package world

import (
	"slices"
	"testing"

	"glint/agent"
	"glint/internal/app/config"
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
	d := config.Data{ValShare: 0.1, TestShare: 0.2}
	p := Divide(episodes, d)
	n := p.Episodes
	if n[agent.Judged] < 160 || n[agent.Judged] > 240 || n[agent.Aside] < 340 || n[agent.Aside] > 460 || n[agent.Learned]+n[agent.Judged]+n[agent.Aside] != 2000 {
		t.Errorf("parts of %v episodes", n)
	}
	var sums [3]int
	for _, e := range episodes {
		sums[p.Of[e.Number]] += e.Small
		if judged := p.Of[e.Number] == agent.Judged; judged != replay.Split(e.Number, 0.1) {
			t.Errorf("episode %d is judged: %v", e.Number, judged)
		}
	}
	for part, sum := range p.Sums {
		if sum.Small != sums[part] || sum.Taken[0] != sums[part] || sum.Taken[1] != n[part] {
			t.Errorf("part %d adds up to %+v, want %d small", part, sum, sums[part])
		}
	}
	without := Divide(episodes, config.Data{ValShare: 0.1})
	for e, part := range without.Of {
		if part != agent.Judged || p.Of[e] != agent.Judged {
			t.Errorf("episode %d is in part %d with a test and in %d without", e, p.Of[e], part)
		}
	}
}

// Few episodes still make the parts that have a share, the last ones first.
func TestDivideFew(t *testing.T) {
	const l, j, a = agent.Learned, agent.Judged, agent.Aside
	for _, c := range []struct {
		episodes int
		d        config.Data
		want     []agent.Part
	}{
		{1, config.Data{ValShare: 0.5, TestShare: 0.4}, []agent.Part{l}},
		{2, config.Data{ValShare: 0.001}, []agent.Part{l, j}},
		{2, config.Data{TestShare: 0.001}, []agent.Part{l, a}},
		{3, config.Data{ValShare: 0.001, TestShare: 0.001}, []agent.Part{l, a, j}},
		{2, config.Data{ValShare: 0.001, TestShare: 0.001}, []agent.Part{l, j}},
		{4, config.Data{}, []agent.Part{l, l, l, l}},
		{2, config.Data{ValShare: 0.999}, []agent.Part{l, j}},
	} {
		p := Divide(numbered(c.episodes), c.d)
		var got []agent.Part
		for i := range c.episodes {
			got = append(got, p.Of[uint64(i)])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%d episodes by %+v: parts %v, want %v", c.episodes, c.d, got, c.want)
		}
	}
}
