// Package page writes a study as one HTML file that needs nothing beside it: text,
// tables, plots as SVG and pictures inside; and its words and tables as Markdown. The
// same result gives the same bytes.
//
// It knows figures alone: neither how a trial trains nor how a picture was drawn.
package page
