package vnc

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"glint/internal/names"
)

// None is the name of the action that holds no key.
const None = "none"

// keysym is the number of a key in the X Window System.
type keysym uint32

// chord is the keys that an action holds.
type chord []keysym

// parseChords reads the chords of a list of actions.
func parseChords(list []string) ([]chord, error) {
	chords := make([]chord, len(list))
	for i, text := range list {
		var err error
		if chords[i], err = parseChord(text); err != nil {
			return nil, err
		}
	}
	return chords, nil
}

// parseChord reads names of keys with "+" between them.
func parseChord(text string) (chord, error) {
	if text == None {
		return nil, nil
	}
	var keys chord
	for name := range strings.SplitSeq(text, "+") {
		key, ok := symbol(name)
		if !ok {
			return nil, fmt.Errorf("key %q in %q is unknown: did you mean %s? Keys are named as in the X Window System, such as Left, space, a or F1", name, text, nearest(name))
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// symbol returns the keysym of a name. A character of Latin-1 is its own name, and "+"
// is "plus".
func symbol(name string) (keysym, bool) {
	if key, ok := keysyms[name]; ok {
		return key, true
	}
	r, size := utf8.DecodeRuneInString(name)
	latin := r >= 0x20 && r <= 0x7e || r >= 0xa0 && r <= 0xff
	return keysym(r), latin && size == len(name)
}

// nearest returns the known name that is most like a wrong one.
func nearest(name string) string {
	return names.Nearest(name, append(slices.Sorted(maps.Keys(keysyms)), None))
}

// keysyms are the names and numbers of X's keysymdef.h that keyboards have, but for the
// letters and digits, whose names are the characters.
var keysyms = map[string]keysym{
	"BackSpace": 0xff08, "Tab": 0xff09, "Return": 0xff0d, "Pause": 0xff13, "Scroll_Lock": 0xff14, "Escape": 0xff1b,
	"Home": 0xff50, "Left": 0xff51, "Up": 0xff52, "Right": 0xff53, "Down": 0xff54,
	"Prior": 0xff55, "Page_Up": 0xff55, "Next": 0xff56, "Page_Down": 0xff56, "End": 0xff57,
	"Print": 0xff61, "Insert": 0xff63, "Menu": 0xff67, "Num_Lock": 0xff7f, "Delete": 0xffff,
	"KP_Enter": 0xff8d, "KP_Home": 0xff95, "KP_Left": 0xff96, "KP_Up": 0xff97, "KP_Right": 0xff98, "KP_Down": 0xff99,
	"KP_Page_Up": 0xff9a, "KP_Page_Down": 0xff9b, "KP_End": 0xff9c, "KP_Insert": 0xff9e, "KP_Delete": 0xff9f,
	"KP_Multiply": 0xffaa, "KP_Add": 0xffab, "KP_Subtract": 0xffad, "KP_Decimal": 0xffae, "KP_Divide": 0xffaf,
	"KP_0": 0xffb0, "KP_1": 0xffb1, "KP_2": 0xffb2, "KP_3": 0xffb3, "KP_4": 0xffb4,
	"KP_5": 0xffb5, "KP_6": 0xffb6, "KP_7": 0xffb7, "KP_8": 0xffb8, "KP_9": 0xffb9,
	"F1": 0xffbe, "F2": 0xffbf, "F3": 0xffc0, "F4": 0xffc1, "F5": 0xffc2, "F6": 0xffc3,
	"F7": 0xffc4, "F8": 0xffc5, "F9": 0xffc6, "F10": 0xffc7, "F11": 0xffc8, "F12": 0xffc9,
	"Shift_L": 0xffe1, "Shift_R": 0xffe2, "Control_L": 0xffe3, "Control_R": 0xffe4, "Caps_Lock": 0xffe5,
	"Meta_L": 0xffe7, "Meta_R": 0xffe8, "Alt_L": 0xffe9, "Alt_R": 0xffea, "Super_L": 0xffeb, "Super_R": 0xffec,
	"space": 0x20, "exclam": 0x21, "quotedbl": 0x22, "numbersign": 0x23, "dollar": 0x24, "percent": 0x25,
	"ampersand": 0x26, "apostrophe": 0x27, "parenleft": 0x28, "parenright": 0x29, "asterisk": 0x2a, "plus": 0x2b,
	"comma": 0x2c, "minus": 0x2d, "period": 0x2e, "slash": 0x2f, "colon": 0x3a, "semicolon": 0x3b, "less": 0x3c,
	"equal": 0x3d, "greater": 0x3e, "question": 0x3f, "at": 0x40, "bracketleft": 0x5b, "backslash": 0x5c,
	"bracketright": 0x5d, "asciicircum": 0x5e, "underscore": 0x5f, "grave": 0x60, "braceleft": 0x7b, "bar": 0x7c,
	"braceright": 0x7d, "asciitilde": 0x7e,
}
