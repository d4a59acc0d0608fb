# Everything a fresh machine with Go and make needs; `make demo` and `make test`
# are the two to start with.

# Float32 products of the pure Go backend run ten times faster with Go's simd
# experiment, which exists on amd64 only.
ifeq ($(shell go env GOARCH),amd64)
export GOEXPERIMENT := simd
endif

# What the demo runs on; `make demo BACKEND=xla:/path/libpjrt_cpu.so`.
BACKEND ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
FUZZTIME    ?= 60s
# A plugin without its debugger's tables is two thirds as large, and hashed before each
# first use. Stack traces stay.
STRIPPED    := -ldflags "-s -w"

.PHONY: build install cross release demo test lint fuzz conformance browser bench microbench generate check-generated vulncheck clean

build: ## host and plugins, side by side in bin/
	@mkdir -p bin
	go build -o bin/ ./host/nugget
	go build $(STRIPPED) -o bin/ ./plugins/nugget-arch-...

install:
	go install ./host/nugget
	go install $(STRIPPED) ./plugins/...

demo: build ## a whole transfer on the trained pair in testdata/demo
	@bash testdata/demo/run.sh bin/nugget $(BACKEND)

cross: ## it compiles for every platform of a release
	@bash .ci/cross

release: ## a .tar.gz or (Windows) .zip a platform in dist/, with checksums and SBOMs
	@bash .ci/cross dist

test:
	go test -timeout 20m ./...

lint:
	@unformatted=$$(gofmt -l $(wildcard host plugins formats adapters testdata .ci)); \
	if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi
	go vet ./... ./.ci/archive
	go run $(STATICCHECK) ./...

fuzz: ## every fuzz test for FUZZTIME
	@bash .ci/fuzz $(FUZZTIME)

conformance: build ## the same numbers from current torch, transformers, peft and tokenizers
	NUGGET=$(CURDIR)/bin/nugget bash testdata/conformance/run.sh

browser: build ## reports in a real Chromium, which $$NUGGET_CHROMIUM names
	NUGGET=$(CURDIR)/bin/nugget go -C host/report/browser test -count=1 .

bench: build ## nugget beside torch; `make bench CASES="1 2"`, see testdata/bench
	NUGGET=$(CURDIR)/bin/nugget bash testdata/bench/run.sh $(addprefix --case ,$(CASES)) $(BENCHFLAGS)

microbench: ## Go's own benchmarks
	go test -run '^$$' -bench . -benchtime 2x ./host/engine/... ./host/transfer/... ./formats/...

generate: ## plugins/arch/archpb from arch.proto, the assembly of host/engine/{fused,product}
	go -C plugins/arch/protogen run . ..
	go -C host/engine/fused/kernelgen run . ..

check-generated: generate
	@git diff --exit-code -- plugins/arch/archpb host/engine/fused host/engine/product || \
	{ echo "generated code is stale: run make generate and commit"; exit 1; }

vulncheck: ## needs a network that reaches vuln.go.dev
	go run $(GOVULNCHECK) ./...

clean:
	rm -rf bin dist
