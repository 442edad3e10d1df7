package doctor

// Plot is what a check measured, to be drawn: lines over numbers or, where Classes are named,
// bars, one of each series for a class.
type Plot struct {
	Title      string // what is shown, without a full stop
	X, Y       string // what the axes are, with units
	LogX, LogY bool
	Classes    []string
	Series     []Series
	Marks      []Mark
}

// Series is a line of a Plot, or a bar of each class. What is not finite is left out.
type Series struct {
	Name string
	X, Y []float64 // of as many points; bars have no X
}

// Mark is a place on the axis of X, such as a setting.
type Mark struct {
	Name string
	X    float64
}
