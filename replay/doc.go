// Package replay keeps what an agent has seen: in memory as a [Store] that the
// autoencoder draws balanced batches from, and on disk as a [Dataset] of recorded
// steps.
//
// # Words
//
// A stack is one observation, the T frames that an agent acts on, as bytes. A
// class is what the caller balances batches by; for the knife weighting class 1
// is a stack that shows a small object and class 0 one that shows none.
//
// # Datasets
//
// A dataset is a folder of Parquet shards, one row a step, and spec.json. Pandas
// reads it in one line, which leaves spec.json out:
//
//	pandas.read_parquet(folder, ignore_prefixes=["spec"])
//
// # Concurrency
//
// A Store, a Writer and an iterator of a Dataset each belong to one goroutine at a
// time. An opened Dataset may be iterated by several goroutines at once.
//
// # Ownership
//
// Add copies what it is given. What Sample returns belongs to the Store until its
// next call; what it writes into the caller's buffers belongs to the caller. A Row
// of a Dataset belongs to whoever received it.
//
// # Errors
//
// Errors name the field, the file or the stack they are about. A damaged file
// never panics and never allocates more than its own size asks for.
package replay
