.DEFAULT_GOAL := help
.PHONY: help build check test lint fmt race bench bench-peers bench-agents golden study

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

build: ## build the program into ./glint
	go build -o glint ./cmd/glint

check: ## everything CI runs
	scripts/check

test: ## the tests; those that need Python or a network skip without
	go test ./...

lint: ## vet and the linters
	scripts/check vet lint

fmt: ## format every file
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 fmt

race: ## the packages with goroutines under the race detector
	scripts/check race

bench: ## every benchmark, six times, for benchstat
	go test -run '^$$' -bench . -count 6 ./...

bench-peers: build .peers/ready ## glint against PyTorch and OpenCV, then bench-agents, into bench/peers.json (downloads 3 GB)
	.peers/bin/python scripts/peers/peers.py
	$(MAKE) bench-agents

bench-agents: build .peers/ready ## whole trainings against Stable-Baselines3, into bench/peers.json (the same 3 GB)
	.peers/bin/python scripts/peers/agents.py

.peers/ready: scripts/peers/requirements.txt
	test -e .peers/bin/pip || python3 -m venv .peers
	.peers/bin/pip install -q -r scripts/peers/requirements.txt
	touch .peers/ready

golden: ## the answers of PyTorch, rliable and statsmodels for the tests, anew (downloads 3 GB)
	python3 -m venv .golden
	.golden/bin/pip install -r scripts/golden/requirements.txt
	.golden/bin/python scripts/golden/golden.py
	.golden/bin/python scripts/golden/scores.py

study: ## the study of docs/studies/kungfu-weighting, in studies/ (some 2.5 hours on 2 cores; goes on where it stopped)
	scripts/study
