package dojo

// The parts that fighters are put together from, looking right. A letter is a
// role that a palette gives a colour: h hair, s skin, k eye, c coat, b belt,
// p trousers, f feet; anything else is transparent. Every row starts at the same
// column, six left of the fighter's middle.
var (
	headPart = []string{
		"...hhhhh",
		"..hhhhhhh",
		"..hhhssss",
		"..hhsskss",
		"..hhsssss",
		"...hsssss",
		"....ssss",
		"....sss",
	}
	armsDown = []string{
		"...ccccc",
		"..ccccccc",
		".cccccccc",
		".ccccccccc",
		".cc.cccccc",
		".cc.ccccss",
		".cccccccss",
		".ccccccccc",
		"..ssccccc",
		"..sscccc",
		"...bbbbb",
		"...ccccc",
	}
	armsOut = []string{
		"...ccccc",
		"..cccccccc",
		".ccccccccccccccss",
		".cccccccccccccsss",
		".cc.ccccc.....ss",
		".cc.cccc",
		".ss.cccc",
		"..sscccc",
		"....cccc",
		"....cccc",
		"...bbbbb",
		"...ccccc",
	}
	armsUp = []string{
		"ss.ccccc",
		"ssccccccc",
		".ccccccccc",
		"..ccccccccc",
		"....ccccccc",
		"....cccc.cc",
		"....cccc.cs",
		"....cccc.ss",
		"....cccc",
		"....cccc",
		"...bbbbb",
		"...ccccc",
	}
	armsAhead = []string{
		"...ccccc",
		"..ccccccc",
		".ccccccccc",
		".cccccccccccss",
		"..cccccccccccs",
		"....ccccc",
		"....cccccccss",
		"....ccccccccs",
		"....cccc",
		"....cccc",
		"...bbbbb",
		"...ccccc",
	}
	legsApart = []string{
		"...ppppp",
		"..ppppppp",
		"..ppppppp",
		"..ppppppp",
		"..ppp.pppp",
		".pppp..ppp",
		".ppp...ppp",
		".ppp...ppp",
		".ppp....pp",
		"ppp.....pp",
		"ppp.....ppp",
		"pp.......pp",
		"ff.......ff",
		"fff......fff",
	}
	legsTogether = []string{
		"...ppppp",
		"...ppppp",
		"...ppppp",
		"...pppppp",
		"...pppppp",
		"....ppppp",
		"....ppppp",
		"....pppp",
		"....pppp",
		"....pppp",
		"....pppp",
		"....ppp",
		"....fff",
		"....fffff",
	}
	legsKick = []string{
		"...ppppp",
		"..pppppppppp",
		"..pppppppppppppp",
		"...ppppppppppppppppff",
		"...pppp...pppppppppff",
		"...ppp..........ppff",
		"...ppp",
		"...ppp",
		"...ppp",
		"...ppp",
		"...ppp",
		"...pp",
		"...ff",
		"...ffff",
	}
	legsTucked = []string{
		"...ppppp",
		"..pppppppp",
		"..ppppppppp",
		".ppppppppppp",
		".ppp...ppppp",
		"..ppp...pppp",
		"...ppp..ppp",
		"...fff.ppp",
		"....ff.fff",
		".......fff",
	}
	bodyDucking = []string{
		"...ccccc",
		"..cccccccc",
		".cccccccccss",
		".ccccccccss",
		".bbbbbbb",
		"..ppppppppp",
		".pppppppppppp",
		".ppppp..ppppp",
		"pppp.....ppp",
		"ppp.....ppp",
		"fff.....fff",
		"ffff....ffff",
	}
	lying = []string{
		"",
		"......................hhh",
		"ff..................ssshhh",
		"ffpppppppppbccccccccsskhhh",
		"fffppppppppbcccccccccsshhh",
		".ffpppppppppbccccccccs.hh",
		"...............ccss",
		".................ss",
	}
)

// The colours of the palette, by name.
const (
	black = iota
	wall
	stripe
	rail
	tileLight
	tileDark
	beam
	steel
	white
	skin
	brown
	orange
	green
	red
	border
	colours
)

// outfit gives roles their colours.
type outfit map[byte]byte

var (
	heroOutfit  = outfit{'h': black, 's': skin, 'k': black, 'c': white, 'b': black, 'p': white, 'f': black}
	hurtOutfit  = outfit{'h': black, 's': red, 'k': black, 'c': red, 'b': black, 'p': white, 'f': black}
	henchOutfit = outfit{'h': brown, 's': skin, 'k': black, 'c': orange, 'b': white, 'p': brown, 'f': black}
	throwOutfit = outfit{'h': black, 's': skin, 'k': white, 'c': green, 'b': white, 'p': black, 'f': white}
)
