package gym

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"time"
)

// dialTimeout is how long a remote server may take to accept and check the token.
const dialTimeout = 10 * time.Second

// dial connects to a remote server and shows it the token.
func dial(ctx context.Context, o Options, name string) (*link, error) {
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(ctx, "tcp", strings.TrimPrefix(o.Address, "tcp://"))
	if err != nil {
		return nil, fmt.Errorf("no server answers at %s (start one with: glint env serve): %w", o.Address, err)
	}
	l := &link{conn: conn, name: name, timeout: dialTimeout}
	payload, err := json.Marshal(map[string]any{"token": o.Token})
	if err == nil {
		_, err = l.ask(ctx, kindAuth, payload, kindOK)
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("%s: %w", o.Address, err)
	}
	l.timeout = o.StepTimeout
	return l, nil
}
