package study

// The report in the study folder: a page, and a summary in Markdown.
const (
	PageFile    = "report.html"
	SummaryFile = "summary.md"
)

// Result is what a study found: the study folder's result.json, and what glint ablate
// prints with --json. Paths are relative to the study folder; a dataset that was given
// is linked there.
type Result struct {
	Report   string `json:"report"` // file of the page
	Name     string `json:"name"`
	Question string `json:"question"`
	Env      string `json:"env"`
	Kind     string `json:"kind"`     // of trial: [Pretrain] or [Train]
	Length   int64  `json:"length"`   // of a trial: updates of pretrain, steps of train
	Data     string `json:"data"`     // dataset trained on; empty for train
	HeldOut  string `json:"held_out"` // dataset of other episodes that probe judges; empty for train
	DataID   string `json:"data_id"`  // says how they were recorded; replay.Meta.ID
	HeldID   string `json:"held_out_id"`
	DataFrom string `json:"data_from"` // the same for people
	HeldFrom string `json:"held_out_from"`

	Judges []Judge  `json:"judges"` // columns of the table
	Order  []Arm    `json:"order"`  // rows of the table
	Base   string   `json:"base"`   // arm that the others are compared with
	Seeds  []uint64 `json:"seeds"`

	// Arms is, by an arm's name and a judge's, what was measured.
	Arms map[string]map[string]Figure `json:"arms"`
	// AgainstControl is the same by the arms that have a control, with differences to it in
	// place of the base.
	AgainstControl map[string]map[string]Figure `json:"against_control,omitempty"`
	Trials         int                          `json:"trials"` // that were asked for
	Failed         int                          `json:"failed"` // of them
	Failures       []Failure                    `json:"failures"`
	LeftOut        []string                     `json:"left_out"` // trials with an outcome that were not asked for

	Versions []string `json:"versions"` // that the trials ran with; one, unless a study went on with another
	Commands []string `json:"commands"` // that repeat it
}

// Judge is one figure that arms are compared by.
type Judge struct {
	Name   string `json:"name"`   // key in the output of glint probe or eval
	Label  string `json:"label"`  // for people
	Better Better `json:"better"` // direction
}

// Better is the direction in which a figure is better.
type Better string

// The directions.
const (
	Higher Better = "higher"
	Lower  Better = "lower"
)

// Arm is one row of a study.
type Arm struct {
	Name string `json:"name"`
	What string `json:"what"` // one line for people; may be empty
	// Control is the arm that this one is compared with besides the base; may be empty.
	Control string `json:"control,omitempty"`
	// Settings are the differences of the config to the defaults, as TOML: those of all
	// arms and the arm's own.
	Settings string `json:"settings"`
	// Example is the run of the first seed whose trial succeeded, to draw reconstructions
	// of; empty where none did.
	Example string `json:"example"`
	// Note says what is special about an arm's figures, such as truth in training; may be
	// empty.
	Note string `json:"note"`
}

// Figure is what a judge says of an arm over seeds. What is not known is nil: all of it
// where every trial failed, intervals where there is only one seed.
type Figure struct {
	IQM *float64 `json:"iqm"` // interquartile mean over seeds
	Lo  *float64 `json:"lo"`  // of its 95 % interval
	Hi  *float64 `json:"hi"`
	// Seeds are the single values in the order of Result.Seeds, nil where the trial failed
	// or has no such figure.
	Seeds []*float64 `json:"seeds"`
	// Difference is the IQM of this arm minus the base's, over the seeds that both have and
	// paired by them; nil for the base itself.
	Difference *Estimate `json:"difference"`
	// Paired is the difference of the means over seeds, paired by seed and by episode of the
	// held-out dataset, by stats.DifferenceOfRatios; nil for the base itself and of a figure
	// that does not add up over frames.
	Paired *Estimate `json:"paired"`
	// Improvement is the probability that a trial of this arm is better, in the direction
	// of the judge, than one of the base; nil for the base itself.
	Improvement *Estimate `json:"improvement"`
	// Needed is how many seeds the spread of the differences would need, by stats.Seeds; nil
	// for the base itself, of one seed, and where no number would do.
	Needed *float64 `json:"seeds_needed"`
}

// Estimate is a figure with its 95 % interval, which is nil with one seed.
type Estimate struct {
	Value float64  `json:"value"`
	Lo    *float64 `json:"lo"`
	Hi    *float64 `json:"hi"`
}

// Failure is a trial without a result.
type Failure struct {
	Arm   string `json:"arm"`
	Seed  uint64 `json:"seed"`
	Error string `json:"error"` // one line
}

// The kinds of trial.
const (
	Pretrain = "pretrain" // the autoencoder alone on a dataset, judged by glint probe
	Train    = "train"    // an agent, judged by glint eval
)
