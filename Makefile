# SPDX-License-Identifier: GPL-2.0
#
# make              everything but the module
# make module       xsrtp.ko, against KDIR (default: the running kernel's headers)
# make tests        the test programs (run them all: sudo tools/check)
# make install      into PREFIX (default /usr/local), DESTDIR honoured
# make modules_install  the module, where KDIR's kernel looks for it
#
# All that is made goes to build/.

B       := build
CC      := gcc
CLANG   ?= clang
PREFIX  ?= /usr/local
KDIR    ?= /lib/modules/$(shell uname -r)/build
MODDIR  ?= $(B)/module

WARN    := -Wall -Wextra -Wno-unused-parameter -Wstrict-prototypes -Wmissing-prototypes
CFLAGS  ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -Iinclude -Iinclude/uapi -Ikmod/srtp -Iuserspace/lib -Itools -I$(B)/bpf
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) $(CPPFLAGS) -MMD -MP

all: core userspace

# --- the SRTP core: the module's own source, for userspace ------------------

CORE_SRC := $(filter-out kmod/srtp/lib.c,$(wildcard kmod/srtp/*.c))
ifneq ($(filter x86_64%,$(shell $(CC) -dumpmachine)),)
CORE_SRC += $(wildcard kmod/srtp/x86/*.c)
include kmod/srtp/x86/flags.mk
endif
CORE_OBJ := $(CORE_SRC:%.c=$(B)/%.o)
# The same objects under AddressSanitizer and UndefinedBehaviorSanitizer.
SAN_OBJ  := $(CORE_SRC:%.c=$(B)/san/%.o)
SAN      := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# The same with a way in for the tests between any two steps (platform.h).
RACE_OBJ := $(CORE_SRC:%.c=$(B)/race/%.o)

core: $(B)/libxsrtp-core.a
$(B)/libxsrtp-core.a: $(CORE_OBJ)
$(B)/libxsrtp-core-san.a: $(SAN_OBJ)
$(B)/libxsrtp-core-race.a: $(RACE_OBJ)

# Each SIMD implementation with the instructions that it asks the CPU for. The
# sanitizers see little of intrinsics and take minutes over them, so their library
# has the same objects: the tests put packets at the edge of a page instead.
define x86_cipher
$(B)/kmod/srtp/x86/$(1).o: ALL_CFLAGS += $(x86-flags-$(1))
$(B)/san/kmod/srtp/x86/$(1).o: $(B)/kmod/srtp/x86/$(1).o
	@mkdir -p $$(@D)
	cp $$< $$@
$(B)/race/kmod/srtp/x86/$(1).o: $(B)/kmod/srtp/x86/$(1).o
	@mkdir -p $$(@D)
	cp $$< $$@
endef
$(foreach i,$(x86-ciphers),$(eval $(call x86_cipher,$(i))))

# --- BPF ---------------------------------------------------------------------

BPF_SRC  := $(wildcard bpf/*.bpf.c)
BPF_SKEL := $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.skel.h)
ARCH_INC := /usr/include/$(shell $(CC) -print-multiarch)

bpf: $(BPF_SKEL)
.PRECIOUS: $(B)/bpf/%.bpf.o
$(B)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h include/xsrtp/*.h)
	@mkdir -p $(@D)
	$(CLANG) -target bpf $(BPF_CPU) -O2 -g -Wall -Iinclude -I$(ARCH_INC) -c $< -o $@
# Its buckets are changed by compare-and-swap (Linux 5.12).
$(B)/bpf/guard.bpf.o $(B)/bpf/guard_next.bpf.o $(B)/bpf/ingress_guard.bpf.o: BPF_CPU := -mcpu=v3
$(B)/bpf/guard_next.bpf.o: bpf/guard.bpf.c
$(B)/bpf/ingress_kfunc.bpf.o $(B)/bpf/ingress_guard.bpf.o: bpf/ingress.bpf.c
$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	bpftool gen skeleton $< name $* > $@.tmp && mv $@.tmp $@

# --- userspace ---------------------------------------------------------------

LIB_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard userspace/lib/*.c))
CLI_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard userspace/cli/*.c))
NL_CFLAGS := $(shell pkg-config --cflags libnl-genl-3.0 libbpf jansson 2>/dev/null)
NL_LIBS   := $(shell pkg-config --libs libnl-genl-3.0 libbpf jansson 2>/dev/null)

userspace: $(B)/xsrtp
$(LIB_OBJ) $(CLI_OBJ): CPPFLAGS += $(NL_CFLAGS)
$(LIB_OBJ) $(CLI_OBJ): | $(BPF_SKEL)
$(B)/libxsrtp.a: $(LIB_OBJ)
# The library under the sanitizers, as SAN_OBJ is the core.
LIB_SAN_OBJ := $(LIB_OBJ:$(B)/%=$(B)/san/%)
$(LIB_SAN_OBJ): CPPFLAGS += $(NL_CFLAGS)
$(LIB_SAN_OBJ): | $(BPF_SKEL)
$(B)/libxsrtp-san.a: $(LIB_SAN_OBJ)
$(B)/xsrtp: $(CLI_OBJ) $(B)/libxsrtp.a $(B)/libxsrtp-core.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(NL_LIBS) -lcrypto

# xsrtpd: all but main.c is a library, for the tests.
DAEMON_OBJ := $(patsubst %.c,$(B)/%.o,$(filter-out userspace/daemon/main.c,$(wildcard userspace/daemon/*.c)))
DAEMON_SAN_OBJ := $(DAEMON_OBJ:$(B)/%=$(B)/san/%)
DAEMON_CFLAGS := $(shell pkg-config --cflags libsystemd libmicrohttpd 2>/dev/null) -Iuserspace/daemon
DAEMON_LIBS := $(shell pkg-config --libs libsystemd libmicrohttpd 2>/dev/null) -lssl

$(DAEMON_OBJ) $(DAEMON_SAN_OBJ): CPPFLAGS += $(NL_CFLAGS) $(DAEMON_CFLAGS)
$(B)/libxsrtp-daemon.a: $(DAEMON_OBJ)
$(B)/libxsrtp-daemon-san.a: $(DAEMON_SAN_OBJ)
userspace: $(B)/xsrtpd
tests: $(B)/xsrtpd-san
$(B)/userspace/daemon/main.o $(B)/san/userspace/daemon/main.o: CPPFLAGS += $(NL_CFLAGS) $(DAEMON_CFLAGS)
$(B)/xsrtpd: $(B)/userspace/daemon/main.o $(B)/libxsrtp-daemon.a $(B)/libxsrtp.a $(B)/libxsrtp-core.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(NL_LIBS) $(DAEMON_LIBS) -lcrypto
$(B)/xsrtpd-san: $(B)/san/userspace/daemon/main.o $(B)/libxsrtp-daemon-san.a $(B)/libxsrtp-san.a $(B)/libxsrtp-core-san.a
	$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(NL_LIBS) $(DAEMON_LIBS) -lcrypto

# --- the module --------------------------------------------------------------
# Built in a copy, so that the kernel's build system leaves its files there.

module:
	@mkdir -p $(MODDIR)
	@cp -ru Kbuild kmod include $(MODDIR)/
	$(MAKE) -C $(KDIR) M=$(abspath $(MODDIR)) modules

# --- tests and tools ---------------------------------------------------------
# tests/unit/X.c and tests/diff/X.c are one program each, printing TAP; those in
# tests/unit are built a second time with the sanitizers (X-san). tests/unit/cli-*
# are about userspace/lib and linked with it, tests/unit/ng-* about userspace/daemon.

UNIT := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/*.c))
DIFF := $(patsubst %.c,$(B)/%,$(wildcard tests/diff/*.c))
TOOL := $(patsubst %.c,$(B)/%,$(wildcard tools/*.c))
TEST_LIBS := -lcmocka -lsrtp2 -lcrypto -lpcap -lpthread

UNIT_CLI := $(filter $(B)/tests/unit/cli-%,$(UNIT))
$(UNIT_CLI): $(B)/libxsrtp.a
$(UNIT_CLI): LIBXSRTP := $(B)/libxsrtp.a
$(UNIT_CLI:%=%-san): $(B)/libxsrtp-san.a
$(UNIT_CLI:%=%-san): LIBXSRTP := $(B)/libxsrtp-san.a

UNIT_NG := $(filter $(B)/tests/unit/ng-%,$(UNIT))
$(UNIT_NG): $(B)/libxsrtp-daemon.a $(B)/libxsrtp.a
$(UNIT_NG): LIBXSRTP := $(B)/libxsrtp-daemon.a $(B)/libxsrtp.a
$(UNIT_NG:%=%-san): $(B)/libxsrtp-daemon-san.a $(B)/libxsrtp-san.a
$(UNIT_NG:%=%-san): LIBXSRTP := $(B)/libxsrtp-daemon-san.a $(B)/libxsrtp-san.a
$(UNIT_NG) $(UNIT_NG:%=%-san): CPPFLAGS += $(DAEMON_CFLAGS)
$(UNIT_NG) $(UNIT_NG:%=%-san): TEST_LIBS += $(NL_LIBS) $(DAEMON_LIBS)

tools: $(TOOL) $(B)/tools/timing/bench-core

# It loads the libraries that it compares, two of which have the same symbols.
$(B)/tools/timing/bench-core: $(patsubst %.c,$(B)/%.o,$(wildcard tools/timing/*.c)) $(B)/libxsrtp-core.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcrypto -ldl

# tools/instructions: what tools/bench vm counts with, in QEMU and in the guest.

INSTRUCTIONS := $(B)/tools/instructions/load $(B)/tools/instructions/plugin.so \
		$(B)/tools/instructions/hooks.bpf.o

instructions: $(INSTRUCTIONS)
tools: instructions
$(B)/tools/instructions/load: tools/instructions/load.c $(B)/libxsrtp.a $(B)/libxsrtp-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libxsrtp.a $(B)/libxsrtp-core.a $(NL_LIBS) -lcrypto
$(B)/tools/instructions/plugin.so: tools/instructions/plugin.c tools/instructions/mark.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -shared -fPIC $(LDFLAGS) -o $@ $<
$(B)/tools/instructions/hooks.bpf.o: tools/instructions/hooks.bpf.c
	@mkdir -p $(@D)
	$(CLANG) -target bpf -O2 -g -Wall -I$(ARCH_INC) -c $< -o $@

# tools/guard: what tools/bench guard times with.

tools: $(B)/tools/guard/cost
$(B)/tools/guard/spray.bpf.o: tools/guard/spray.bpf.c tools/guard/spray.h
	@mkdir -p $(@D)
	$(CLANG) -target bpf -O2 -g -Wall -Iinclude -I$(ARCH_INC) -c $< -o $@
$(B)/tools/guard/spray.skel.h: $(B)/tools/guard/spray.bpf.o
	bpftool gen skeleton $< name spray_bpf > $@.tmp && mv $@.tmp $@
$(B)/tools/guard/cost: tools/guard/cost.c $(B)/tools/guard/spray.skel.h $(BPF_SKEL) $(B)/libxsrtp.a
	$(CC) $(ALL_CFLAGS) -I$(B)/tools/guard $(LDFLAGS) -o $@ $< $(B)/libxsrtp.a $(NL_LIBS)

tests: $(UNIT) $(UNIT:%=%-san) $(DIFF) tools $(B)/voices/srtp.wav
$(UNIT) $(DIFF): $(B)/tests/%: tests/%.c $(B)/libxsrtp-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(LIBXSRTP) $(B)/libxsrtp-core.a $(TEST_LIBS)
$(UNIT:%=%-san): $(B)/tests/%-san: tests/%.c $(B)/libxsrtp-core-san.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(SAN) $(LDFLAGS) -o $@ $< $(LIBXSRTP) $(B)/libxsrtp-core-san.a $(TEST_LIBS)
$(TOOL): $(B)/tools/%: tools/%.c $(B)/libxsrtp-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libxsrtp-core.a $(TEST_LIBS)

# tests/race/X.c: programs in which CPUs meet in every order.

RACE := $(patsubst %.c,$(B)/%,$(wildcard tests/race/*.c))

tests: $(RACE)
$(RACE): $(B)/tests/%: tests/%.c tests/race/cpus.h $(B)/libxsrtp-core-race.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests/unit $(LDFLAGS) -o $@ $< $(B)/libxsrtp-core-race.a $(TEST_LIBS)

# Two spoken sentences for the calls of the end-to-end tests.
$(B)/voices/srtp.wav: tests/e2e/voices
	tests/e2e/voices $(@D)

# tests/bpf/X.c: the programs, through the library; tests/bpf/run* call them.

BPF_TEST := $(patsubst %.c,$(B)/%,$(wildcard tests/bpf/*.c))
BPF_LIB  := $(B)/libxsrtp.a
$(B)/tests/bpf/guard: CPPFLAGS += -I$(B)/tools/guard
$(B)/tests/bpf/guard: $(B)/tools/guard/spray.skel.h

tests: $(BPF_TEST)
$(BPF_TEST): $(B)/tests/bpf/%: tests/bpf/%.c $(BPF_SKEL) $(BPF_LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(BPF_LIB) $(NL_LIBS)

# tests/vm/X.c: run by tests/vm/t-*.sh in the virtual machine.

VM_TEST := $(patsubst %.c,$(B)/%,$(wildcard tests/vm/*.c))
$(B)/tests/vm/phones: LIBS := -lsrtp2

tests: $(VM_TEST)
$(B)/tests/vm/bundle: NL_LIBS += -lsrtp2
$(VM_TEST): $(B)/tests/vm/%: tests/vm/%.c $(B)/libxsrtp.a $(B)/libxsrtp-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libxsrtp.a $(B)/libxsrtp-core.a $(LIBS) $(NL_LIBS) -lcrypto

# tests/daemon/peer.c: a phone's DTLS.

tests: $(B)/tests/daemon/peer
$(B)/tests/daemon/peer: tests/daemon/peer.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< -lssl -lcrypto

# tests/fuzz/X.c: libFuzzer targets on the core, with clang's sanitizers. Run them:
# tests/fuzz/run.

FUZZ      := $(B)/fuzz/unprotect $(B)/fuzz/protect $(B)/fuzz/rtcp
# Those of what reaches the daemon, its control sockets and DTLS, and of its configuration.
FUZZ_NG   := $(B)/fuzz/ng $(B)/fuzz/sdp $(B)/fuzz/sdes $(B)/fuzz/calls $(B)/fuzz/config $(B)/fuzz/dtls \
	     $(B)/fuzz/stun $(B)/fuzz/journal
FUZZ_NG_SRC := $(filter-out $(addprefix userspace/daemon/,main.c server.c http.c scrape.c process.c notify.c association.c datapath_%), \
	     $(wildcard userspace/daemon/*.c)) $(addprefix userspace/lib/,key.c endpoint.c flow.c nl.c audit.c)
FUZZ_NG_OBJ := $(patsubst %.c,$(B)/fuzz/obj/%.o,$(FUZZ_NG_SRC))
# The SIMD code as gcc makes it: the fuzzers and sanitizers do not see into it.
FUZZ_OBJ  := $(patsubst %.c,$(B)/fuzz/obj/%.o,$(filter-out kmod/srtp/x86/%,$(CORE_SRC))) \
	     $(patsubst %.c,$(B)/%.o,$(filter kmod/srtp/x86/%,$(CORE_SRC)))
FUZZ_SAN  := -fsanitize=address,undefined -fno-sanitize-recover=all

fuzz: $(FUZZ) $(FUZZ_NG) $(B)/fuzz/seeds-make
$(FUZZ_NG): CPPFLAGS += $(NL_CFLAGS) -Iuserspace/daemon
$(FUZZ_NG_OBJ): CPPFLAGS += $(NL_CFLAGS)
$(FUZZ_NG): $(B)/fuzz/%: tests/fuzz/%.c $(FUZZ_NG_OBJ) $(FUZZ_OBJ)
	$(CLANG) $(ALL_CFLAGS) $(FUZZ_SAN) -fsanitize=fuzzer -o $@ $< $(FUZZ_NG_OBJ) $(FUZZ_OBJ) $(NL_LIBS) -lssl -lcrypto
$(FUZZ): $(B)/fuzz/%: tests/fuzz/%.c tests/fuzz/fuzz.h $(FUZZ_OBJ)
	$(CLANG) $(ALL_CFLAGS) $(FUZZ_SAN) -fsanitize=fuzzer -o $@ $< $(FUZZ_OBJ) -lcrypto
$(B)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CLANG) $(ALL_CFLAGS) $(FUZZ_SAN) -fsanitize=fuzzer-no-link -c $< -o $@
$(B)/fuzz/seeds-make: tests/fuzz/seeds.c tests/fuzz/fuzz.h $(B)/libxsrtp-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libxsrtp-core.a -lcrypto

# tests/model/verdicts.c: what tests/model/run compares with an oracle in Python.

tests: $(B)/tests/model/verdicts
$(B)/tests/model/verdicts: tests/model/verdicts.c $(B)/libxsrtp-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libxsrtp-core.a -lcrypto

# tests/ct/X.c: nothing depends on a secret. taint: on a core whose verdicts are calls
# (XSRTP_CT), for valgrind, which runs no SIMD implementation but avx2; trace: on the
# core as it is, at addresses that are known. Run them: tests/ct/run.

CT_SEEN  := $(filter-out kmod/srtp/x86/%,$(CORE_SRC)) \
	    $(filter kmod/srtp/x86/avx2.c kmod/srtp/x86/x86.c,$(CORE_SRC))
CT_OBJ   := $(CT_SEEN:%.c=$(B)/ct/%.o) \
	    $(patsubst %.c,$(B)/%.o,$(filter-out $(CT_SEEN),$(CORE_SRC)))

ct: $(B)/ct/taint $(B)/ct/trace
$(B)/ct/kmod/srtp/x86/avx2.o: ALL_CFLAGS += $(x86-flags-avx2)
$(B)/ct/kmod/%.o: kmod/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DXSRTP_CT -c $< -o $@
$(B)/ct/taint: tests/ct/taint.c tests/ct/work.h $(CT_OBJ)
	$(CC) $(ALL_CFLAGS) -DXSRTP_CT $(LDFLAGS) -o $@ $< $(CT_OBJ) -lcrypto
$(B)/ct/trace: tests/ct/trace.c tests/ct/work.h $(B)/libxsrtp-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -static -no-pie -Wl,--no-warnings $(LDFLAGS) -o $@ $< $(B)/libxsrtp-core.a -lcrypto

# --- rules -------------------------------------------------------------------

$(B)/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^
$(B)/san/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(SAN) -c $< -o $@
$(B)/race/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DXSRTP_RACE -c $< -o $@
$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c $< -o $@

install: all
	install -D -m 755 $(B)/xsrtp $(DESTDIR)$(PREFIX)/sbin/xsrtp
	install -D -m 755 $(B)/xsrtpd $(DESTDIR)$(PREFIX)/sbin/xsrtpd
	install -D -m 644 userspace/daemon/xsrtpd.conf $(DESTDIR)$(PREFIX)/share/doc/xsrtp/xsrtpd.conf
	install -D -m 644 userspace/daemon/xsrtpd.socket $(DESTDIR)$(PREFIX)/lib/systemd/system/xsrtpd.socket
	sed 's|/usr/local/sbin|$(PREFIX)/sbin|' userspace/daemon/xsrtpd.service >$(B)/xsrtpd.service
	install -D -m 644 $(B)/xsrtpd.service $(DESTDIR)$(PREFIX)/lib/systemd/system/xsrtpd.service
	install -D -m 644 Documentation/man/xsrtp.8 $(DESTDIR)$(PREFIX)/share/man/man8/xsrtp.8
	install -D -m 644 Documentation/man/xsrtpd.8 $(DESTDIR)$(PREFIX)/share/man/man8/xsrtpd.8

modules_install: module
	$(MAKE) -C $(KDIR) M=$(abspath $(MODDIR)) modules_install

clean:
	rm -rf $(B)

.PHONY: all core bpf userspace module modules_install tools instructions tests fuzz ct install clean
-include $(shell find $(B) -path $(B)/kernel -prune -o -name '*.d' -type f -print 2>/dev/null)
