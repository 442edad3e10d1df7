package vnc

import "maps"

// Keysyms returns the names and numbers of all keys that have long names.
func Keysyms() map[string]uint32 {
	all := map[string]uint32{}
	for name, key := range maps.All(keysyms) {
		all[name] = uint32(key)
	}
	return all
}
