// Package layout holds the rules of this repository as tests: who may import
// whom, how long a function may be, what must be documented, which words never
// appear. It has no code to import.
//
// A rule that makes the code worse is changed here, in a table, with its reason.
package layout
