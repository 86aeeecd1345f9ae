# The two commands of the README are `make run` and `make test`. Everything else is listed by `make help`.

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X github.com/millrace/millrace/internal/obs.Version=$(VERSION)
LINT     := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
# A test that waits longer than this hangs.
TIMEOUT  ?= 10m
DATA     ?= $(CURDIR)/.cache/data

.DEFAULT_GOAL := help
.PHONY: help build run test race cover fuzz lint fmt generate bench check clean

help: ## Show what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  \033[1m%-10s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build both binaries into bin/, static
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/millrace ./cmd/millrace-agent
	@ls -lh bin | awk 'NR>1{printf "  %-15s %s\n", $$9, $$5}'

run: build ## Build and run everything in one process, collecting /var/log
	bin/millrace up --data '$(DATA)'

test: ## Run every test under the race detector, servers embedded; needs Go and a C compiler only
	CGO_ENABLED=1 $(GO) test -race -timeout $(TIMEOUT) ./...

race: test ## The same as test

fuzz: ## Fuzz every target for a few seconds (FUZZTIME=10s)
	@test/fuzz.sh $(or $(FUZZTIME),10s)

bench: ## Run the benchmarks beside the code
	CGO_ENABLED=0 $(GO) test -run '^$$' -bench . -benchmem ./...

lint: ## Check format, style and layout
	$(LINT) run ./...

fmt: ## Format the code
	$(LINT) fmt ./...

generate: ## Write generated files and golden files anew; must leave the tree clean
	$(GO) generate ./...
	$(GO) mod tidy

check: lint test ## What CI runs

clean: ## Remove what was built and the data of `make run`
	rm -rf bin .cache
