# invoked - AWS Lambda's Invoke API on your own machine.
#
# `make help` lists the targets. Sources are found by wildcard: a new .c file in config, runtime, handlers or server, or
# a new test, needs no edit here. Products live in build/<profile>/ (release, debug, sanitize, tsan, fuzz); PROFILE=debug
# chooses another. Nothing here may ask for a compiler or a library before a recipe runs: on a bare machine
# `make run` installs them first (.setup/install).
#
# To add a library, add its pkg-config name to LIBRARIES and its package to .setup/packages.

ifneq ($(shell uname -s),Linux)
$(error invoked runs on Linux for now, and this is $(shell uname -s); a container or a virtual machine with Linux will do)
endif

VERSION = 0.1.0
PREFIX ?= /usr/local
PROFILE ?= release
BUILD = build/$(PROFILE)
LIBRARIES = libmicrohttpd libuv libcjson sqlite3 yaml-0.1 nettle minizip zlib

MAKEFLAGS += --no-builtin-rules --no-print-directory
SHELL = /bin/sh
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL = all

# --- flags ---------------------------------------------------------------------------------------------------------

# `$(call once,NAME,COMMAND)`: COMMAND's output, asked for when it is first used and not again.
once = $(eval $(1) := $$(shell $(2)))$($(1))

ifeq ($(PROFILE),static)
# The binary that needs nothing of the machine it runs on (packages/static): ARCH chooses x86_64 or aarch64.
ARCH ?= x86_64
BUILD = build/static-$(ARCH)
STATIC_LIBRARIES = build/static-libraries/$(ARCH)
LIBRARY_CFLAGS = -isystem $(STATIC_LIBRARIES)/include -isystem $(STATIC_LIBRARIES)/include/minizip
LIBRARY_LIBS = $(addprefix $(STATIC_LIBRARIES)/lib/,$(shell sed 's/\#.*//' packages/static/libraries | awk '{ print $$4 }'))
LIBRARIES_THERE = packages/static/prepare $(ARCH)
else
LIBRARY_CFLAGS = $(call once,LIBRARY_CFLAGS,pkg-config --cflags $(LIBRARIES))
LIBRARY_LIBS = $(call once,LIBRARY_LIBS,pkg-config --libs $(LIBRARIES))
LIBRARIES_THERE = pkg-config --exists $(LIBRARIES)
endif
CHECK_CFLAGS = $(call once,CHECK_CFLAGS,pkg-config --cflags check)
CHECK_LIBS = $(call once,CHECK_LIBS,pkg-config --libs check)

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch-enum -Wvla -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes $(if $(CI),$(if $(filter release debug,$(PROFILE)),-Werror))
HARDENING = -fstack-protector-strong -fPIE

# assert() stays on in every profile: NDEBUG is never defined.
PROFILE_FLAGS_release = -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 $(HARDENING)
PROFILE_FLAGS_debug = -O0 -g3 $(HARDENING)
PROFILE_FLAGS_sanitize = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# ThreadSanitizer's own clone() takes the child for a fork, and with CLONE_VM that stops its work in the parent.
PROFILE_FLAGS_tsan = -O1 -g -fno-omit-frame-pointer -fsanitize=thread -Dclone=__clone
PROFILE_FLAGS_fuzz = -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
# The folder of the build must not show in the result.
PROFILE_FLAGS_static = $(PROFILE_FLAGS_release) -DINVOKED_STATIC -ffile-prefix-map=$(CURDIR)=.
PROFILE_LINK_static = -static-pie -Wl,-z,relro,-z,now,--build-id=none
PROFILE_LINK_release = -pie -Wl,-z,relro,-z,now
PROFILE_LINK_debug = -pie
PROFILE_LINK_sanitize = -fsanitize=address,undefined
PROFILE_LINK_tsan = -fsanitize=thread
PROFILE_LINK_fuzz = -fsanitize=address,undefined

ifndef PROFILE_FLAGS_$(PROFILE)
$(error PROFILE must be release, debug, sanitize, tsan, fuzz or static (is $(PROFILE)))
endif
ifeq ($(PROFILE),fuzz)
override CC = clang
else ifeq ($(PROFILE)-$(ARCH),static-aarch64)
override CC = $(CCACHE) aarch64-linux-gnu-gcc
else ifeq ($(origin CC),default)
CC = cc
endif
AR = ar

# `make V=1` shows whole command lines.
SAY = $(if $(V),@:,@printf '  %-4s %s\n')
QUIET = $(if $(V),,@)

# CPPFLAGS, CFLAGS and LDFLAGS are the user's, and come last.
COMPILE = $(CC) -std=c11 -D_GNU_SOURCE -DINVOKED_VERSION='"$(VERSION)"' -I. $(PROFILE_FLAGS_$(PROFILE)) $(WARNINGS) \
	$(LIBRARY_CFLAGS) $(EXTRA_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP
LINK = $(CC) $(PROFILE_LINK_$(PROFILE)) $(CFLAGS) $(LDFLAGS)
LIBS = $(LIBRARY_LIBS) -lm -lpthread

# --- files ---------------------------------------------------------------------------------------------------------

LAYERS = base config runtime handlers server
# Each layer holds files and one level of rooms.
SOURCES = $(wildcard $(addsuffix /*.c,$(LAYERS)) $(addsuffix /*/*.c,$(LAYERS)))
MAIN = $(filter server/main.c,$(SOURCES))
ARCHIVE = $(BUILD)/libinvoked.a
THIRD_PARTY = $(wildcard third_party/*/*.c)
ARCHIVE_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(filter-out server/main.c,$(SOURCES)) $(THIRD_PARTY))
BINARY = $(BUILD)/invoked

# The bundled runtimes go into the binary (runtime/bundled/bundled_runtime.c).
BUNDLED = $(filter-out %.md,$(wildcard runtime/bundled/*/*.*))
# The console goes into the binary as well (handlers/console/console.c). Its built files are committed, so that `make`
# needs no npm; `make console` builds them anew from console/src.
CONSOLE = $(patsubst console/dist/%,build/console/%.gz,$(wildcard console/dist/*.html console/dist/*.js console/dist/*.css))
BUNDLED_FILES = -DBUNDLED_FILES='"$(foreach file,$(BUNDLED),bundled_file $(file:runtime/bundled/%=%)\n)"'

# Tests in C link with the archive and with what they use of tests/support. A file there with a main() of its own
# (unit.c lends its own to tests) is a program that tests run.
TEST_FOLDERS = unit runtimes scenarios clients console
TEST_SOURCES = $(call once,TEST_SOURCES,find $(TEST_FOLDERS:%=tests/%) -name node_modules -prune -o -name 'test_*.c' -print | sort)
TEST_PROGRAMS = $(patsubst %.c,$(BUILD)/%,$(TEST_SOURCES))
SUPPORT = $(BUILD)/libsupport.a
SUPPORT_SOURCES = $(wildcard tests/support/*.c)
SUPPORT_PROGRAMS = $(patsubst %.c,$(BUILD)/%,$(filter-out tests/support/unit.c,$(call once,SUPPORT_MAINS,\
	grep -sl '^int main' tests/support/*.c)))
SUPPORT_OBJECTS = $(filter-out $(SUPPORT_PROGRAMS:=.o),$(SUPPORT_SOURCES:%.c=$(BUILD)/%.o))
FUZZ_PROGRAMS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH_PROGRAMS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))

# Native functions (`provided` runtimes) of the sample and of the fixtures. They are the same in every profile:
# config/functions/native/bootstrap.c becomes build/config/functions/native/bootstrap.
NATIVE_SOURCES = $(wildcard config/functions/*/bootstrap.c fixtures/functions/*/bootstrap.c)
NATIVE_FUNCTIONS = $(patsubst %.c,build/%,$(NATIVE_SOURCES))

# The npm packages of a folder are there when they are newer than its lock file.
npm_packages = $(patsubst %/package-lock.json,%/node_modules/.package-lock.json,$(wildcard $(1)))
TEST_NPM = $(call npm_packages,$(patsubst %,tests/%/package-lock.json,$(TEST_FOLDERS)))
BENCH_NPM = $(call npm_packages,tests/bench/package-lock.json)

ALL_SOURCES = $(SOURCES) $(NATIVE_SOURCES) $(TEST_SOURCES) $(wildcard tests/*/*.c)
ALL_HEADERS = $(wildcard $(addsuffix /*.h,$(LAYERS)) $(addsuffix /*/*.h,$(LAYERS)) tests/*/*.h)

# --- build ---------------------------------------------------------------------------------------------------------

.PHONY: all
all: $(BINARY) $(NATIVE_FUNCTIONS) ## build the server (PROFILE=release, debug or sanitize)

$(BINARY): $(BUILD)/server/main.o $(ARCHIVE) $(BUILD)/flags
	$(SAY) LINK $@
	$(QUIET)$(LINK) $(BUILD)/server/main.o $(ARCHIVE) $(LIBS) -o $@

$(ARCHIVE): $(ARCHIVE_OBJECTS) $(BUILD)/sources
	@rm -f $@
	$(SAY) AR $@
	$(QUIET)$(AR) rcs $@ $(ARCHIVE_OBJECTS)

$(SUPPORT): $(SUPPORT_OBJECTS) $(BUILD)/sources
	@rm -f $@
	$(SAY) AR $@
	$(QUIET)$(AR) rcs $@ $(SUPPORT_OBJECTS)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(QUIET)$(COMPILE) -c $< -o $@

$(THIRD_PARTY:%.c=$(BUILD)/%.o): private WARNINGS =

$(SUPPORT_OBJECTS) $(SUPPORT_PROGRAMS:=.o) $(TEST_PROGRAMS:=.o): private EXTRA_CFLAGS = $(CHECK_CFLAGS)

$(BUILD)/runtime/bundled/bundled_runtime.o: $(BUNDLED) $(BUILD)/sources
$(BUILD)/runtime/bundled/bundled_runtime.o: private EXTRA_CFLAGS = $(BUNDLED_FILES)

$(BUILD)/config/code/inline_code.o: $(wildcard config/code/cfn_response/*)

build/console/%.gz: console/dist/%
	@mkdir -p $(@D)
	$(QUIET)gzip -9nc $< > $@

$(BUILD)/handlers/console/console.o: $(CONSOLE)
$(BUILD)/handlers/console/console.o: private EXTRA_CFLAGS = -DCONSOLE_FOLDER='"build/console"'

# The commit that `--version` tells. What is unknown (no Git here) stays as it was.
COMMIT ?= $(call once,COMMIT,git -c safe.directory='*' rev-parse --short=12 HEAD 2>/dev/null)
$(BUILD)/commit: FORCE
	@mkdir -p $(@D)
	@[ -e $@ ] && [ -z "$(COMMIT)" ] || printf '%s\n' "$(COMMIT)" | cmp -s - $@ || printf '%s\n' "$(COMMIT)" > $@
$(BUILD)/server/cli/version.o: $(BUILD)/commit
$(BUILD)/server/cli/version.o: private EXTRA_CFLAGS = -DINVOKED_COMMIT='"$(shell cat $(BUILD)/commit)"'

# Written anew when the command lines change, so that everything is built again then.
$(BUILD)/flags: FORCE
	@command -v $(CC) >/dev/null && $(LIBRARIES_THERE) || \
		{ echo "The compiler or a library is missing: 'make packages' installs what the build needs." >&2; exit 1; }
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS" | cmp -s - $@ || printf '%s\n' "$$FLAGS" > $@
$(BUILD)/flags: export FLAGS = $(COMPILE) $(LINK) $(LIBS)

# The same for the list of files: one that was removed must leave the archive and the bundle too.
$(BUILD)/sources: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(ARCHIVE_OBJECTS) $(SUPPORT_OBJECTS) $(BUNDLED) | cmp -s - $@ || \
		printf '%s\n' $(ARCHIVE_OBJECTS) $(SUPPORT_OBJECTS) $(BUNDLED) > $@

$(TEST_PROGRAMS) $(SUPPORT_PROGRAMS): %: %.o $(SUPPORT) $(ARCHIVE)
	$(SAY) LINK $@
	$(QUIET)$(LINK) $< $(SUPPORT) $(ARCHIVE) $(CHECK_LIBS) $(LIBS) -o $@

$(BENCH_PROGRAMS): %: %.o $(ARCHIVE)
	$(SAY) LINK $@
	$(QUIET)$(LINK) $< $(ARCHIVE) $(LIBS) -o $@

$(FUZZ_PROGRAMS): %: %.o $(ARCHIVE)
	$(SAY) LINK $@
	$(QUIET)$(LINK) -fsanitize=fuzzer $< $(ARCHIVE) $(LIBS) -o $@

# No library and no profile: what a user would write.
$(NATIVE_FUNCTIONS): build/%: %.c
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(QUIET)$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra $(if $(CI),-Werror) $< -o $@ -lpthread

%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	@touch $@

OBJECTS = $(ARCHIVE_OBJECTS) $(SUPPORT_SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/server/main.o $(TEST_PROGRAMS:=.o) $(FUZZ_PROGRAMS:=.o) \
	$(BENCH_PROGRAMS:=.o)
-include $(OBJECTS:.o=.d)
.SECONDARY: $(OBJECTS)

.PHONY: FORCE
FORCE:

# --- run and test --------------------------------------------------------------------------------------------------

# How many jobs make runs where nobody said so with -j.
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))
RUN_TESTS = TESTS='$(TESTS)' FUZZ_SECONDS='$(FUZZ_SECONDS)' tests/run

.PHONY: packages
packages: ## install what the build and the sample need, if it isn't there
	@.setup/install run

.PHONY: run
run: packages ## install what is missing, build, and serve config/invoked.json (ARGS='--port 3002' adds options)
	@$(MAKE) $(PARALLEL) all
	@exec $(BINARY) serve $(ARGS) config/invoked.json

.PHONY: test
test: FUZZ_SECONDS ?= 5
test: ## install what is missing, build, and run every test (TESTS=pattern chooses some)
	@.setup/install test
	@$(MAKE) $(PARALLEL) test-programs
	@$(if $(filter-out $(TEST_FOLDERS:=/%),$(or $(TESTS),all)),$(MAKE) $(PARALLEL) PROFILE=fuzz fuzz-programs)
	@$(RUN_TESTS) $(BUILD) unit runtimes scenarios clients console fuzz

.PHONY: test-clients
test-clients: ## run every client and every runtime interface client whose toolchain is here (builds them once)
	@.setup/install test
	@$(MAKE) $(PARALLEL) test-programs
	@TESTS='$(or $(TESTS),clients/* runtimes/clients/*)' tests/run $(BUILD) clients runtimes

.PHONY: test-bare
test-bare: ## run `make run` and `make test` on a bare Debian 12, made by debootstrap (as root)
	@TESTS='$(TESTS)' FUZZ_SECONDS='$(FUZZ_SECONDS)' tests/bare/run

.PHONY: sanitize
sanitize: ## run unit and scenario tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@.setup/install test
	@$(MAKE) $(PARALLEL) PROFILE=sanitize test-programs
	@$(RUN_TESTS) build/sanitize unit scenarios

.PHONY: tsan
# What uses libuv's thread pool: the event store, and the scans for changed code.
tsan: TESTS ?= unit/runtime/events/* unit/runtime/process/* scenarios/events/* scenarios/config/* scenarios/server/scenario_stop
tsan: ## run the tests that use the pool threads with ThreadSanitizer
	@.setup/install test
	@$(MAKE) $(PARALLEL) PROFILE=tsan test-programs
	@$(RUN_TESTS) build/tsan unit scenarios

.PHONY: fuzz
fuzz: FUZZ_SECONDS ?= 60
fuzz: ## run every fuzz target for FUZZ_SECONDS (60) each
	@.setup/install fuzz
	@$(MAKE) $(PARALLEL) PROFILE=fuzz fuzz-programs
	@$(RUN_TESTS) $(BUILD) fuzz

.PHONY: bench
bench: ## measure side by side with its peers (prints a table, writes build/bench/results.json)
	@.setup/install bench
	@$(MAKE) $(PARALLEL) all bench-programs
	@$(MAKE) bench-peers || echo 'The peers from npm are not to be had: their rows are skipped.' >&2
	@INVOKED_ROOT='$(CURDIR)' INVOKED_BINARY='$(CURDIR)/$(BINARY)' BUILD='$(CURDIR)/$(BUILD)' tests/bench/run $(ARGS)

.PHONY: soak
soak: ## mixed load on one server for SOAK_SECONDS (1800), fuzzing beside it, and a report
	@.setup/install soak
	@$(MAKE) $(PARALLEL) all
	@$(MAKE) $(PARALLEL) PROFILE=fuzz fuzz-programs
	@INVOKED_ROOT='$(CURDIR)' INVOKED_BINARY='$(CURDIR)/$(BINARY)' tests/soak/run

# Parts of the above, for make itself.
.PHONY: test-programs test-needs fuzz-programs bench-programs bench-peers
test-programs: $(if $(MAIN),$(BINARY)) $(TEST_PROGRAMS) $(SUPPORT_PROGRAMS) test-needs
test-needs: $(NATIVE_FUNCTIONS) $(TEST_NPM)
fuzz-programs: $(FUZZ_PROGRAMS)
bench-programs: $(BENCH_PROGRAMS)
bench-peers: $(BENCH_NPM)
test-programs test-needs fuzz-programs bench-programs bench-peers:
	@:

# --- care ----------------------------------------------------------------------------------------------------------

# docs/console.md has pictures that its tests make.
PICTURES = an_events_life_is_seen_on_the_clock the_plan_of_a_function_is_shown
.PHONY: console-pictures
console-pictures: $(if $(MAIN),$(BINARY)) $(TEST_NPM) ## renew docs/pictures (needs Chromium)
	INVOKED_ROOT='$(CURDIR)' INVOKED_BINARY='$(CURDIR)/$(BINARY)' node tests/console/test_console.mjs $(PICTURES)
	cp $(patsubst docs/pictures/%,build/console/%,$(wildcard docs/pictures/*.png)) docs/pictures/

.PHONY: bench-console
bench-console: $(if $(MAIN),$(BINARY)) $(TEST_NPM) ## measure what the console costs (needs Chromium and wrk)
	INVOKED_ROOT='$(CURDIR)' INVOKED_BINARY='$(CURDIR)/$(BINARY)' node tests/console/measure.mjs

.PHONY: console
console: console/node_modules/.package-lock.json ## build the files of the console (needs npm and Node.js 20)
	cd console && npm run --silent build

.PHONY: lint
lint: ## check with clang-tidy and cppcheck
	@.setup/install lint
	@$(MAKE) -k $(PARALLEL) lint-files

TIDIED = $(SOURCES:%.c=build/lint/%.tidied)
LINT_FLAGS = -D_GNU_SOURCE -DINVOKED_VERSION='""' -DBUNDLED_FILES='""' -DCONSOLE_FOLDER='"."' -I.
# The analyzer goes less far into one function than it would (225000), and takes a third of the time.
ANALYZER_FLAGS = -Xclang -analyzer-config -Xclang max-nodes=40000

.PHONY: lint-files
lint-files: $(TIDIED) build/lint/cppchecked

# One file each, so that a file is checked again only when it, a header of it or the list of checks has changed.
$(TIDIED): build/lint/%.tidied: %.c .clang-tidy
	@mkdir -p $(@D)
	$(SAY) TIDY $<
	$(QUIET)clang-tidy --quiet $< -- -std=c11 $(LINT_FLAGS) $(LIBRARY_CFLAGS) $(ANALYZER_FLAGS) 2>&1 | \
		{ ! grep -v ' warnings\? generated\.$$'; }
	@$(CC) -std=c11 $(LINT_FLAGS) $(LIBRARY_CFLAGS) -MM -MP -MF build/lint/$*.d -MT $@ $< && touch $@

# uninitvar takes an array that the called function fills for one that is read; gcc and clang's analyzer look for the same.
CPPCHECK_FLAGS = --suppress=missingIncludeSystem --suppress=uninitvar \
	'-DcJSON_ArrayForEach(item,array)=while((item=item_of(array)))'

build/lint/cppchecked: $(wildcard $(addsuffix /*.[ch],$(LAYERS)) $(addsuffix /*/*.[ch],$(LAYERS)))
	@mkdir -p build/lint/cppcheck
	$(SAY) CHECK $(LAYERS)
	$(QUIET)cppcheck -j "$$(nproc)" --quiet --std=c11 --error-exitcode=1 --enable=warning,performance,portability \
		--inline-suppr --cppcheck-build-dir=build/lint/cppcheck $(LINT_FLAGS) $(CPPCHECK_FLAGS) $(LAYERS)
	@touch $@

-include $(SOURCES:%.c=build/lint/%.d)

CLANG_FORMAT = $(call once,CLANG_FORMAT,command -v clang-format-14 || echo clang-format)

.PHONY: format
format: ## lay all sources out with clang-format
	@.setup/install format
	@$(CLANG_FORMAT) -i $(ALL_SOURCES) $(ALL_HEADERS)

.PHONY: format-check
format-check: ## fail when `make format` would change something
	@.setup/install format
	@$(CLANG_FORMAT) --dry-run --Werror $(ALL_SOURCES) $(ALL_HEADERS)

# $(call upward,FOLDER,FOLDERS TO ITS RIGHT): a shell command that fails, with the lines, when one includes another.
upward = ! grep -srnE '^[[:space:]]*\#[[:space:]]*include[[:space:]]+"([^"]*/)?($(2))/' --include='*.[ch]' $(1)

.PHONY: layers
layers: ## fail when an include points up the stack, or at another room's *_internal.h, or SQLite is called outside its engine
	@! grep -rlE 'sqlite3(_|\.h)' --include='*.[ch]' $(LAYERS) | grep -vE '^runtime/(events|registry)/sqlite_'
	@$(call upward,base,config|runtime|handlers|server|tests)
	@$(call upward,config,runtime|handlers|server|tests)
	@$(call upward,runtime,handlers|server|tests)
	@$(call upward,handlers,server|tests)
	@$(call upward,server,tests)
	@! grep -rnE '^[[:space:]]*\#[[:space:]]*include[[:space:]]+"[^"]*_internal\.h"' --include='*.[ch]' $(LAYERS) | \
		awk -F '[:"]' '{ room = $$1; sub("/[^/]*$$", "", room); if (index($$4, room "/") != 1) { print; bad = 1 } } END { exit !bad }'

include packages/dist.mk

DATA = $(DESTDIR)$(PREFIX)/share/invoked

.PHONY: install
install: all ## install the binary, the man page and the sample (PREFIX=/usr/local, DESTDIR=)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DATA)
	install -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/invoked
	install -m 644 docs/invoked.1 $(DESTDIR)$(PREFIX)/share/man/man1/invoked.1
	sed 's|\.\./build/config/functions/|functions/|' config/invoked.json > $(DATA)/invoked.json
	chmod 644 $(DATA)/invoked.json
	rm -rf $(DATA)/functions
	cp -R config/functions $(DATA)/functions
	@for program in $(patsubst build/config/%,%,$(filter build/config/%,$(NATIVE_FUNCTIONS))); do \
		install -m 755 "build/config/$$program" "$(DATA)/$$program" || exit 1; \
	done

.PHONY: uninstall
uninstall: ## remove what `make install` installed
	rm -f $(DESTDIR)$(PREFIX)/bin/invoked $(DESTDIR)$(PREFIX)/share/man/man1/invoked.1
	rm -rf $(DATA)

.PHONY: clean
clean: ## remove build/
	rm -rf build

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST)) packages/dist.mk
