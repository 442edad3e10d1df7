package play

import (
	"slices"
	"strings"

	"glint/env"
	"glint/internal/app"
	"glint/internal/keyboard"
)

// keymap is the keys to hold for each action, named as a window does; none for the action
// of who holds none.
type keymap [][]string

// keyOf is the keys of the words that names of actions are made of: of Atari games, of the
// dojo and of keys in the X Window System.
var keyOf = []struct{ word, key string }{
	{"NOOP", ""},
	{"NONE", ""},
	{"UP", "up"},
	{"DOWN", "down"},
	{"LEFT", "left"},
	{"RIGHT", "right"},
	{"JUMP", "up"},
	{"DUCK", "down"},
	{"FIRE", "space"},
	{"PUNCH", "space"},
	{"SPACE", "space"},
	{"KICK", "x"},
	{"RETURN", "enter"},
}

const (
	// secondKey does what Space does, where no action has it.
	secondKey = "z"
	// spareKeys are for actions whose names say no key, in this order.
	spareKeys = "0123456789qwertyuioasdfghjklcvbnm"
)

// keysFor finds the keys of the actions of s by their names. Where a name says none, or
// those of an action before, the action gets a spare one.
func keysFor(s env.Spec) (keymap, error) {
	m := make(keymap, s.Actions)
	taken := map[string]bool{}
	var nameless []int
	for a := range m {
		var keys []string
		ok := a < len(s.Meanings)
		if ok {
			keys, ok = keysOf(s.Meanings[a])
		}
		id := strings.Join(slices.Sorted(slices.Values(keys)), "+")
		if !ok || taken[id] {
			nameless = append(nameless, a)
			continue
		}
		m[a], taken[id] = keys, true
	}
	used := m.all()
	for key := range strings.SplitSeq(spareKeys, "") {
		if len(nameless) > 0 && !slices.Contains(used, key) {
			m[nameless[0]], nameless = []string{key}, nameless[1:]
		}
	}
	if len(nameless) > 0 {
		return nil, app.Usagef("let a policy play: --policy varied", "%s has %d actions, too many for the keys of a person", s.Name, s.Actions)
	}
	return m, nil
}

// keysOf reads the name of an action, such as UPRIGHTFIRE, PUNCH_LEFT or Left+a.
func keysOf(action string) (keys []string, ok bool) {
	for rest := strings.ToUpper(action); rest != ""; rest = strings.TrimLeft(rest, "_+ ") {
		i := slices.IndexFunc(keyOf, func(k struct{ word, key string }) bool { return strings.HasPrefix(rest, k.word) })
		if i >= 0 {
			if keyOf[i].key != "" {
				keys = append(keys, keyOf[i].key)
			}
			rest = rest[len(keyOf[i].word):]
			continue
		}
		letter, after, _ := strings.Cut(rest, "+")
		if len(letter) != 1 || !strings.Contains("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", letter) {
			return nil, false
		}
		keys, rest = append(keys, strings.ToLower(letter)), after
	}
	return keys, action != ""
}

// all returns every key that does something.
func (m keymap) all() []string {
	keys := slices.Compact(slices.Sorted(slices.Values(slices.Concat(m...))))
	if m.second() {
		keys = append(keys, secondKey)
	}
	return keys
}

// second says whether there is a second key for Space.
func (m keymap) second() bool {
	keys := slices.Concat(m...)
	return slices.Contains(keys, "space") && !slices.Contains(keys, secondKey)
}

// action returns the action of keys in the order in which they were pressed: of those that
// they suffice for the one with the last key, of several the one with the key before, and so
// on. It says false where every action wants other keys.
func (m keymap) action(held []string) (action int, ok bool) {
	if m.second() {
		held = slices.Clone(held)
		for i, key := range held {
			if key == secondKey {
				held[i] = "space"
			}
		}
	}
	best := int64(-1)
	for a, keys := range m {
		rank := int64(0)
		for _, key := range keys {
			i := app.LastIndex(held, key)
			if i < 0 {
				rank = -1
				break
			}
			rank += 1 << min(i, 32)
		}
		if rank > best {
			action, best = a, rank
		}
	}
	return action, best >= 0
}

// help says in words what each action takes.
func (m keymap) help(names []string) []keyboard.Help {
	signs := map[string]string{"left": "←", "right": "→", "up": "↑", "down": "↓", "space": "Space", "enter": "Enter"}
	if m.second() {
		signs["space"] = "Space/Z"
	}
	var rows []keyboard.Help
	for a, keys := range m {
		words := []string{}
		for _, key := range keys {
			sign, ok := signs[key]
			if !ok {
				sign = strings.ToUpper(key)
			}
			words = append(words, sign)
		}
		if len(keys) == 0 {
			words = []string{"no key"}
		}
		rows = append(rows, keyboard.Help{Keys: strings.Join(words, " + "), Does: names[a]})
	}
	if _, ok := m.action(nil); !ok {
		rows = append(rows, keyboard.Help{Keys: "no key", Does: "the game waits"})
	}
	return rows
}
