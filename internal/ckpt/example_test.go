package ckpt_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"os"

	"glint/internal/ckpt"
)

func Example() {
	run, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(run) }() // a leftover in the temp folder does no harm

	weights := []ckpt.Tensor{{Name: "actor.bias", Shape: []int{2}, Data: []float32{0.5, -0.5}}}
	err = ckpt.Write(ckpt.Dir(run, 6400), map[string]func(io.Writer) error{
		"weights.safetensors": func(w io.Writer) error { return ckpt.WriteTensors(w, weights, nil) },
	}, map[string]string{"step": "6400"})
	if err != nil {
		log.Fatal(err)
	}

	dir, err := ckpt.Latest(run)
	if err != nil {
		log.Fatal(err)
	}
	r, err := ckpt.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	b, err := r.File("weights.safetensors")
	if err != nil {
		log.Fatal(err)
	}
	ts, _, err := ckpt.ReadTensors(bytes.NewReader(b))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Meta()["step"], ts[0].Name, ts[0].Data)
	// Output: 6400 actor.bias [0.5 -0.5]
}
