// Package keyboard is a window that a person plays in: a page in a browser of this machine,
// which shows pictures and tells the keys that are held. It knows nothing of games.
//
// # Security
//
// The page is served on the loopback address alone. Nothing answers without the random
// token in the window's URL, nor to a request that names another host or origin, so that
// neither other pages of the browser nor a name that was pointed to this machine reach it.
// The page loads nothing and talks to nobody else.
//
// # Concurrency
//
// A Window is for one goroutine. Those that it starts end with Close.
package keyboard
