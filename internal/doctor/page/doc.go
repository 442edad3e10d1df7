// Package page writes the verdicts of package doctor as one HTML file that needs nothing beside
// it: what was found and what to do about it, a table a group of checks, and plots as SVG. The
// same verdicts give the same bytes.
//
// It shows what it is given and examines nothing.
package page
