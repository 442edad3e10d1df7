// Package app puts the parts together: it names the concrete environments, reads
// configurations, keeps run folders and does what the verbs of the command line
// ask for. It holds no algorithm.
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
