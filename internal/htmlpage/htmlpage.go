package htmlpage

import (
	_ "embed" // of the look
	"html/template"
)

//go:embed look.html
var look string

// Template parses the text of a page, which may use these templates: "policy" are the first
// lines of its head, which forbid it to load anything; "look" is what its style begins with;
// "figure" shows a Figure. It panics where the text is no template.
func Template(text string) *template.Template {
	return template.Must(template.Must(template.New("page").Parse(look)).Parse(text))
}

// Figure is a plot with what is said of it.
type Figure struct {
	SVG     template.HTML
	Caption string
}
