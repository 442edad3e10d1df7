package agent

import (
	"unsafe"

	"glint/env"
)

// Kept is what of a training Memory is asked about beside its settings.
type Kept struct {
	Stored     int     // observations in the store
	StoreBytes float64 // of one of them
	Examples   int     // in the gallery, at most MaxExamples
	RawBytes   int     // of an observation in the environment's own format
	Side       int     // saliency.FinderConfig.Side
	Alone      bool    // Options.Alone
	Late       bool    // saliency.Needs.Recon of the weighting
}

// MaxExamples is how many examples a gallery keeps, with and without a small object.
const MaxExamples = 2 * galleryCapacity

// Memory is what a training keeps beside its network and its updates, in bytes.
type Memory struct {
	Rollouts float64 // played and learned from, with what was found in them
	Waiting  float64 // observations whose small objects are not known yet, and what finds these
	Examples float64
	Store    float64
	// Gathered is what a batch takes as a whole where it is computed in parts; 0 where it is not.
	Gathered float64
}

// What is kept in bytes for each entry of a rollout beside its observation, which is action,
// boxes, numbers and place in the order of learning, and for each pixel that a detector sees.
const (
	entryBytes    = 2*8 + int(unsafe.Sizeof([]env.Box(nil))) + 8*4
	detectorBytes = 2 + 2 + 4 + 1
)

// Memory predicts what a training on s keeps.
func (c Config) Memory(s env.Spec, k Kept) Memory {
	rollouts := 1
	if c.Overlap && !k.Alone {
		rollouts = 2
	}
	parts, batch := c.MicroBatches, c.AEBatch()
	if k.Alone {
		parts, batch = c.Pretrain.MicroBatches, c.Pretrain.Batch
	}
	gathered := 0
	if parts > 1 {
		gathered = batch * s.ObsLen() * (1 + 4)
		if k.Late {
			gathered += batch * s.ObsLen() * (4 + 4)
		}
	}
	obs, steps := float64(s.ObsLen()), float64(s.N*c.Horizon)
	return Memory{
		// Beside its own, a rollout holds what was found meanwhile in the last steps before it.
		Rollouts: float64(rollouts) * (steps*(obs+float64(entryBytes)) + float64(s.N*k.Side)*obs),
		Waiting:  float64(s.N) * (float64(2*k.Side+2)*obs + float64(detectorBytes*s.H*s.W)),
		Examples: float64(k.Examples) * (obs + float64(k.RawBytes)),
		Store:    float64(k.Stored) * k.StoreBytes,
		Gathered: float64(gathered),
	}
}
