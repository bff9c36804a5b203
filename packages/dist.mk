# dist.mk - what is published: `make dist` puts it into build/dist (packages/README.md).
#
# ARCHITECTURES="x86_64 aarch64" are made where the compiler for them is there; aarch64 is left out, and said so, where
# it isn't.

DIST_ARCHITECTURES = x86_64 $(shell command -v aarch64-linux-gnu-gcc >/dev/null && echo aarch64)
ARCHITECTURES ?= $(DIST_ARCHITECTURES)

.PHONY: static
static: ## build the static binaries: build/static-x86_64/invoked, and for aarch64 where its compiler is there
	@.setup/install dist
	@for architecture in $(ARCHITECTURES); do \
		$(MAKE) $(PARALLEL) PROFILE=static ARCH=$$architecture build/static-$$architecture/invoked || exit 1; \
	done

.PHONY: dist
dist: static ## make everything that is published, in build/dist (INTERPRETERS=yes: the image with Python and Node.js too)
	@$(if $(INTERPRETERS),for architecture in $(ARCHITECTURES); do packages/interpreters/prepare $$architecture || exit 1; done)
	@python3 -B packages/dist.py --version $(VERSION) --architectures "$(ARCHITECTURES)" --out build/dist \
		--maintainer "$(MAINTAINER)"
