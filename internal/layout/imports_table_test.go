package layout_test

// allowed is the packages of this module that a package may import. Imports go
// down only: a package knows what it is made of and never who uses it. A package
// that is not here fails the test: give it a row and a reason.
var allowed = map[string]struct {
	imports []string
	reason  string
}{
	"env":                 {nil, "the contract; everything stands on it"},
	"env/envtest":         {[]string{"env"}, "judges any environment by the contract alone"},
	"env/dojo":            {[]string{"env"}, "a game knows no learner"},
	"env/gym":             {[]string{"env"}, "sends native pixels; preprocessing is not its business"},
	"env/score":           {nil, "pictures in, numbers out"},
	"env/vnc":             {[]string{"env", "env/score", "internal/names"}, "a screen, its keys and the digits on it, no rules of a game"},
	"env/vnc/vnctest":     {nil, "a server for tests, which shares no code with what it tests"},
	"env/pixels":          {[]string{"env", "internal/kernel"}, "does not care who made a frame"},
	"saliency":            {[]string{"env", "internal/kernel", "internal/names"}, "boxes and planes in, weights out; no gradient"},
	"replay":              {[]string{"env"}, "stores bytes and boxes; no gradient"},
	"autoencoder":         {[]string{"internal/ops", "internal/kernel"}, "knows pixels and weights, not knives, games or rewards"},
	"agent":               {[]string{"env", "autoencoder", "saliency", "replay", "internal/ops", "internal/kernel", "internal/telemetry", "internal/ckpt"}, "learns from any environment; no flags, no HTTP, no processes"},
	"internal/kernel":     {nil, "plain slices"},
	"internal/ops":        {[]string{"internal/kernel"}, "Gorgonia over kernels; no architecture"},
	"internal/ops/optest": {[]string{"internal/ops", "internal/kernel"}, "judges any Op"},
	"internal/telemetry":  {nil, "numbers with names and units"},
	"internal/ckpt":       {nil, "named tensors; not what they mean"},
	"internal/report":     {[]string{"env"}, "draws what it is given; boxes are env's"},
	"internal/judge":      {[]string{"env", "saliency", "autoencoder", "internal/stats"}, "judges a representation; must not train"},
	"internal/dash":       {[]string{"env", "internal/telemetry"}, "one more FrameSink and reader of metrics"},
	"internal/app":        {[]string{"internal/kernel"}, "what verbs share; no verb"},
	"internal/doctor":     {[]string{"agent", "autoencoder", "internal/judge", "internal/stats"}, "asks a network and its samples; no flags, no environments, no files"},
	"internal/keyboard":   {nil, "shows pictures and tells keys; not what they mean"},
	"internal/names":      {nil, "strings"},
	"internal/stats":      {nil, "numbers; not what was measured"},
	"internal/study":      {[]string{"internal/stats", "internal/report", "internal/names"}, "runs what it is given and sums up; neither training nor judging"},
	"internal/layout":     {nil, "reads source text"},
	"cmd/glint":           {[]string{"internal/app", "internal/app/config", "internal/app/play", "internal/names", "internal/app/ablate", "internal/app/bench", "internal/app/detect", "internal/app/diagnose", "internal/app/dryrun", "internal/app/envs", "internal/app/eval", "internal/app/probe", "internal/app/record", "internal/app/train", "internal/app/view"}, "flags only"},

	"internal/app/ablate":   {[]string{"agent", "autoencoder", "env", "internal/app", "internal/app/config", "internal/app/detect", "internal/app/eval", "internal/app/monitor", "internal/app/play", "internal/app/probe", "internal/app/record", "internal/app/rundir", "internal/app/train", "internal/app/world", "internal/ckpt", "internal/judge", "internal/names", "internal/report", "internal/study", "internal/study/page", "internal/telemetry", "replay"}, "prepares trials, runs them and sums up; above the verbs it runs"},
	"internal/app/bench":    {[]string{"agent", "autoencoder", "env", "env/dojo", "env/pixels", "internal/app", "internal/kernel", "internal/report", "saliency"}, "times parts; no settings"},
	"internal/app/config":   {[]string{"agent", "env", "env/pixels", "env/score", "env/vnc", "internal/app", "internal/names", "internal/report", "saliency"}, "settings, their text and the files they name"},
	"internal/app/detect":   {[]string{"env", "env/pixels", "internal/app", "internal/app/config", "internal/app/monitor", "internal/app/world", "internal/judge", "internal/report", "internal/telemetry", "replay", "saliency"}, "judges detectors on recorded data"},
	"internal/app/diagnose": {[]string{"agent", "autoencoder", "env", "internal/app", "internal/app/config", "internal/app/dryrun", "internal/app/monitor", "internal/app/play", "internal/app/rundir", "internal/app/train", "internal/app/world", "internal/doctor", "internal/doctor/page", "internal/judge", "internal/kernel", "internal/names", "internal/telemetry", "replay", "saliency"}, "brings the checks of internal/doctor what they look at"},
	"internal/app/dryrun":   {[]string{"internal/app", "internal/app/config", "internal/app/eval", "internal/app/play", "internal/app/train", "internal/app/view"}, "goes once through the verbs of a run"},
	"internal/app/envs":     {[]string{"env/gym", "env/pixels", "env/score", "env/vnc", "internal/app", "internal/app/config", "internal/app/world", "internal/names", "internal/report"}, "what is done to an environment without a network"},
	"internal/app/eval":     {[]string{"agent", "autoencoder", "env", "env/pixels", "internal/app", "internal/app/config", "internal/app/film", "internal/app/play", "internal/app/world", "internal/report", "internal/stats", "internal/telemetry"}, "judges who plays"},
	"internal/app/film":     {[]string{"env", "env/gym", "internal/app", "internal/app/world", "internal/report"}, "pictures of a world into files"},
	"internal/app/monitor":  {[]string{"agent", "autoencoder", "env", "env/pixels", "internal/app", "internal/app/config", "internal/app/rundir", "internal/app/world", "internal/ckpt", "internal/judge", "internal/report", "internal/telemetry", "replay", "saliency"}, "looks at a network; who trains it or plays is not its business"},
	"internal/app/play":     {[]string{"agent", "env", "env/dojo", "internal/app", "internal/app/config", "internal/app/monitor", "internal/app/world", "internal/keyboard", "internal/names"}, "who plays; not what for"},
	"internal/app/probe":    {[]string{"agent", "autoencoder", "env", "env/pixels", "internal/app", "internal/app/config", "internal/app/monitor", "internal/app/world", "internal/judge", "internal/report", "internal/stats", "internal/telemetry", "replay", "saliency"}, "judges a code on recorded data"},
	"internal/app/record":   {[]string{"env", "internal/app", "internal/app/config", "internal/app/play", "internal/app/world", "internal/keyboard", "internal/report", "internal/telemetry", "replay"}, "somebody plays, a dataset is kept"},
	"internal/app/rundir":   {[]string{"internal/app", "internal/app/config", "internal/ckpt", "internal/kernel", "internal/report"}, "folders and files; not what a training is"},
	"internal/app/train":    {[]string{"agent", "autoencoder", "env", "internal/app", "internal/app/config", "internal/app/monitor", "internal/app/rundir", "internal/app/world", "internal/ckpt", "internal/kernel", "internal/ops", "internal/report", "internal/stats", "internal/telemetry", "replay", "saliency"}, "trains and says what came of it; no verb that looks at it"},
	"internal/app/view":     {[]string{"agent", "autoencoder", "env", "env/pixels", "internal/app", "internal/app/config", "internal/app/film", "internal/app/monitor", "internal/app/play", "internal/app/rundir", "internal/app/world", "internal/ckpt", "internal/judge", "internal/report", "internal/stats", "internal/telemetry", "replay"}, "draws what a network sees"},
	"internal/app/world":    {[]string{"agent", "env", "env/dojo", "env/gym", "env/pixels", "env/vnc", "internal/app", "internal/app/config", "internal/judge", "internal/kernel", "internal/names", "internal/report", "internal/telemetry", "replay"}, "opens environments and datasets, and says how they are seen; trains and plays nothing"},
	"internal/app/e2e":      {[]string{"*"}, "tests that go through several verbs, as a user does"},

	"internal/htmlpage":          {nil, "the look of pages and of their plots; not what they show"},
	"internal/htmlpage/pagetest": {nil, "judges any page by its HTML"},
	"internal/study/page":        {[]string{"internal/study", "internal/stats", "internal/htmlpage", "internal/report"}, "figures and finished pictures in, HTML and Markdown out"},
	"internal/doctor/page":       {[]string{"internal/doctor", "internal/htmlpage", "internal/report"}, "verdicts in, HTML out"},
}

// testsMay is what test files may import besides what their package may: suites,
// and the built-in game, in its own pixels or on planes, where a test needs a game.
var testsMay = []string{"env", "env/envtest", "env/dojo", "env/pixels", "env/vnc/vnctest", "internal/ops/optest", "internal/htmlpage/pagetest"}

// verbTestsMay is what test files below internal/app may import besides: the verbs that make
// the datasets and runs which others look at.
var verbTestsMay = []string{"internal/app/record", "internal/app/train"}

// restricted is every import from outside the standard library, and the parts of
// the standard library that not everybody may use, by prefix of the import path,
// with who may import it. Test files are held to it too: "x_test" is the tests of
// package x, "*_test" all tests and the suites whose folders end in test.
var restricted = []struct {
	prefix string
	by     []string // "*" is everybody
	reason string
}{
	{"C", nil, "one static binary without a C compiler"},
	{"math/rand/v2", []string{"*"}, "the one source of randomness, with explicit seeds"},
	{"math/rand", nil, "math/rand/v2 has explicit sources and no hidden global seed"},
	{"os/exec", []string{"env/gym", "internal/app/ablate", "internal/app/film", "internal/report", "env/envtest_test", "env/vnc_test", "internal/app/e2e_test", "cmd/glint_test"}, "processes have few owners, so that none leaks"},
	{"net/http", []string{"internal/dash", "internal/keyboard", "env/vnc", "env/vnc/vnctest"}, "few servers; a rewarder is greeted in HTTP's words"},
	{"github.com/pkg/errors", nil, "fmt.Errorf with %w does it"},

	{"gorgonia.org/", []string{"internal/ops", "internal/ops/optest", "autoencoder", "agent"}, "graphs stay where models are built"},
	{"github.com/chewxy/hm", []string{"internal/ops", "internal/ops/optest"}, "types of Gorgonia Ops"},
	{"go4.org/unsafe/assume-no-moving-gc", []string{"internal/ops"}, "holds the version that Gorgonia needs on this Go"},
	{"gonum.org/v1/plot", []string{"internal/htmlpage", "internal/study/page", "internal/doctor/page"}, "plots as SVG"},
	{"golang.org/x/net/html", []string{"*_test"}, "is a page well formed, and what does it say?"},
	{"gonum.org/v1/gonum", []string{"internal/stats", "internal/judge"}, "statistics and fits"},
	{"github.com/alecthomas/kong", []string{"cmd/glint"}, "flags"},
	{"github.com/pelletier/go-toml", []string{"internal/app/config", "internal/app/rundir", "internal/app/detect", "internal/app/diagnose", "internal/app/ablate"}, "settings, plans and calibrations"},
	{"github.com/parquet-go/parquet-go", []string{"replay"}, "recorded datasets"},
	{"github.com/klauspost/compress", []string{"replay"}, "compressed stacks"},
	{"github.com/disintegration/imaging", []string{"env/pixels", "internal/report"}, "resizing and drawing"},
	{"golang.org/x/image", []string{"internal/report"}, "drawing text"},
	{"google.golang.org/protobuf/encoding/protowire", []string{"internal/telemetry"}, "TensorBoard's files"},
	{"golang.org/x/term", []string{"internal/telemetry"}, "is there a person to draw a progress bar for?"},
	{"golang.org/x/sync", []string{"env/gym", "agent"}, "goroutines with an owner"},
	{"golang.org/x/sys", []string{"internal/kernel", "env/gym", "internal/ckpt", "internal/app/rundir"}, "the CPU's level and the operating system"},
	{"github.com/mitchellh/go-vnc", []string{"env/vnc"}, "how VNC servers are greeted"},
	{"github.com/coder/websocket", []string{"env/vnc", "env/vnc/vnctest", "internal/keyboard", "internal/app/play_test", "cmd/glint_test"}, "rewarders and the page of a person speak WebSocket"},
	{"github.com/google/go-cmp", []string{"*_test"}, "differences of values"},
	{"go.uber.org/goleak", []string{"*_test"}, "leaked goroutines"},
}
