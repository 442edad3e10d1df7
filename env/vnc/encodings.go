package vnc

// encoding numbers a way to say what is on a part of the screen (RFC 6143, 7.7).
type encoding uint32

// The encodings that are understood. Tight and JPEG are not: they change colours, and
// small things are what they change first.
const (
	raw          encoding = 0
	copyRect     encoding = 1
	hextile      encoding = 5
	zrleEncoding encoding = 16
	desktopSize  encoding = 1<<32 - 223
	lastRect     encoding = 1<<32 - 224
	cursor       encoding = 1<<32 - 239
)

// Auto is the Encoding that is raw from this machine and zrle from others.
const Auto = "auto"

// Encodings returns the names that Options.Encoding may have. Whatever it is, a server may
// fall back to raw. With copyrect it may also say that a part of the screen moved, which
// no other asks for: TigerVNC 1.12 names wrong parts where a program copies through its
// windows, and the wrong pixels stay.
func Encodings() []string { return []string{Auto, "raw", "copyrect", "hextile", "zrle"} }

// encodings lists what is asked for, the best first.
func encodings(name string, local bool) []encoding {
	if name == Auto && !local {
		name = "zrle"
	}
	var list []encoding
	switch name {
	case "copyrect":
		list = append(list, copyRect)
	case "hextile":
		list = append(list, hextile)
	case "zrle":
		list = append(list, zrleEncoding)
	}
	return append(list, raw, desktopSize, lastRect, cursor)
}
