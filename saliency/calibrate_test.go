package saliency_test

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/saliency"
)

// recorded draws n stacks of 4 frames; t counts frames.
func recorded(n int, draw func(p picture, t int)) [][]byte {
	var stacks [][]byte
	for s := range n {
		var planes [][]byte
		for f := range 4 {
			p := blank()
			draw(p, 4*s+f)
			planes = append(planes, p)
		}
		stacks = append(stacks, slices.Concat(planes...))
	}
	return stacks
}

// calibrate does what glint detect --calibrate does.
func calibrate(t *testing.T, stacks [][]byte) (saliency.Object, saliency.Verdict, error) {
	t.Helper()
	c, err := saliency.NewCalibrator(saliency.DefaultCalibratorConfig(), planeH, planeW)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stacks {
		if err := c.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	o, err := c.Object()
	if err != nil {
		return o, saliency.Verdict{}, err
	}
	trial, err := saliency.NewTrial(o, saliency.DefaultFlightConfig(), planeH, planeW)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stacks {
		trial.Add(s)
	}
	v, err := trial.Best()
	return o, v, err
}

// fight draws two fighters who walk to and fro, and every 40 frames a knife between.
func fight(p picture, t int) {
	p.fighter(20+t/3%10, 20).fighter(110-t/2%10, 20)
	p.knife(50+t%40*5/4, 31)
}

func TestCalibrate(t *testing.T) {
	inverse := func(draw func(picture, int)) func(picture, int) {
		return func(p picture, t int) {
			draw(p, t)
			for i := range p {
				p[i] = 200 - p[i]
			}
		}
	}
	ball := func(p picture, t int) { p.block(image.Rect(0, 0, 1, 1).Add(image.Pt(20+t%100, 10+t%40)), 219) }
	ball2x4 := func(p picture, t int) {
		r := image.Rect(0, 0, 2, 4).Add(image.Pt(20+t%100, 10+t%40))
		p.block(r, 219).block(image.Rect(136, 10+t%30, 140, 26+t%30), 219)
	}
	knife := saliency.DefaultDetectorConfig()
	dark := knife
	dark.Level, dark.Polarity = 137, saliency.Dark
	for _, c := range []struct {
		name string
		draw func(picture, int)
		want saliency.DetectorConfig
	}{
		{"knives between fighters", fight, knife},
		{"dark ones on bright", inverse(fight), dark},
		{"a ball beside a paddle that moves", ball2x4, saliency.DetectorConfigFor(image.Pt(2, 4), 219)},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, v, err := calibrate(t, recorded(100, c.draw))
			if err != nil {
				t.Fatal(err)
			}
			if v.Threshold < 0.5 || v.Threshold > 0.87 || v.Seen < 0.99 || o.Flights < 20 || o.Share < 0.9 {
				t.Errorf("verdict %+v of %d flights, share %v", v, o.Flights, o.Share)
			}
			if d := cmp.Diff(c.want, o.Config); d != "" {
				t.Error(d)
			}
		})
	}
	for name, draw := range map[string]func(picture, int){
		"nothing":             func(picture, int) {},
		"a knife at rest":     func(p picture, _ int) { p.knife(50, 31) },
		"fighters alone":      func(p picture, t int) { p.fighter(20+t/3%10, 20).fighter(110-t/2%10, 20) },
		"too few pixels":      ball,
		"a knife that leaps":  func(p picture, t int) { p.knife(20+t*37%100, 20+t*11%30) },
		"a floor that moves":  func(p picture, t int) { p.knife(10+t%30, 50).knife(50+t%30, 50).knife(90+t%30, 50) },
		"something too large": func(p picture, t int) { p.block(image.Rect(20+t%60, 20, 29+t%60, 24), 200) },
	} {
		if o, _, err := calibrate(t, recorded(50, draw)); !errors.Is(err, saliency.ErrNothingMoves) {
			t.Errorf("%s: found %v, error %v", name, o.Size, err)
		}
	}
}

func TestCalibratorRefuses(t *testing.T) {
	for field, change := range map[string]func(*saliency.CalibratorConfig){
		"MaxSide":   func(c *saliency.CalibratorConfig) { c.MaxSide = 0 },
		"MinPixels": func(c *saliency.CalibratorConfig) { c.MinPixels = 0 },
		"Margin":    func(c *saliency.CalibratorConfig) { c.Margin = 0 },
		"Speed":     func(c *saliency.CalibratorConfig) { c.Speed = -1 },
		"Travel":    func(c *saliency.CalibratorConfig) { c.Travel = 0 },
		"Crowd":     func(c *saliency.CalibratorConfig) { c.Crowd = 0 },
	} {
		cfg := saliency.DefaultCalibratorConfig()
		change(&cfg)
		if _, err := saliency.NewCalibrator(cfg, planeH, planeW); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: error %v", field, err)
		}
	}
	if _, err := saliency.NewCalibrator(saliency.DefaultCalibratorConfig(), 0, planeW); err == nil {
		t.Error("no error for planes without rows")
	}
	c, err := saliency.NewCalibrator(saliency.DefaultCalibratorConfig(), planeH, planeW)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, planeH * planeW, 2 * planeH * planeW, 4*planeH*planeW - 1} {
		if err := c.Add(make([]byte, n)); err == nil {
			t.Errorf("a stack of %d bytes: no error", n)
		}
	}
}

func ExampleCalibrator() {
	c, err := saliency.NewCalibrator(saliency.DefaultCalibratorConfig(), planeH, planeW)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, stack := range recorded(50, fight) {
		if err := c.Add(stack); err != nil {
			fmt.Println(err)
			return
		}
	}
	o, err := c.Object()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(o.Size, o.Value, o.Config.Center, o.Config.Level)
	// Output: (5,2) 126 (4,2) 63
}
