package pixels

import (
	"image"

	"glint/env"
)

// Addresses in the 128 bytes of RAM of Kung-Fu Master and what they say, found by
// comparing RAM with the drawn frames of ale-py 0.12.1: 24,000 frames with 41 throws
// of random play, and the later floors reached by writing the floor into RAM.
const (
	kungFuFoe      = 50 // kind of the special foe on the screen
	kungFuThrower  = 92
	kungFuNobody   = 177
	kungFuMissileX = 73
	kungFuMissileY = 96 // 188: nothing in the air
	kungFuNothing  = 188
	kungFuLate     = 86 // bit 3: the sprite is moved late in the line
	kungFuLateBit  = 8
	kungFuPlayerX  = 74
	kungFuPlayerY  = 46
	kungFuHealth   = 75
	kungFuScore    = 0x18 // three bytes of binary coded decimal, high one first
	kungFuFloor    = 31   // counts from 1; other values bring other foes
	kungFuLives    = 0x1D // low three bits count from 0; 0xFF: game over
)

// The player's sprite. A ducking one is placed 6 rows lower and as much shorter.
const (
	kungFuBodyW = 8
	kungFuBodyH = 34
	kungFuFeet  = 160 // nothing of it is below
)

// kungFuMaster keeps rows 98..161 and columns 12..155, where all fights happen:
// 64x144 pixels without any resize, which would destroy the knives.
func kungFuMaster() Preset {
	return Preset{
		Name:    "KungFuMaster",
		Config:  Config{Crop: image.Rect(12, 98, 156, 162), Projection: Foreground},
		Screen:  image.Pt(160, 210),
		Truth:   kungFuTruth,
		State:   kungFuState,
		Objects: []Object{{Kind: "knife", Size: image.Pt(5, 2), Core: image.Pt(4, 2), Contrast: 126}},
	}
}

// kungFuTruth finds the one knife that the game can draw: two rows of four pixels,
// the lower row one pixel to the left, whichever way it flies. Where the console
// moves the sprite late in the line, on the right of the screen, it is drawn one
// pixel right of and above its place in RAM. A knife goes on when its thrower is
// gone. With other foes, such as the dragon, the missile's bytes are no place of
// anything drawn.
func kungFuTruth(dst []env.Box, ram []byte, frame int) []env.Box {
	if len(ram) < ramLen {
		return dst
	}
	foe := ram[kungFuFoe]
	if ram[kungFuMissileY] == kungFuNothing || (foe != kungFuThrower && foe != kungFuNobody) {
		return dst
	}
	x, y := int(ram[kungFuMissileX])-52, 123+int(ram[kungFuMissileY])
	if ram[kungFuLate]&kungFuLateBit != 0 {
		x, y = x+1, y-1
	}
	return append(dst, env.Box{Rect: image.Rect(x, y, x+5, y+2), Frame: frame, Kind: "knife"})
}

func kungFuState(ram []byte) State {
	if len(ram) < ramLen {
		return State{}
	}
	x, y := int(ram[kungFuPlayerX])-49, int(ram[kungFuPlayerY])-53
	s := State{
		Player: image.Pt(x, y),
		Body:   image.Rect(x, y, x+kungFuBodyW, max(y+1, min(y+kungFuBodyH, kungFuFeet))),
		Health: int(ram[kungFuHealth]),
		Score:  bcd(ram[kungFuScore : kungFuScore+3]),
		Floor:  int(ram[kungFuFloor]),
	}
	if lives := ram[kungFuLives]; lives != 0xFF {
		s.Lives = int(lives&7) + 1
	}
	return s
}

// bcd reads binary coded decimals, high byte first.
func bcd(digits []byte) int {
	n := 0
	for _, b := range digits {
		n = 100*n + 10*int(b>>4) + int(b&15)
	}
	return n
}
