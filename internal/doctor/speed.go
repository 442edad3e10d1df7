package doctor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// timed is how many updates are timed on each number of threads; the fastest counts, the least
// disturbed one.
const timed = 5

// Speed tells how long an update takes on each number of threads, which set sets.
func Speed(l Lesson, threads []int, set func(int), r *rand.Rand) (Verdict, error) {
	same(l, draw(first(l.Len()), l.Size(), r))
	k, err := keep(l)
	if err != nil {
		return Verdict{}, err
	}
	defer k.restore(l)
	var said []string
	one, fastest := 0.0, math.Inf(1)
	for i, n := range threads {
		set(n)
		best := math.Inf(1)
		for range timed + 1 { // the first one wakes the threads
			start := time.Now()
			if err := l.Step(); err != nil {
				return Verdict{}, err
			}
			best = min(best, time.Since(start).Seconds())
		}
		if i == 0 {
			one = best
		}
		fastest = min(fastest, best)
		said = append(said, fmt.Sprintf("%.1f ms on %d", 1000*best, n))
	}
	return told("threads, "+l.Head(), one/fastest, fmt.Sprintf("an update of %d takes %s: %.2g times as fast at best", l.Size(), strings.Join(said, ", "), one/fastest)), nil
}
