package replay_test

import (
	"fmt"
	"math/rand/v2"

	"glint/env"
	"glint/replay"
)

// A rare class gets half of every batch.
func ExampleStore() {
	store, err := replay.NewStore(replay.StoreConfig{
		Capacity: 1000, Classes: 2, Least: []float64{0.5, 0.5}, Len: 4 * 64 * 144,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	obs := make([]byte, 4*64*144)
	for i := range 100 {
		class, boxes := 0, []env.Box(nil)
		if i%10 == 0 {
			class, boxes = 1, []env.Box{{Kind: "knife", Frame: 3}}
		}
		if err := store.Add(obs, class, boxes); err != nil {
			fmt.Println(err)
			return
		}
	}
	batch, boxes := make([]byte, 8*len(obs)), make([][]env.Box, 8)
	classes, err := store.Sample(rand.New(rand.NewPCG(1, 2)), batch, boxes)
	fmt.Println(store.Counts(), classes, boxes[7][0].Kind, err)
	// Output: [90 10] [0 0 0 0 1 1 1 1] knife <nil>
}
