# make            builds build/release/townd and build/release/townctl
# make demo       a minute's story: sixteen stand-in towns, an outage, its end
# make test       builds and runs all tests
# make bench      prints the benchmarks
# make dev, tsan  the tests under ASan+UBSan, under TSan
# make pictures   takes the documents' pictures from the demo
# make format, tidy   clang-format in place; clang-tidy over src
#
# Every target installs the Debian packages that are missing: config/packages.txt, and for tests
# config/packages-test.txt.

SHELL := /bin/bash
JOBS ?= $(shell nproc)
CTEST_ARGS ?=
SHARE = $(DESTDIR)/usr/share
export CCACHE_SLOPPINESS = pch_defines,time_macros
export CMAKE_BUILD_PARALLEL_LEVEL = $(JOBS)

.PHONY: all packages test-packages demo test pictures bench dev tsan format tidy clean install
all: packages
	cmake --preset release
	cmake --build --preset release --target townd

# $(call install_missing,FILES): what they list, as far as it is missing. A line `name|command` is
# a package that is only needed where the command is missing.
define install_missing
	@missing=""; for p in $$(sed -e 's/#.*//' $(1)); do \
	    case $$p in *"|"*) command -v "$${p#*|}" >/dev/null && continue; p=$${p%%|*};; esac; \
	    dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$p"; \
	done; \
	if [ -n "$$missing" ]; then \
	    echo "installing:$$missing"; \
	    sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	    $$sudo apt-get update -qq && \
	    $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	fi
endef

packages:
	$(call install_missing,config/packages.txt)
test-packages:
	$(call install_missing,config/packages.txt config/packages-test.txt)

demo: all
	build/release/townd demo

test: test-packages
	cmake --preset release
	cmake --build --preset release
	ctest --preset release $(CTEST_ARGS)

pictures: test-packages all
	mkdir -p build/pictures && cp tests/browser/* build/pictures
	cd build/pictures && npm ci --no-audit --no-fund --loglevel=error
	cd build/pictures && node pictures.mjs $(CURDIR)/build/release/townd $(CURDIR)/docs/pictures

bench: packages
	cmake --preset release
	cmake --build --preset release --target townd_bench
	build/release/tests/townd_bench --benchmark_counters_tabular=true

dev tsan: test-packages
	cmake --preset $@
	cmake --build --preset $@
	ctest --preset $@ $(CTEST_ARGS)

format:
	git ls-files '*.hpp' '*.cpp' | xargs clang-format -i

# Reads the flags of a preset that compiles each file by itself.
tidy:
	cmake --preset dev
	git ls-files 'src/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy -p build/dev --quiet

install: all
	install -D build/release/townd $(DESTDIR)/usr/sbin/townd
	install -d $(DESTDIR)/usr/bin
	ln -sf ../sbin/townd $(DESTDIR)/usr/bin/townctl
	install -D -m 0644 docs/man/townd.8 $(DESTDIR)/usr/share/man/man8/townd.8
	install -D -m 0644 docs/man/townd.yaml.5 $(DESTDIR)/usr/share/man/man5/townd.yaml.5
	install -d $(DESTDIR)/usr/share/townd $(DESTDIR)/etc/townd/conf.d
	build/release/townd config schema > $(DESTDIR)/usr/share/townd/config.schema.json
	install -d $(SHARE)/bash-completion/completions $(SHARE)/zsh/vendor-completions \
	    $(SHARE)/fish/vendor_completions.d $(SHARE)/man/man1
	build/release/townctl completion bash > $(SHARE)/bash-completion/completions/townctl
	build/release/townctl completion zsh > $(SHARE)/zsh/vendor-completions/_townctl
	build/release/townctl completion fish > $(SHARE)/fish/vendor_completions.d/townctl.fish
	install -m 0644 docs/man/townctl.1 $(SHARE)/man/man1/townctl.1
	install -D -m 0644 config/systemd/townd.service $(DESTDIR)/usr/lib/systemd/system/townd.service
	install -D -m 0644 config/systemd/townd.catalog $(DESTDIR)/usr/lib/systemd/catalog/townd.catalog
	install -D -m 0644 -t $(DESTDIR)/usr/share/doc/townd/runbooks docs/runbooks/*.md
	install -D -m 0644 -t $(DESTDIR)/usr/share/doc/townd/errors docs/errors/*.md
	install -D -m 0644 -t $(DESTDIR)/usr/share/doc/townd docs/*.md
	install -D -m 0644 -t $(DESTDIR)/usr/share/doc/townd/prometheus config/prometheus/*.yaml
	install -D -m 0644 -t $(DESTDIR)/usr/share/doc/townd/grafana config/grafana/townd.json
	[ -n "$(DESTDIR)" ] || ! command -v journalctl >/dev/null || journalctl --update-catalog
	[ -e $(DESTDIR)/etc/townd/townd.yaml ] || install -D -m 0644 config/townd.yaml $(DESTDIR)/etc/townd/townd.yaml

clean:
	rm -rf build
