// Package ckpt writes and reads checkpoints: named tensors in the safetensors
// format, and folders of files that appear whole or not at all.
//
// # Layout
//
// The checkpoint of a step is the folder ckpt/<step> of a run ([Dir]). It holds
// the files its writer names and manifest.json, which lists the size and the
// SHA-256 of every file. [Write] fills a temporary folder beside it, flushes
// every file and the folder to the disk and only then renames it, so that
// whatever interrupts a save, the checkpoint before it can still be loaded.
// [Latest] takes nothing whose files do not match their manifest.
//
// # Errors
//
// Errors of [Open] wrap [ErrVersion] or [ErrCorrupt] where they apply, those of
// [Latest] wrap [ErrNone]; all name the file.
//
// # Concurrency
//
// One process writes to a run folder at a time. A [Reader] may be used by many
// goroutines.
package ckpt
