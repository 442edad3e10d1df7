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

// DrawNumber draws a number of two digits where Numbers reads it, into a picture of a width
// and so many bytes a pixel.
func DrawNumber(pix []byte, w, pixel, n int) { drawNumber(pix, digitsAt, w, pixel, n) }
