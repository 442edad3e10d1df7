package vnc_test

import (
	"fmt"
	"image"
	"strings"
	"testing"

	"glint/env/vnc"
)

func TestValidate(t *testing.T) {
	if err := vnc.DefaultOptions("localhost:5900").Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*vnc.Options)
		want   string
	}{
		"Address":   {func(o *vnc.Options) { o.Address = "" }, "host:port"},
		"Keys":      {func(o *vnc.Options) { o.Keys = nil }, "0 actions"},
		"Restart":   {func(o *vnc.Options) { o.Restart = []string{"Lefft"} }, "did you mean Left?"},
		"Rate":      {func(o *vnc.Options) { o.Rate = 0 }, "above 0"},
		"Repeat":    {func(o *vnc.Options) { o.Repeat = 257 }, "1..256"},
		"MaxFrames": {func(o *vnc.Options) { o.MaxFrames = 0 }, "1 or more"},
		"Crop":      {func(o *vnc.Options) { o.Crop = image.Rect(-1, 0, 5, 5) }, "rectangle"},
		"Encoding":  {func(o *vnc.Options) { o.Encoding = "tight" }, "copyrect, hextile, zrle"},
		"Timeout":   {func(o *vnc.Options) { o.Timeout = 0 }, "above 0"},
		"Patience":  {func(o *vnc.Options) { o.Patience = -1 }, "0 or more"},
	} {
		o := vnc.DefaultOptions("localhost:5900")
		c.change(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want its name and %q", name, err, c.want)
		}
	}
}

func TestKeyNames(t *testing.T) {
	for text, good := range map[string]bool{
		"none": true, "a": true, "A": true, "é": true, "plus": true, "Left+space": true, "KP_5": true, "Left+Left": true,
		"": false, "+": false, "Left+": false, "left": false, "none+a": false, "ab": false, "日": false, "\n": false,
	} {
		o := vnc.DefaultOptions("localhost:5900")
		o.Keys = []string{text}
		if err := o.Validate(); (err == nil) != good {
			t.Errorf("keys %q: %v", text, err)
		}
	}
}

func TestParseURL(t *testing.T) {
	for name, want := range map[string][2]string{
		"vnc://host": {"host:5900"}, "vnc://host/": {"host:5900"}, "vnc://host:5901": {"host:5901"}, "vnc://[::1]:5902": {"[::1]:5902"},
		"vnc://host:5900+15900": {"host:5900", "host:15900"}, "vnc://host+15900": {"host:5900", "host:15900"},
		"vnc://": {}, "vnc:host": {}, "vnc://host:port": {}, "http://host": {}, "vnc://me:pw@host": {}, "vnc://host/x": {},
		"vnc://host:5900+": {}, "vnc://host:5900+x": {}, "vnc://host:5900+1+2": {}, "vnc://host+99999": {},
	} {
		screen, rewarder, err := vnc.ParseURL(name)
		if got := [2]string{screen, rewarder}; got != want || (err == nil) != (want[0] != "") {
			t.Errorf("%q is %q, %v; want %q", name, got, err, want)
		}
	}
}

func ExampleParseURL() {
	fmt.Println(vnc.ParseURL("vnc://localhost+15900"))
	// Output: localhost:5900 localhost:15900 <nil>
}
