package envtest

import (
	"errors"
	"testing"

	"glint/env"
)

// checkSender plays four environments in lock step and, with the same seeds and
// actions, in halves, and compares all that each environment says.
func checkSender(tb testing.TB, open opener, o Options) {
	if o.several() == 1 {
		tb.Skip("there is one environment")
	}
	halves := drive(tb, open, 4, 1)
	sender, ok := halves.vec.(env.Sender)
	if !ok {
		tb.Skip("no env.Sender")
	}
	ctx := tb.Context()
	err := sender.Send(ctx, 0, []int{0, 0})
	if err == nil {
		_, err = sender.Recv(ctx, 0)
	}
	if !errors.Is(err, env.ErrNotReset) {
		tb.Errorf("Send and Recv before Reset: %v, want env.ErrNotReset", err)
	}
	whole := drive(tb, open, 4, 1)
	whole.reset(1)
	halves.reset(1)
	if _, err := sender.Recv(ctx, 0); err == nil {
		tb.Fatalf("Recv without Send was accepted")
	}
	if err := sender.Send(ctx, 2, []int{0, 0}); err == nil {
		tb.Fatalf("Send to group 2 was accepted")
	}
	if err := sender.Send(ctx, 0, []int{0, halves.spec.Actions}); !errors.Is(err, env.ErrAction) {
		tb.Errorf("Send of a bad action: %v, want env.ErrAction", err)
	}
	half := halves.spec
	half.N = 2
	for k := range o.DigestSteps {
		want := whole.step()
		for group, b := range inHalves(tb, sender, halves.next()) {
			if err := shapes(half, b); err != nil {
				tb.Fatal(err)
			}
			for i := range half.N {
				at := group*half.N + i
				if string(appendEnv(nil, half, b, i)) != string(appendEnv(nil, whole.spec, want, at)) {
					tb.Fatalf("step %d: environment %d differs between Step and Send/Recv", k, at)
				}
			}
		}
	}
}

// inHalves sends both groups before it receives either, as a learner does. The
// first Batch must outlive the receiving of the second.
func inHalves(tb testing.TB, sender env.Sender, actions []int) [2]*env.Batch {
	tb.Helper()
	var out [2]*env.Batch
	for group := range out {
		if err := sender.Send(tb.Context(), group, actions[2*group:2*group+2]); err != nil {
			tb.Fatalf("Send to group %d: %v", group, err)
		}
	}
	for group := range out {
		b, err := sender.Recv(tb.Context(), group)
		if err != nil {
			tb.Fatalf("Recv from group %d: %v", group, err)
		}
		out[group] = b
	}
	return out
}
