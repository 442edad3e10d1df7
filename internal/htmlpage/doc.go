// Package htmlpage is what glint's pages have in common: their look on a screen, a telephone
// and paper, and plots as SVG that stands inside the page. A page loads nothing and runs no
// script. The same plot gives the same bytes.
//
// It does not know what a page shows.
package htmlpage
