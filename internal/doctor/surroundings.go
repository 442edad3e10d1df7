package doctor

import (
	"fmt"

	"glint/internal/judge"
)

// Determined is the verdict on an environment that was played twice by the same seed and the
// same actions: differ is the first step that was not the same, 0 for none.
func Determined(steps, differ int) Verdict {
	const check = "environment determined"
	if differ == 0 {
		return atMost(check, 0, 0, fmt.Sprintf("the same seed and actions gave the same %d steps twice", steps), "")
	}
	return atMost(check, float64(differ), 0, fmt.Sprintf("the same seed and actions gave something else at step %d", differ),
		"a run cannot be repeated or resumed exactly: does the environment draw from a generator without the seed, or from the clock?")
}

// stillMost is the largest share of steps that may show what the one before showed.
const stillMost = 0.9

// Still is the verdict on how often nothing changes from one step to the next, and on how many
// pixels ever do.
func Still(same, steps int, moving float64) Verdict {
	return atMost("frames change", float64(same)/float64(steps), stillMost,
		fmt.Sprintf("share of %d steps that show just what the step before showed; %s of the pixels ever change", steps, percent(moving)),
		"the game stands still: does it wait for a key (fire, start), is the crop on the right place, are keys and rate those of the screen?")
}

// foundLeast is the least recall and the least precision of a detector, where the truth is known.
const foundLeast = 0.3

// Found is the verdict on a detector by the truth. Objects that a body hides are not found by
// anyone.
func Found(f judge.Finds) Verdict {
	const check = "detector and truth"
	if f.Objects == 0 {
		return told(check, 0, fmt.Sprintf("no small object was there in these steps, and the detector fired %d times", f.Fires))
	}
	share := f.Recall()
	if p := f.Precision(); f.Fires > 0 && p < share {
		share = p
	}
	return atLeast(check, share, foundLeast,
		fmt.Sprintf("%d of %d small objects are found, by %d fires of which %d are on nothing: the lower of recall and precision", f.Hits, f.Objects, f.Fires, f.False),
		"the detector does not suit the game: glint detect --calibrate finds its settings without labels")
}

// NothingHeldOut is the verdict on data of which nothing is left aside to judge on.
func NothingHeldOut() Verdict {
	return atLeast("validation apart", 0, 1, "no step is left aside: the judge looks at what was trained on",
		"raise --val-share, record more episodes, or give --held-out")
}

// leakMost is the largest share of an episode to judge that may be found in one episode that is
// trained on. Random starts and actions take two episodes of one game apart within a few steps.
const leakMost = 0.5

// Apart is the verdict on whether what is judged was trained on: the share of a judged episode's
// steps that are the same as those of one episode to train on, in the worst case.
func Apart(share float64, judged, trained string, repeats float64) Verdict {
	return atMost("validation apart", share, leakMost,
		fmt.Sprintf("%s of %s are steps of %s as well, in the worst case; %s of all judged frames occur in training, chance meetings included", percent(share), judged, trained, percent(repeats)),
		"the judge looks at what was trained on: record other episodes with another --seed, split by episode and never by frame, and leave double episodes out")
}
