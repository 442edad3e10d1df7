package dojo

import "image"

// Moment is what the game knows of one frame, in pixels of the observation.
type Moment struct {
	// Body is the box that knives hit.
	Body image.Rectangle
	// Health and Lives are what the player has left.
	Health, Lives int
	// Knives are the boxes of those that the observation shows, each around all 8
	// pixels.
	Knives []image.Rectangle
}

// Played returns the frames of the step that environment i played last. Where it
// ended an episode, they are those of the final observation. They belong to the Vec
// until its next call.
func (v *Vec) Played(i int) []Moment { return v.played[i] }

// note keeps what there is to know of frame t of environment i's step.
func (v *Vec) note(i, t int) {
	g, m := &v.games[i], &v.played[i][t]
	top, bottom := g.body()
	m.Body = image.Rect(int(g.X-halfBody), int(top), int(g.X+halfBody), int(bottom)).Sub(v.crop.Min)
	m.Health, m.Lives = int(g.Health), int(g.Lives)
	m.Knives = m.Knives[:0]
	for k := range g.Knives {
		if r := g.Knives[k].box(); r.Overlaps(v.crop) {
			m.Knives = append(m.Knives, r.Sub(v.crop.Min))
		}
	}
}

// box returns the pixels around a knife on the screen, none where it does not fly.
func (k *knife) box() image.Rectangle {
	if k.Flies == 0 {
		return image.Rectangle{}
	}
	x, y := int(pixel(k.X)), int(k.row())
	return image.Rect(x, y, x+knifeW, y+knifeH)
}
