// Package app holds what the verbs of the command line share: where they write, the
// errors that are the user's, which program runs, and small work on figures. Its folders
// are one package a verb, and those that verbs stand on: config, rundir, world, monitor, film and play.
// They put the parts together and hold no algorithm.
//
// # Errors
//
// A [UsageError] is the user's to mend and says how; any other error is a failure
// of the work.
//
// # Logging
//
// Progress and notes go to the Stderr of [IO], figures to its Stdout.
package app
