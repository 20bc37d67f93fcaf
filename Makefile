# make help shows what there is. CMake presets do the building (CMakePresets.json).
SHELL := /bin/bash
.DEFAULT_GOAL := help
BUILD := build/release
JOBS ?= $(shell nproc)

.PHONY: help deps build run test test-lab test-vanilla test-conformance sanitize check bench fmt clean
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## install what building and testing need (Debian 12 packages); as another user: says what to install
	@tools/deps.sh

$(BUILD)/build.ninja: CMakePresets.json
	@cmake --preset release >/dev/null

build: deps $(BUILD)/build.ninja ## build/release/nanika
	@ninja -C $(BUILD) -j $(JOBS) --quiet nanika

run: build ## the quickstart: a cluster API, a router and a tenant's site on this machine; Ctrl-C ends it
	@examples/quickstart/run.sh

all-release: deps $(BUILD)/build.ninja
	@ninja -C $(BUILD) -j $(JOBS) --quiet

test: all-release ## unit, embedded and lab tests, as CI runs them (minutes)
	@ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS) -LE 'vanilla|conformance'

test-lab: all-release ## those with network namespaces and real routers alone
	@ctest --test-dir $(BUILD) --output-on-failure -L lab

test-vanilla: all-release ## the same controllers on a real kube-apiserver and etcd (built once with Go: 10 minutes)
	@test/vanilla/build.sh >/dev/null
	@ctest --test-dir $(BUILD) --output-on-failure -L vanilla

test-conformance: all-release ## upstream's own conformance cases for what the embedded API serves
	@test/vanilla/build.sh e2e.test kubectl >/dev/null
	@ctest --test-dir $(BUILD) --output-on-failure -L conformance

sanitize: deps ## unit tests under ASan+UBSan, then under TSan
	@for preset in asan tsan; do \
	  [ -f build/$$preset/build.ninja ] || cmake --preset $$preset >/dev/null || exit 1; \
	  ninja -C build/$$preset -j $(JOBS) --quiet unit_tests || exit 1; \
	  ctest --test-dir build/$$preset --output-on-failure -j $(JOBS) -L unit || exit 1; \
	done

check: deps $(BUILD)/build.ninja ## format, lint, layers, sizes, generated files, links
	@tools/check.sh

bench: all-release ## benchmarks beside their peers; prints ratios
	@bench/run.sh

fmt: ## clang-format in place
	@git ls-files -z 'src/*.h' 'src/*.cc' 'bench/*.cc' 'test/*.cc' | xargs -0 clang-format-19 -i

clean: ## remove build/
	rm -rf build
