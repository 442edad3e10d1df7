package vnc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

const (
	// maxMessage bounds a message of a rewarder in bytes.
	maxMessage = 1 << 20
	// startPatience is how long an environment may take to start an episode.
	startPatience = time.Minute
)

// rewarder is a connection to a rewarder, with a goroutine that reads from it.
type rewarder struct {
	conn    *websocket.Conn
	books   *rewards
	timeout time.Duration
	sent    atomic.Int64 // messages
	hangUp  context.CancelFunc
	done    chan struct{} // closed at the end of the goroutine
	err     error         // why it ended; to be read after done
}

// dialRewarder connects to the rewarder beside a screen. The password of the screen is
// the rewarder's as well.
func dialRewarder(ctx context.Context, o Options) (*rewarder, error) {
	brief, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	user := base64.StdEncoding.EncodeToString([]byte(o.Password + ":"))
	conn, res, err := websocket.Dial(brief, "ws://"+o.Rewarder, &websocket.DialOptions{HTTPHeader: http.Header{
		"Authorization": {"Basic " + user}, "Openai-Observer": {"false"},
	}})
	if res != nil && res.Body != nil {
		_ = res.Body.Close() // err says what there is to say
	}
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, ctx.Err()
	case res != nil && (res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden):
		return nil, fmt.Errorf("rewarder %s: %w", o.Rewarder, ErrPassword)
	case err != nil && brief.Err() != nil:
		return nil, fmt.Errorf("rewarder %s: %w: not ready within %v", o.Rewarder, ErrSilent, o.Timeout)
	case err != nil:
		return nil, fmt.Errorf("rewarder %s: %w", o.Rewarder, noRewarder(res, err))
	}
	conn.SetReadLimit(maxMessage)
	reading, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	r := &rewarder{conn: conn, books: newRewards(), timeout: o.Timeout, hangUp: hangUp, done: make(chan struct{})}
	go r.run(reading)
	return r, nil
}

// noRewarder says why a call for a WebSocket failed: of the network, of a proxy's passing
// trouble, or because somebody else answers.
func noRewarder(res *http.Response, err error) error {
	err = absent(err)
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return absent(op)
	}
	if errors.Is(err, ErrAbsent) || res != nil && res.StatusCode >= http.StatusInternalServerError {
		return err
	}
	return fmt.Errorf("who answers is no rewarder (%w): %w", err, ErrProtocol)
}

// run reads messages until the connection ends.
func (r *rewarder) run(ctx context.Context) {
	defer close(r.done)
	for r.err == nil {
		var text []byte
		if _, text, r.err = r.conn.Read(ctx); r.err == nil {
			r.err = r.books.receive(text)
		}
	}
	r.err = fmt.Errorf("rewarder: %w", r.err)
	_ = r.conn.CloseNow() // r.err says why
}

// reset asks for a new episode, and waits until it can be played. env is the id of the
// environment, empty for the one that the rewarder describes.
func (r *rewarder) reset(ctx context.Context, env string, seed uint64, rate float64) error {
	if env == "" {
		var err error
		env, err = r.described(ctx)
		if err != nil {
			return err
		}
	}
	r.books.mask()
	text, err := json.Marshal(map[string]any{
		"method":  "v0.env.reset",
		"headers": map[string]any{"message_id": r.sent.Add(1), "sent_at": float64(time.Now().UnixMilli()) / 1000},
		"body":    map[string]any{"env_id": env, "seed": seed, "fps": rate},
	})
	if err != nil {
		return err
	}
	writing, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	if err := r.conn.Write(writing, websocket.MessageText, text); err != nil {
		return r.why(ctx, err)
	}
	return r.start(ctx)
}

// described waits for the id of the environment.
func (r *rewarder) described(ctx context.Context) (string, error) {
	env := ""
	err := r.wait(ctx, r.timeout, "does not say which environment it has; env_id can name it", func() (bool, <-chan struct{}) {
		id, changed := r.books.described()
		env = id
		return id != "", changed
	})
	return env, err
}

// start waits until the current episode can be played.
func (r *rewarder) start(ctx context.Context) error {
	return r.wait(ctx, startPatience, "has no episode running", r.books.ready)
}

// wait waits for a condition of the books, or says what was missed.
func (r *rewarder) wait(ctx context.Context, patience time.Duration, missed string, is func() (bool, <-chan struct{})) error {
	ended, err := waitFor(ctx, patience, r.done, is)
	switch {
	case ended:
		return r.err
	case errors.Is(err, errLate):
		return fmt.Errorf("%w: the rewarder %s, after %v", ErrSilent, missed, patience)
	}
	return err
}

// errLate is given where nothing came in time.
var errLate = errors.New("late")

// waitFor waits for a condition, which says what is closed or gets a value when it may have
// changed. It says whether over was closed before.
func waitFor(ctx context.Context, patience time.Duration, over <-chan struct{}, is func() (bool, <-chan struct{})) (ended bool, err error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		ok, changed := is()
		if ok {
			return false, nil
		}
		select {
		case <-changed:
		case <-timer.C:
			return false, errLate
		case <-ctx.Done():
			return false, ctx.Err()
		case <-over:
			return true, nil
		}
	}
}

// why says why a call on the connection failed.
func (r *rewarder) why(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	select {
	case <-r.done:
		return r.err
	default:
		return fmt.Errorf("rewarder: %w", err)
	}
}

// take returns the rewards since the last call.
func (r *rewarder) take() (outcome, error) {
	select {
	case <-r.done:
		return outcome{}, r.err
	default:
		return r.books.take(), nil
	}
}

// close ends the connection and waits for the goroutine.
func (r *rewarder) close() {
	r.hangUp()
	<-r.done
}
