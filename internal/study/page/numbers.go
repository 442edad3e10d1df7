package page

import (
	"math"
	"strconv"
	"strings"

	"glint/internal/study"
)

// numbers writes the figures of one judge, all with as many digits behind the point.
type numbers struct{ digits int }

// share writes probabilities.
var share = numbers{2}

// figureDigits is how many digits are written of half the largest figure of a judge, and
// how many behind the point at least where it is below 10, such as of shares.
const figureDigits = 3

// numbersOf finds the digits by the largest figure of a judge.
func numbersOf(r *study.Result, j study.Judge) numbers {
	largest := 0.0
	for _, figures := range r.Arms {
		for _, v := range figures[j.Name].Seeds {
			if v != nil {
				largest = max(largest, math.Abs(*v))
			}
		}
	}
	digits := figureDigits
	if largest >= 10 {
		digits = 0
	}
	if largest > 0 {
		digits = max(digits, figureDigits-1-int(math.Floor(math.Log10(largest/2))))
	}
	return numbers{min(digits, mostDigits)}
}

// mostDigits is how many digits behind the point are written at most.
const mostDigits = 9

// difference writes a difference with its sign and, apart from it, its interval: with as
// many digits as figures have, and more where its ends would look the same.
func (n numbers) difference(e *study.Estimate) (value, span string) {
	if e.Lo != nil && e.Hi != nil && *e.Hi > *e.Lo {
		n.digits = max(n.digits, min(-int(math.Floor(math.Log10(*e.Hi-*e.Lo))), mostDigits))
	}
	return n.signed(e.Value), n.span(e.Lo, e.Hi)
}

// of writes a figure with a true minus.
func (n numbers) of(x float64) string {
	s := strconv.FormatFloat(x, 'f', n.digits, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-") // never minus zero
	}
	return strings.Replace(s, "-", "−", 1)
}

func (n numbers) signed(x float64) string {
	if s := n.of(x); x <= 0 || strings.Trim(s, "0.") == "" {
		return s
	}
	return "+" + n.of(x)
}

// span writes an interval in brackets, nothing where it is not known.
func (n numbers) span(lo, hi *float64) string {
	if lo == nil || hi == nil {
		return ""
	}
	return " (" + n.of(*lo) + " to " + n.of(*hi) + ")"
}

// needed says how many seeds the observed spread would need to tell an arm from the base.
func needed(r *study.Result, j study.Judge, a study.Arm) string {
	f := r.Arms[a.Name][j.Name]
	switch {
	case f.Needed != nil:
		return " If the means and the spread observed were the true ones, telling the mean of " + a.Name + " from that of " + r.Base + " would need about " +
			seedsOf(*f.Needed) + " seeds (paired t test at 5 %, power 80 %); both have " + strconv.Itoa(shared(r, j, a.Name)) + "."
	case f.Difference != nil && f.Difference.Lo != nil:
		return " The means of " + a.Name + " and " + r.Base + " are equal, which no number of seeds would tell apart."
	}
	return ""
}

// seedsOf writes a number of seeds, of which nobody runs thousands, and below fewest of
// which there is no verdict.
func seedsOf(n float64) string {
	n = max(n, fewest)
	const most = 999
	if n > most {
		return "over " + strconv.Itoa(most)
	}
	return strconv.FormatFloat(n, 'f', 0, 64)
}

// shared is the number of seeds of which both an arm and the base have a figure.
func shared(r *study.Result, j study.Judge, arm string) (n int) {
	for i, v := range r.Arms[r.Base][j.Name].Seeds {
		if v != nil && r.Arms[arm][j.Name].Seeds[i] != nil {
			n++
		}
	}
	return n
}
