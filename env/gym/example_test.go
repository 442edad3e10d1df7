package gym_test

import (
	"fmt"

	"glint/env/gym"
)

func ExampleDefaultOptions() {
	for _, id := range []string{"ALE/KungFuMaster-v5", "CarRacing-v3"} {
		o := gym.DefaultOptions(id)
		fmt.Println(o.ID, o.Repeat, o.Stack, o.Sticky, o.Kwargs)
	}
	// Output:
	// ALE/KungFuMaster-v5 4 false 0.25 map[]
	// CarRacing-v3 1 true 0 map[continuous:false]
}
