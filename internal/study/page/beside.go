package page

import (
	"fmt"
	"regexp"

	"glint/internal/study"
)

// Illustration is a file beside the page, which the summary shows.
type Illustration struct {
	File         string // name in the study folder
	Content      []byte
	Caption, Alt string
}

// IllustrationFiles are patterns of the names that illustrations have.
var IllustrationFiles = []string{"intervals.svg", "tradeoff.svg", "reconstructions-[0-9]*.png"}

// Illustrations returns the first judge's intervals and the trade-off as SVG, where they can be
// drawn, and the pictures as PNG.
func Illustrations(r *study.Result, pictures []Picture) (all []Illustration, err error) {
	j := r.Judges[0]
	intervals, err := intervalsOf(r, j, 0)
	if err != nil {
		return nil, err
	}
	tradeoff, err := tradeoffOf(r)
	if err != nil {
		return nil, err
	}
	all = append(all, Illustration{"intervals.svg", standalone(string(intervals.SVG)), readIntervals(r), "Each arm by " + j.Label + ", as in the table"})
	if tradeoff != nil {
		all = append(all, Illustration{"tradeoff.svg", standalone(string(tradeoff.SVG)), tradeoff.Caption, "Small objects against the rest of the picture"})
	}
	for i, p := range pictures {
		b, err := p.png()
		if err != nil {
			return nil, err
		}
		all = append(all, Illustration{fmt.Sprintf("reconstructions-%d.png", i+1), b, p.Caption, p.Alt})
	}
	return all, nil
}

// readIntervals says how plots of intervals are to be read.
func readIntervals(r *study.Result) string {
	said := "Each ring is the one seed of an arm."
	if len(r.Seeds) > 1 {
		said = "Filled dots are interquartile means, bars their 95 % intervals, rings single seeds."
	}
	if r.Arms[r.Base][r.Judges[0].Name].IQM != nil {
		said += " The dashed line is " + r.Base + "."
	}
	return said
}

// head is how a plot by htmlpage.Inline begins, with its size.
var head = regexp.MustCompile(`^<svg viewBox="0 0 ([0-9.]+) ([0-9.]+)"([^>]*)>`)

// standalone makes of an SVG in a page one that is a file: on white, with a size and the fonts
// of the page.
func standalone(svg string) []byte {
	return []byte(head.ReplaceAllString(svg, `<svg xmlns="http://www.w3.org/2000/svg" width="${1}pt" height="${2}pt" style="background:#fff" viewBox="0 0 $1 $2"$3>`+
		`<style>text { font-family: "Liberation Sans", Arial, Helvetica, sans-serif !important; }</style>`) + "\n")
}
