package vnc

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// maxEpisodes bounds the episodes that are kept, should nobody take what they paid.
const maxEpisodes = 64

// running is the state of an environment that can be played.
const running = "running"

// rewards keeps the books of what a rewarder says (Universe's rewarder protocol, v0). The
// rewards of an episode are summed until they are taken; between a reset and its reply
// none count, and afterwards only those of the episode that the reply names and of later
// ones.
type rewards struct {
	mu      sync.Mutex
	masked  bool                // a reset was sent and not answered
	current episodeID           // whose rewards count; nil while masked, and until the next one is known
	ended   episodeID           // the last one that was taken to its end; nil after a reset
	open    map[string]*episode // by the text of their numbers
	env     string              // id of the environment, as last described
	changed chan struct{}       // closed at the next message
}

// episode is what was said about an episode and not taken yet.
type episode struct {
	id     episodeID
	reward float64
	state  string
	done   bool
	cut    bool  // another began before it was done, or a time limit ended it
	stamp  stamp // of the last frame that was paid for
}

// outcome is what was taken: the sum of rewards, and whether the episode was done or cut.
type outcome struct {
	reward    float64
	done, cut bool
}

func newRewards() *rewards {
	return &rewards{masked: true, open: map[string]*episode{}, changed: make(chan struct{})}
}

// message is what a rewarder says. Other fields do not matter.
type message struct {
	Method  string `json:"method"`
	Headers struct {
		Episode json.RawMessage `json:"episode_id"`
	} `json:"headers"`
	Body struct {
		Reward  float64 `json:"reward"`
		Done    bool    `json:"done"`
		Env     string  `json:"env_id"`
		State   string  `json:"env_state"`
		Message string  `json:"message"`

		Info json.RawMessage `json:"info"`
	} `json:"body"`
}

// info is what is known of the many things that a rewarder may add to a reward.
type info struct {
	Stamp     *uint32 `json:"stamp"`               // number of the frame that brought it
	Truncated bool    `json:"TimeLimit.truncated"` // Gymnasium's word for a time limit
}

// about reads what can be read of what was added to a reward.
func about(text json.RawMessage) info {
	var i info
	if json.Unmarshal(text, &i) != nil {
		return info{}
	}
	return i
}

// receive takes in one message. Methods that it does not know change nothing.
func (r *rewards) receive(text []byte) error {
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("the rewarder's message %.80q: %w: %w", text, err, ErrProtocol)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch m.Method {
	case "v0.env.reward", "v0.env.describe", "v0.reply.env.reset":
		id, err := parseEpisode(m.Headers.Episode)
		if err != nil {
			return fmt.Errorf("the rewarder's message %.80q: %w: %w", text, err, ErrProtocol)
		}
		r.note(m, id)
		close(r.changed)
		r.changed = make(chan struct{})
	case "v0.reply.error":
		return fmt.Errorf("%w: it says %q", ErrRewarder, m.Body.Message)
	case "v0.connection.close":
		return fmt.Errorf("it hangs up and says %q", m.Body.Message)
	}
	return nil
}

// note enters a message about an episode.
func (r *rewards) note(m message, id episodeID) {
	if m.Method == "v0.reply.env.reset" {
		r.masked, r.current, r.ended = false, id, nil
		maps.DeleteFunc(r.open, func(_ string, e *episode) bool { return slices.Compare(e.id, id) < 0 })
		return
	}
	e := r.episode(id)
	if m.Method == "v0.env.describe" {
		r.env, e.state = m.Body.Env, m.Body.State
		return
	}
	more := about(m.Body.Info)
	if more.Stamp != nil {
		e.stamp = stamp{number: *more.Stamp, is: true}
	}
	e.reward += m.Body.Reward
	e.cut = e.cut || m.Body.Done && more.Truncated
	e.done = e.done || m.Body.Done && !more.Truncated
}

// episode returns the entry of an episode. A new one ends all others; that of one which is
// over is kept nowhere.
func (r *rewards) episode(id episodeID) *episode {
	e := r.open[id.String()]
	if e != nil {
		return e
	}
	if !r.masked && (r.ended != nil && slices.Compare(id, r.ended) <= 0 || r.current != nil && slices.Compare(id, r.current) < 0) {
		return new(episode)
	}
	if len(r.open) == maxEpisodes {
		r.forget()
	}
	if !r.masked {
		for _, other := range r.open {
			other.cut = !other.done
		}
		if r.current == nil {
			r.current = id
		}
	}
	e = &episode{id: id}
	r.open[id.String()] = e
	return e
}

// forget drops the oldest episode but the current one: when that ends, the newest is next.
func (r *rewards) forget() {
	var oldest episodeID
	for _, e := range r.open {
		if slices.Compare(e.id, r.current) != 0 && (oldest == nil || slices.Compare(e.id, oldest) < 0) {
			oldest = e.id
		}
	}
	delete(r.open, oldest.String())
}

// mask lets no reward count until the next reply to a reset.
func (r *rewards) mask() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.masked, r.current = true, nil
}

// take returns what came in since the last call. After an end the newest episode is the
// current one.
func (r *rewards) take() outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.open[r.current.String()]
	if r.current == nil || e == nil {
		return outcome{}
	}
	out := outcome{reward: e.reward, done: e.done, cut: e.cut}
	e.reward = 0
	if e.done || e.cut {
		r.ended, r.current = r.current, nil
		delete(r.open, r.ended.String())
		for _, other := range r.open {
			if slices.Compare(other.id, r.ended) > 0 && slices.Compare(other.id, r.current) > 0 {
				r.current = other.id
			}
		}
		maps.DeleteFunc(r.open, func(_ string, e *episode) bool { return slices.Compare(e.id, r.current) < 0 })
	}
	return out
}

// ready says whether the current episode can be played, and what is closed when that may
// have changed.
func (r *rewards) ready() (bool, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.open[r.current.String()]
	return r.current != nil && e != nil && e.state == running, r.changed
}

// paid returns the number of the last frame of the current episode that was paid for, and
// what is closed when that may have changed.
func (r *rewards) paid() (stamp, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.open[r.current.String()]; r.current != nil && e != nil {
		return e.stamp, r.changed
	}
	return stamp{}, r.changed
}

// described returns the id of the environment, empty before it was described.
func (r *rewards) described() (string, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.env, r.changed
}

// episodeID numbers an episode: "1.2" is the second of the first run. Ids are ordered
// number by number.
type episodeID []int

// String returns the numbers with points between them.
func (e episodeID) String() string {
	parts := make([]string, len(e))
	for i, n := range e {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ".")
}

// parseEpisode reads an id, which some servers write as a number.
func parseEpisode(raw json.RawMessage) (episodeID, error) {
	text := strings.Trim(string(raw), `"`)
	var id episodeID
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil || len(id) == 4 {
			return nil, fmt.Errorf("episode_id is %q, want numbers with points between them", text)
		}
		id = append(id, int(n))
	}
	return id, nil
}
