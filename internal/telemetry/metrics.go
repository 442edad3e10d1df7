package telemetry

// The names of the metrics.
const (
	LossTotal          = "loss/total"
	LossPolicy         = "loss/policy"
	LossValue          = "loss/value"
	LossReconstruction = "loss/reconstruction"
	LossPlaces         = "loss/places"
	Entropy            = "entropy"
	ApproxKL           = "approx_kl"
	ClipFraction       = "clip_fraction"
	ExplainedVariance  = "explained_variance"
	GradNorm           = "grad_norm"
	LearningRate       = "lr"
	MSE                = "mse"
	KnivesKept         = "knives/kept"
	KnivesContrast     = "knives/contrast"
	KnivesDetected     = "knives/detected"
	KnivesFalse        = "knives/false"
	HeldOutMSE         = "heldout/mse"
	ValidationLoss     = "validation/loss"
	ValidationF1       = "validation/macro_f1"
	CodeSaturated      = "code/saturated"
	CodeConstant       = "code/constant"
	ClassShare         = "class/share"
	ScoreMean          = "score/mean"
	ScoreLast          = "score/last"
	Episodes           = "episodes"
	EpisodeLength      = "episode/length"
	AEPerStep          = "ae_per_step"
	StepsPerSecond     = "steps_per_s"
	FramesPerSecond    = "frames_per_s"
	PhaseEnv           = "phase/env"
	PhasePreprocess    = "phase/preprocess"
	PhaseAct           = "phase/act"
	PhaseLearn         = "phase/learn"
	PhaseSave          = "phase/save"
	PhaseWait          = "phase/wait"
	RSS                = "rss_mib"
)

// Metric describes one metric. It is the only place where its unit and formula
// are written down.
type Metric struct {
	// Name is the key in the files, with a slash between group and name.
	Name string
	// Unit is the unit of a value; "share" is 0..1, "1" a plain number.
	Unit string
	// Formula says how a value is computed, in the words of docs/METRICS.md.
	Formula string
	// Help says how to read the metric: what is good and what is a warning.
	Help string
	// Timing says that the clock or the machine determines it, so that it belongs
	// to timing.jsonl and not to metrics.jsonl.
	Timing bool
}

// Metrics is the registry of all metrics, in the order in which files hold them.
// It must not be changed at run time.
var Metrics = []Metric{
	{
		Name: LossTotal, Unit: "1", Formula: "loss/policy + value_coef · loss/value − entropy_coef · entropy + ae_coef · (loss/reconstruction + places · loss/places)",
		Help: "What Adam descends. Terms that the configuration or the phase of the run switches off count 0.",
	},
	{
		Name: LossPolicy, Unit: "1", Formula: "PPO: −mean(min(r·Â, clip(r, 1−ε, 1+ε)·Â)), r = π(a|s)/π_old(a|s); A2C: −mean(log π(a|s)·Â)",
		Help: "Hovers around 0; its sign says little. PPO: Schulman et al. 2017, equation 7. imitate: Â is 1 or, with balance weights, the weight of the action a, of mean 1 over the minibatch.",
	},
	{
		Name: LossValue, Unit: "1", Formula: "½ · mean((V(s) − R̂)²), R̂ the GAE return of clipped rewards",
		Help: "Rises when the agent finds new rewards, then falls.",
	},
	{
		Name: LossReconstruction, Unit: "1", Formula: "Σ w·(x̂ − x)² / true pixels of the autoencoder's minibatch",
		Help: "The weighted loss that trains the autoencoder. Compare mse, not this, between weightings.",
	},
	{
		Name: LossPlaces, Unit: "1", Formula: "mean((p̂ − p)² + [one object]·((x̂ − x)² + (ŷ − y)²)), p whether the last frame shows a small object, x and y its place in −1..1",
		Help: "How well a linear layer reads places from the code. Absent where agent.autoencoder.places is 0. Near 0.25 it knows nothing.",
	},
	{
		Name: Entropy, Unit: "nat", Formula: "mean(−Σ_a π(a|s)·log π(a|s))",
		Help: "ln(actions) at the start. A fall to 0 in the first minutes means the policy collapsed.",
	},
	{
		Name: ApproxKL, Unit: "nat", Formula: "mean((r − 1) − log r), r = π(a|s)/π_old(a|s)",
		Help: "How far the update moved the policy; above 0.05 the step is too large.",
	},
	{
		Name: ClipFraction, Unit: "share", Formula: "share of samples with |r − 1| > ε",
		Help: "0.05 to 0.3 is usual. PPO only.",
	},
	{
		Name: ExplainedVariance, Unit: "1", Formula: "1 − Var(R̂ − V)/Var(R̂) over the rollout",
		Help: "1 is a perfect critic, 0 one that knows the mean, below 0 worse than the mean.",
	},
	{
		Name: GradNorm, Unit: "1", Formula: "√Σ g² over all parameters, before clipping",
		Help: "Spikes announce trouble.",
	},
	{
		Name: LearningRate, Unit: "1", Formula: "Adam's step size in the last update",
		Help: "Follows the schedule.",
	},
	{
		Name: MSE, Unit: "1", Formula: "mean((x̂ − x)²) over the true pixels of the autoencoder's minibatch, or of some 32 samples spread over a large one, pixels in 0..1",
		Help: "Un-weighted. A low value alone says nothing about small objects: the mean image scores 0.004.",
	},
	{
		Name: KnivesKept, Unit: "share", Formula: "share of true small objects whose contrast in the reconstruction is ≥ 0.5",
		Help: "Judged by the frozen judge on the latest observations of one environment, which the autoencoder does not train on (with one environment alone it does). Absent where the truth is unknown or no object was seen.",
	},
	{
		Name: KnivesContrast, Unit: "1", Formula: "mean over true small objects of (mean of its pixels − median of the pixels within 3 of its box), reconstruction over truth",
		Help: "1 is the original's contrast, 0 an object that is gone.",
	},
	{
		Name: KnivesDetected, Unit: "share", Formula: "the judge's hit rate on reconstructions over its rate on originals",
		Help: "Whether a detector would still find the object.",
	},
	{
		Name: KnivesFalse, Unit: "share", Formula: "share of frames without a small object in which the judge fires on the reconstruction",
		Help: "Objects that the decoder invents.",
	},
	{
		Name: HeldOutMSE, Unit: "1", Formula: "mean((x̂ − x)²) over the true pixels of the observations that the judge looks at, pixels in 0..1",
		Help: "Half of them show a small object. Much above mse the autoencoder has learnt its store by heart. Absent where the truth is unknown.",
	},
	{
		Name: ValidationLoss, Unit: "1", Formula: "pretrain: Σ w·(x̂ − x)² / true pixels of the observations that the judge looks at; imitate: mean of −log π(demonstrator's action), weighted as in training",
		Help: "Of episodes that nothing is learned from, absent where there are none. Rising while the training's own loss falls is overfitting: patience ends the training there.",
	},
	{
		Name: ValidationF1, Unit: "1", Formula: "mean over the demonstrator's actions of 2·precision·recall/(precision + recall)",
		Help: "imitate alone, of the same steps as validation/loss. A rare action counts as much as a frequent one.",
	},
	{
		Name: CodeSaturated, Unit: "share", Formula: "share of the code's values with |tanh| > 0.97",
		Help: "Above 0.5 the encoder hardly learns: is its input centred?",
	},
	{
		Name: CodeConstant, Unit: "share", Formula: "share of the code's units whose standard deviation over the batch is < 0.001",
		Help: "Units that say the same about every frame. Near 1 the decoder draws the mean image.",
	},
	{
		Name: ClassShare, Unit: "share", Formula: "share of the stored steps that show a small object",
		Help: "What balanced batches are drawn from.",
	},
	{
		Name: ScoreMean, Unit: "points", Formula: "mean un-clipped score of the last 100 ended episodes",
		Help: "The game's own score. Absent until an episode ends.",
	},
	{
		Name: ScoreLast, Unit: "points", Formula: "un-clipped score of the last ended episode",
		Help: "Noisy; look at score/mean.",
	},
	{
		Name: Episodes, Unit: "episodes", Formula: "episodes ended since the start of the run",
		Help: "Crashed episodes do not count.",
	},
	{
		Name: EpisodeLength, Unit: "steps", Formula: "mean length of the last 100 ended episodes",
		Help: "One step is one decision of the agent.",
	},
	{
		Name: AEPerStep, Unit: "samples/step", Formula: "autoencoder samples trained on / environment steps",
		Help: "How much of the machine the autoencoder gets.",
	},
	{
		Name: StepsPerSecond, Unit: "steps/s", Formula: "environment steps / wall clock since the last row",
		Help: "Decisions of all environments together.", Timing: true,
	},
	{
		Name: FramesPerSecond, Unit: "frames/s", Formula: "emulator frames / wall clock since the last row",
		Help: "steps_per_s times the frames a decision lasts.", Timing: true,
	},
	{
		Name: PhaseEnv, Unit: "s", Formula: "time spent in environments, with crop and projection, since the last row",
		Help: "More than phase/learn: give the environments more workers.", Timing: true,
	},
	{
		Name: PhasePreprocess, Unit: "s", Formula: "time spent finding small objects, and in random play storing, since the last row",
		Help: "A few percent of the whole.", Timing: true,
	},
	{
		Name: PhaseAct, Unit: "s", Formula: "time spent computing actions since the last row",
		Help: "Grows with the number of environments.", Timing: true,
	},
	{
		Name: PhaseLearn, Unit: "s", Formula: "time spent in updates, with storing, sampling and weighting, since the last row",
		Help: "Should be most of the whole: env and act go on meanwhile.", Timing: true,
	},
	{
		Name: PhaseSave, Unit: "s", Formula: "time spent writing checkpoints since the last row",
		Help: "Checkpoints wait for the disk.", Timing: true,
	},
	{
		Name: PhaseWait, Unit: "s", Formula: "time that learning waited for the rollout played meanwhile, since the last row",
		Help: "With overlap, the other phases add up to more than the time that passed. Much waiting: play is slow, more epochs or autoencoder samples cost little.", Timing: true,
	},
	{
		Name: RSS, Unit: "MiB", Formula: "resident memory of this process",
		Help: "Without the environments' workers.", Timing: true,
	},
}

// Lookup returns the metric of a name; false says that there is none.
func Lookup(name string) (Metric, bool) {
	for _, m := range Metrics {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}
