//go:build !amd64 || noasm

package kernel

// machineLevels returns the levels beside generic: none here.
func machineLevels() []*level { return nil }
