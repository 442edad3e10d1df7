package diagnose

import (
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"slices"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/world"
	"glint/internal/doctor"
	"glint/replay"
)

// leaks looks for steps that are both trained on and judged.
func (e *examination) leaks(ctx context.Context) ([]doctor.Verdict, error) {
	if e.cfg.Data.Dir == "" {
		return nil, nil
	}
	data, err := world.OpenData(ctx, e.cfg.Data, app.IO{Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		return nil, err
	}
	train, judged := map[[2]uint64][]uint64{}, map[uint64][][2]uint64{}
	if err := digests(ctx, data, func(r replay.Row, d [2]uint64) {
		if part := e.world.Of[r.Episode]; part != agent.Learned && e.o.HeldOut == "" {
			judged[r.Episode] = append(judged[r.Episode], d)
		} else if of := train[d]; part == agent.Learned && !slices.Contains(of, r.Episode) {
			train[d] = append(of, r.Episode)
		}
	}); err != nil {
		return nil, err
	}
	where := "episode"
	if e.o.HeldOut != "" {
		where = e.o.HeldOut + ", episode"
		other, err := world.OpenData(ctx, config.Data{Dir: e.o.HeldOut, SkipBad: e.cfg.Data.SkipBad}, app.IO{Stdout: io.Discard, Stderr: io.Discard})
		if err != nil {
			return nil, err
		}
		if err := digests(ctx, other, func(r replay.Row, d [2]uint64) { judged[r.Episode] = append(judged[r.Episode], d) }); err != nil {
			return nil, err
		}
	}
	return []doctor.Verdict{apartBy(train, judged, where)}, nil
}

// digests visits the steps of a dataset with digests of their observations; a repeated one is left
// out.
func digests(ctx context.Context, data *replay.Dataset, visit func(replay.Row, [2]uint64)) error {
	last := map[uint64][2]uint64{}
	for row, err := range data.Rows(ctx) {
		if err != nil {
			return err
		}
		if d := [2]uint64{maphash.Bytes(digestSeeds[0], row.Obs), maphash.Bytes(digestSeeds[1], row.Obs)}; d != last[row.Episode] {
			last[row.Episode] = d
			visit(row, d)
		}
	}
	return nil
}

// digestSeeds make two digests of one observation.
var digestSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// shortEpisode is how many steps an episode must have to be looked at by itself: a few alike at
// the start are chance.
const shortEpisode = 20

// apartBy is the verdict on the judged episode that shares most with one trained on, or on all
// of them together where all are short.
func apartBy(train map[[2]uint64][]uint64, judged map[uint64][][2]uint64, where string) doctor.Verdict {
	var worst float64
	var of, with uint64
	common, total, long := 0, 0, 0
	for episode, steps := range judged {
		shared := map[uint64]int{}
		for _, d := range steps {
			total++
			if len(train[d]) > 0 {
				common++
			}
			for _, t := range train[d] {
				shared[t]++
			}
		}
		if len(steps) < shortEpisode {
			continue
		}
		long++
		for t, n := range shared {
			share := float64(n) / float64(len(steps))
			if share > worst || share == worst && (episode < of || episode == of && t < with) {
				worst, of, with = share, episode, t
			}
		}
	}
	if total == 0 {
		return doctor.NothingHeldOut()
	}
	repeats := float64(common) / float64(total)
	if long == 0 {
		return doctor.Apart(repeats, "all judged episodes, short ones,", "training", repeats)
	}
	return doctor.Apart(worst, fmt.Sprintf("%s %d", where, of), fmt.Sprintf("training episode %d", with), repeats)
}
