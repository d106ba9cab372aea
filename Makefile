# enclave-run - one flat Makefile.  `make help` lists the targets, HACKING.md says where things go.
#
# Three builds of the same sources live side by side, so that switching costs nothing:
#   build/obj        release: static-PIE by default, LINK=dynamic for a dynamic PIE
#   build/asan/obj   AddressSanitizer + UndefinedBehaviorSanitizer, always dynamic
#   build/fuzz/obj   clang with libFuzzer coverage

PREFIX  ?= /usr/local
DESTDIR ?=
LINK    ?= static
AWK     ?= awk
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 20

CFLAGS ?= -O2 -g
WERROR ?= -Werror

B := build
Q := $(if $(V),,@)# make V=1 prints every command

# ---------------------------------------------------------------------------------------- sources

FOLDERS := base audit seccomp netns sandbox profiles cmd

SRC     := $(filter-out profiles/compile_main.c,$(foreach f,$(FOLDERS),$(wildcard $(f)/*.c)))
GEN     := $(B)/gen/seccomp_blobs.c $(B)/gen/presets.c
UNIT    := $(basename $(notdir $(wildcard tests/unit/*.c)))
FUZZERS := $(basename $(notdir $(wildcard tests/fuzz/fuzz_*.c)))

SECCOMP_PROFILES := $(sort $(wildcard profiles/seccomp/*.json))
PRESETS := $(sort $(filter-out %schema.json,$(wildcard profiles/*.json)))

# What the build-time seccomp compiler may use: nothing above seccomp, but for the JSON reader.
COMPILER_SRC := $(filter base/% audit/% seccomp/% profiles/seccomp_json.c,$(SRC))

# objects DIR: the objects of all our sources, or of $(2), in one of the three builds
objects  = $(patsubst %.c,$(1)/%.o,$(if $(2),$(2),$(SRC)))
gen_objs = $(patsubst $(B)/gen/%.c,$(1)/gen/%.o,$(GEN))

# ------------------------------------------------------------------------------------------ flags

IS_CLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null))
IS_X86   := $(findstring x86_64,$(shell $(CC) -dumpmachine 2>/dev/null))

# -isystem: warnings inside foreign headers are not ours to fix
CPPFLAGS_ALL := -std=gnu17 -D_GNU_SOURCE -I. -isystem /usr/include/libnl3 $(CPPFLAGS)

# Every file of ours is compiled with the forbidden functions poisoned; generated code is not.
BANNED := -include base/banned.h

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wswitch-enum \
	-Wimplicit-fallthrough -Wconversion $(WERROR)
WARN_GCC := -Wlogical-op -Wduplicated-cond -Wduplicated-branches

HARDEN := -fstack-protector-strong -fstack-clash-protection -fno-strict-overflow -fPIE \
	$(if $(IS_X86),-fcf-protection=full)
LD_HARDEN := -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed

# -Wnull-dereference and _FORTIFY_SOURCE need the optimiser, and fight with the sanitizers:
# release only.
RELEASE_FLAGS := $(CPPFLAGS_ALL) $(WARN) -Wnull-dereference $(HARDEN) -D_FORTIFY_SOURCE=3 \
	$(if $(IS_CLANG),,$(WARN_GCC) -ftrivial-auto-var-init=zero) $(CFLAGS)

SANITIZE    := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ASAN_FLAGS  := $(CPPFLAGS_ALL) $(WARN) -fPIE -O1 -g $(SANITIZE)
FUZZ_FLAGS  := $(CPPFLAGS_ALL) $(WARN) -fPIE -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION

LIBS := -lseccomp -lcap-ng -ljansson -lmd -lnl-route-3 -lnl-3 -lcares

ifeq ($(LINK),static)
LINK_MODE := -static-pie
else ifeq ($(LINK),dynamic)
LINK_MODE := -pie
else
$(error LINK is 'static' or 'dynamic', not '$(LINK)')
endif

# ---------------------------------------------------------------------------------------- targets

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

.PHONY: all help asan unit fuzz fuzz-build check check-all lint lint-deep bench demo deps install \
	man clean FORCE

all: $(B)/enclave-run  ## build build/enclave-run (LINK=dynamic for a dynamic PIE)

help:  ## list the targets
	@$(AWK) -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

$(B)/enclave-run: $(call objects,$(B)/obj) $(call gen_objs,$(B)/obj) $(B)/link-mode
	$(call link,$(RELEASE_FLAGS) $(LINK_MODE))

# The linker's warnings are kept for `make lint`, which knows the expected ones: libcap-ng has one
# object that also looks up users, and a static program names that in every link.
link = $(Q)echo "  LINK $@"; $(CC) $(1) $(LD_HARDEN) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LIBS) \
	2>$@.link.log || { cat $@.link.log >&2; exit 1; }

# Rewritten only when the flags changed, so that another CC, CFLAGS or LINK rebuilds what it must.
$(B)/flags: FORCE
	@$(call update,$(CC) $(RELEASE_FLAGS))
$(B)/link-mode: FORCE
	@$(call update,$(LINK_MODE) $(LDFLAGS))
update = mkdir -p $(@D); echo '$(1)' | cmp -s - $@ || echo '$(1)' >$@

# Programs that run parts of the product where a whole run would hide them.
TEST_PROGRAMS := $(patsubst tests/net/%.c,$(B)/net/%,$(wildcard tests/net/*.c))

.PHONY: test-programs
test-programs: $(TEST_PROGRAMS) $(TEST_PROGRAMS:$(B)/%=$(B)/asan/%)
$(B)/enclave.a: $(filter-out %/cmd/main.o,$(call objects,$(B)/obj)) $(call gen_objs,$(B)/obj)
	$(archive)
$(B)/net/%: $(B)/obj/tests/net/%.o $(B)/enclave.a
	@mkdir -p $(@D)
	$(call link,$(RELEASE_FLAGS) $(LINK_MODE))
$(B)/asan/net/%: $(B)/asan/obj/tests/net/%.o $(B)/asan/enclave.a
	@mkdir -p $(@D)
	$(call link,$(SANITIZE) -pie)

# --------------------------------------------------------------------------------- compile, three

compile = $(Q)echo "  CC   $@"; mkdir -p $(@D); $(1) -MMD -MP -c -o $@ $<

$(B)/obj/gen/%.o: $(B)/gen/%.c $(B)/flags
	$(call compile,$(CC) $(filter-out -Werror,$(RELEASE_FLAGS)))
$(B)/obj/%.o: %.c $(B)/flags
	$(call compile,$(CC) $(RELEASE_FLAGS) $(BANNED))

$(B)/asan/obj/gen/%.o: $(B)/gen/%.c
	$(call compile,$(CC) $(filter-out -Werror,$(ASAN_FLAGS)))
$(B)/asan/obj/%.o: %.c Makefile
	$(call compile,$(CC) $(ASAN_FLAGS) $(BANNED))

$(B)/fuzz/obj/gen/%.o: $(B)/gen/%.c
	$(call compile,$(FUZZ_CC) $(filter-out -Werror,$(FUZZ_FLAGS)))
$(B)/fuzz/obj/%.o: %.c Makefile
	$(call compile,$(FUZZ_CC) $(FUZZ_FLAGS) $(BANNED))

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# Archives, because the linker then takes only the objects a test needs.  Quick append, because
# two folders may hold files of the same name (cmd/check.o, profiles/check.o).
archive = @rm -f $@; ar qcs $@ $(filter %.o,$^)

$(B)/asan/enclave.a: $(filter-out %/cmd/main.o,$(call objects,$(B)/asan/obj)) \
		$(call gen_objs,$(B)/asan/obj)
	$(archive)
$(B)/fuzz/enclave.a: $(filter-out %/cmd/main.o,$(call objects,$(B)/fuzz/obj)) \
		$(call gen_objs,$(B)/fuzz/obj)
	$(archive)

# --------------------------------------------------------------------------------- generated code

# The shipped seccomp profiles are compiled to BPF here, so that no run pays for it.
$(B)/compiler.a: $(call objects,$(B)/obj,$(COMPILER_SRC))
	$(archive)
$(B)/seccomp-compile: $(B)/obj/profiles/compile_main.o $(B)/compiler.a
	$(call link,$(RELEASE_FLAGS) -pie)

$(B)/gen/seccomp_blobs.c: $(B)/seccomp-compile $(SECCOMP_PROFILES)
	@echo "  GEN  $@"; mkdir -p $(@D)
	@$(B)/seccomp-compile $(SECCOMP_PROFILES) >$@

# The presets as byte arrays: od instead of xxd, which is not everywhere.
$(B)/gen/presets.c: $(PRESETS) Makefile
	@echo "  GEN  $@"; mkdir -p $(@D)
	@{ echo '/* Generated by the Makefile from the presets: do not edit. */'; \
	echo '#include "profiles/presets.h"'; \
	for f in $(PRESETS); do \
		echo "static const char $$(basename $$f .json | tr -c 'a-z0-9\n' _)_json[] = {"; \
		od -An -v -td1 $$f | sed 's/[0-9][0-9]*/&,/g'; \
		echo '0 };'; \
	done; \
	echo 'const struct preset_blob presets[] = {'; \
	for f in $(PRESETS); do n=$$(basename $$f .json); v=$$(echo $$n | tr -c 'a-z0-9\n' _)_json; \
		echo "	{ \"$$n\", $$v, sizeof($$v) - 1 },"; \
	done; \
	echo '};'; \
	echo 'const size_t preset_count = sizeof(presets) / sizeof(presets[0]);'; } >$@

# ------------------------------------------------------------------------------------ other builds

asan: $(B)/asan/enclave-run  ## build build/asan/enclave-run with ASan and UBSan
$(B)/asan/enclave-run: $(B)/asan/obj/cmd/main.o $(B)/asan/obj/tests/asan.o $(B)/asan/enclave.a
	$(call link,$(SANITIZE) -pie)

unit: $(UNIT:%=$(B)/asan/unit/%)  ## build the unit tests (with ASan and UBSan)
$(B)/asan/unit/%: $(B)/asan/obj/tests/unit/%.o $(B)/asan/enclave.a
	@mkdir -p $(@D)
	$(call link,$(SANITIZE) -pie)

fuzz-build: $(FUZZERS:%=$(B)/fuzz/bin/%)
$(B)/fuzz/bin/%: $(B)/fuzz/obj/tests/fuzz/%.o $(B)/fuzz/enclave.a
	$(Q)echo "  LINK $@"; mkdir -p $(@D); $(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS)

# make deletes intermediate objects otherwise, and compiles them again next time
.SECONDARY:

# ---------------------------------------------------------------------------------------- testing

check:  ## dependencies, build, unit, bats, lint, short VM part; last line: N passed, N failed, N skipped
	@tests/run check

check-all:  ## check, and: whole bats suite in the VM, faults, fuzzing, sanitizer build, deep lint
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run check-all

lint: all  ## style, layering and process-model checks
	@tests/lint/run

lint-deep:  ## -fanalyzer and clang-tidy: slow
	@tests/lint/deep

fuzz:  ## build the fuzz targets and run each for FUZZ_SECONDS (default 20)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run fuzz

bench: all $(B)/net/load  ## run the benchmarks
	@tests/bench/run
	@GIB=1 tests/bench/copy
	@tests/bench/network

demo:  ## install what is missing, build, and run six workloads
	@tests/demo/run

deps:  ## install (as root) or name what building and testing need
	@tests/deps

# -------------------------------------------------------------------------------- install, clean

# The manual pages are printed by the program itself, so they can't disagree with the key table.
man: $(B)/enclave-run  ## write build/enclave-run.1 and build/enclave-run-policy.5
	$(Q)$(B)/enclave-run --man >$(B)/enclave-run.1
	$(Q)$(B)/enclave-run --man=policy >$(B)/enclave-run-policy.5

install: all man  ## install to DESTDIR/PREFIX (default /usr/local)
	install -D -m 755 $(B)/enclave-run $(DESTDIR)$(PREFIX)/bin/enclave-run
	install -D -m 644 $(B)/enclave-run.1 $(DESTDIR)$(PREFIX)/share/man/man1/enclave-run.1
	install -D -m 644 $(B)/enclave-run-policy.5 \
		$(DESTDIR)$(PREFIX)/share/man/man5/enclave-run-policy.5
	install -D -m 644 cmd/enclave-run.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/enclave-run

clean:  ## remove build/
	rm -rf $(B)
