package replay

import "iter"

// All yields every stack, decompressed into one buffer that the next one overwrites: in the
// order of Add until the Store is full, then in no promised but always the same one.
func (s *Store) All() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		buf := make([]byte, s.cfg.Len)
		for i := range s.slots {
			if err := s.decode(buf, parse(s.arena.at(s.slots[i])).data); !yield(buf, err) || err != nil {
				return
			}
		}
	}
}
