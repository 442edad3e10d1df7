package config

// Data is the recorded dataset that an autoencoder trains on in place of play.
type Data struct {
	Dir       string  `toml:"dir"`        // folder of the dataset; empty to play
	ValShare  float64 `toml:"val_share"`  // share of its episodes that are judged and not trained on
	TestShare float64 `toml:"test_share"` // share of its episodes that are only looked at when the training is over
	SkipBad   bool    `toml:"skip_bad"`   // leave out shards that cannot be read
	ID        string  `toml:"id"`         // of the dataset, to know it elsewhere; set by the training
}
