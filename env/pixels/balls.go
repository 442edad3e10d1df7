package pixels

import (
	"image"

	"glint/env"
)

// pong keeps rows 34..193 between the two white borders, 160x160. The median row is
// of one colour from edge to edge (measured share 1.00).
func pong() Preset {
	return Preset{
		Name:    "Pong",
		Config:  Config{Crop: image.Rect(0, 34, 160, 194), Projection: Foreground},
		Screen:  image.Pt(160, 210),
		Truth:   pongTruth,
		State:   pongState,
		Objects: []Object{{Kind: "ball", Size: image.Pt(2, 4), Core: image.Pt(2, 4), Contrast: 219}},
	}
}

// pongTruth reads the ball's place from RAM 49 and 54 (0: no ball): on 6,000 frames
// the drawn ball is there, or in the right half sometimes one row higher.
func pongTruth(dst []env.Box, ram []byte, frame int) []env.Box {
	if len(ram) < ramLen || ram[54] == 0 {
		return dst
	}
	return ball(dst, int(ram[49])-49, int(ram[54])-14, frame)
}

// pongState reads the right player's paddle and the points: the player's minus the
// opponent's.
func pongState(ram []byte) State {
	if len(ram) < ramLen {
		return State{}
	}
	return State{Player: image.Pt(140, int(ram[51])-13), Score: int(ram[14]) - int(ram[13])}
}

// breakout keeps rows 32..191 and columns 8..151, the field between the walls,
// 160x144. The median row has 0.90 of its pixels in one colour over the whole
// frame. A row of bricks is background until half of it is gone; from then on the
// bricks are foreground.
func breakout() Preset {
	return Preset{
		Name:    "Breakout",
		Config:  Config{Crop: image.Rect(8, 32, 152, 192), Projection: Foreground},
		Screen:  image.Pt(160, 210),
		Truth:   breakoutTruth,
		State:   breakoutState,
		Objects: []Object{{Kind: "ball", Size: image.Pt(2, 4), Core: image.Pt(2, 4), Contrast: 200}},
	}
}

// breakoutTruth reads the ball's place from RAM 99 and 101 (0: no ball).
func breakoutTruth(dst []env.Box, ram []byte, frame int) []env.Box {
	if len(ram) < ramLen || ram[101] == 0 {
		return dst
	}
	return ball(dst, int(ram[99])-49, int(ram[101])+9, frame)
}

// breakoutState reads the paddle, lives and score of one player.
func breakoutState(ram []byte) State {
	if len(ram) < ramLen {
		return State{}
	}
	return State{
		Player: image.Pt(int(ram[72])-47, 189), Lives: int(ram[57]),
		Score: bcd([]byte{ram[76] & 15, ram[77]}),
	}
}

func ball(dst []env.Box, x, y, frame int) []env.Box {
	return append(dst, env.Box{Rect: image.Rect(x, y, x+2, y+4), Frame: frame, Kind: "ball"})
}
