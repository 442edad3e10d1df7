package world

import "testing"

func TestReferences(t *testing.T) {
	for env, r := range references {
		if low, high := r.Normalised(r.Low), r.Normalised(r.High); low != 0 || high != 1 || r.High <= r.Low {
			t.Errorf("%s: the known players stand at %v and %v, want 0 and 1", env, low, high)
		}
	}
	if _, ok := ReferenceOf("tcp://host:7777/ALE/Pong-v5"); !ok {
		t.Error("a remote Pong is not the known game")
	}
	if _, ok := ReferenceOf("vnc://host"); ok {
		t.Error("a screen is a known game")
	}
}

// TestKnown takes the names of every kind of environment, and no others.
func TestKnown(t *testing.T) {
	for name, want := range map[string]bool{
		"dojo": true, "gym:ALE/Pong-v5": true, "tcp://host:7777": true, "vnc://host:5901": true,
		"": false, "dojoo": false, "dojo:x": false, "gym": false, "ALE/Pong-v5": false, "http://host": false,
	} {
		if err := Known(name); (err == nil) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}
