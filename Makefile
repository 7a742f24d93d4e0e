# hopward: build, test, install.  GNU make, no configure step.
#
#   make demo         real mail through a private Postfix (root installs what lacks)
#   make check        everything that must hold; ends with "N passed, N failed"
#   make unit         unit programs alone: no root, no network, under a minute
#   make test T=mime  one unit program
#   make e2e C=name   one end-to-end case (all without C)
#   make SAN=1 ...    the same under AddressSanitizer and UBSan, in build-san/
#   make fuzz F=walk  one fuzz target (all without F), FUZZ_SECONDS=60 each; clang
#   make bench        measurements of the walkers
#   make soak         at length what check does a little of: 1,000 changes of each kind to sealed records

VERSION	= 0.1.0
PREFIX	?= /usr/local
SYSCONFDIR ?= /etc
SBINDIR	= $(PREFIX)/sbin
BINDIR	= $(PREFIX)/bin
LIBEXECDIR = $(PREFIX)/libexec/hopward
MANDIR	= $(PREFIX)/share/man
UNITDIR	?= $(PREFIX)/lib/systemd/system
PROFILEDIR = $(PREFIX)/share/hopward/profiles

CC	?= cc
CFLAGS	?= -O2 -g
B	= build
ifdef SAN
B	= build-san
CFLAGS	= -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
# Objects for libFuzzer; set by "make fuzz" for itself.
ifdef FUZZ
B	= build-fuzz
CC	= clang
CFLAGS	= -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN	= 1
endif

WARN	= -Wall -Wextra -Werror=implicit-function-declaration -Wshadow -Wstrict-prototypes \
	  -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wsign-compare -Wformat=2 -Wvla
HARDEN	= -fstack-protector-strong -fPIE
ifndef SAN
HARDEN	+= -D_FORTIFY_SOURCE=2
endif
CPPFLAGS += -Imilter -D_GNU_SOURCE -DHOPWARD_VERSION='"$(VERSION)"' \
	  -DCONF_DEFAULT='"$(SYSCONFDIR)/hopward/hopward.conf"' \
	  -DSCANNER_DEFAULT='"$(LIBEXECDIR)/hopward-scan"' \
	  -DPROFILES_DEFAULT='"$(PROFILEDIR)"'
ALL_CFLAGS = -std=gnu11 -pthread $(WARN) $(HARDEN) $(CFLAGS)
ALL_LDFLAGS = -pthread -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed $(LDFLAGS)

# Sources, room by room.
BASE = \
	base/buf.c \
	base/cidr.c \
	base/clock.c \
	base/fdpass.c \
	base/json.c \
	base/log.c \
	base/units.c \
	base/wire.c
JUDGE = \
	judge/ambiguity.c \
	judge/arrival.c \
	judge/attach.c \
	judge/class.c \
	judge/exception.c \
	judge/exception_text.c \
	judge/facts.c \
	judge/findings.c \
	judge/hops.c \
	judge/maillog.c \
	judge/maillog_cursor.c \
	judge/maillog_head.c \
	judge/maillog_postfix.c \
	judge/maillog_sendmail.c \
	judge/name.c \
	judge/outbound.c \
	judge/partner.c \
	judge/pattern.c \
	judge/policy.c \
	judge/profile.c \
	judge/reply.c \
	judge/route.c \
	judge/rules.c \
	judge/suite.c
RECORD = \
	record/delivery.c \
	record/ledger.c \
	record/ledger_chain.c \
	record/ledger_file.c \
	record/ledger_seal.c \
	record/line.c \
	record/pack.c \
	record/peers.c \
	record/privacy.c \
	record/pseudonym.c \
	record/reader.c \
	record/record.c \
	record/reserve.c \
	record/retain.c \
	record/retain_expire.c \
	record/retain_look.c \
	record/seal.c \
	record/seal_keys.c \
	record/totals.c \
	record/verify.c \
	record/verify_seal.c
FRONT = \
	front/alarm.c \
	front/answer.c \
	front/control.c \
	front/end.c \
	front/envelope.c \
	front/front.c \
	front/handover.c \
	front/killers.c \
	front/macros.c \
	front/refuse.c \
	front/session.c \
	front/spool.c
FILTER = \
	front/filter.c
SCAN = \
	scan/authres.c \
	scan/boundary.c \
	scan/cms.c \
	scan/decode.c \
	scan/header.c \
	scan/inline.c \
	scan/lines.c \
	scan/mime.c \
	scan/mime_entity.c \
	scan/names.c \
	scan/ranges.c \
	scan/reasons.c \
	scan/received.c \
	scan/received_clause.c \
	scan/received_date.c \
	scan/received_from.c \
	scan/received_span.c \
	scan/received_words.c \
	scan/received_writer.c \
	scan/views.c \
	scan/views_content.c \
	scan/walk.c \
	scan/words.c
SCANNER = \
	scan/engine.c \
	scan/engine_load.c \
	scan/engine_try.c \
	scan/layers.c \
	scan/member.c \
	scan/sandbox_none.c \
	scan/scanner.c \
	scan/sealed.c \
	scan/tar.c \
	scan/type.c \
	scan/worker.c \
	scan/writes.c
ROOT = \
	conf.c \
	conf_check.c \
	conf_clamd.c \
	conf_doubt.c \
	conf_keys.c \
	conf_partner.c \
	conf_print.c \
	conf_profile.c \
	conf_rules.c \
	conf_source.c \
	conf_syntax.c \
	conf_value.c \
	generation.c \
	pidfile.c \
	user.c
DAEMON = \
	control.c \
	control_except.c \
	except_file.c \
	hopward.c \
	memory.c \
	notify.c \
	parent.c \
	parent_except.c \
	parent_front.c \
	parent_scan.c \
	watch.c
CTL = \
	ctl/acts.c \
	ctl/collect.c \
	ctl/control.c \
	ctl/ctl.c \
	ctl/deliveryline.c \
	ctl/except.c \
	ctl/explain.c \
	ctl/extract.c \
	ctl/follow.c \
	ctl/held.c \
	ctl/heldact.c \
	ctl/heldlist.c \
	ctl/heldqueue.c \
	ctl/heldrecord.c \
	ctl/hops.c \
	ctl/hoptable.c \
	ctl/journal.c \
	ctl/log.c \
	ctl/mailbox.c \
	ctl/message.c \
	ctl/mode.c \
	ctl/person.c \
	ctl/records.c \
	ctl/reload.c \
	ctl/resume.c \
	ctl/row.c \
	ctl/runner.c \
	ctl/scan.c \
	ctl/seal.c \
	ctl/show.c \
	ctl/stamps.c \
	ctl/status.c \
	ctl/story.c \
	ctl/subject.c \
	ctl/tally.c \
	ctl/telling.c \
	ctl/text.c \
	ctl/tool.c \
	ctl/tree.c \
	ctl/verify.c \
	ctl/verifymta.c \
	ctl/verifyshow.c \
	ctl/when.c

MAN8	= milter/hopward.8 milter/hopwardctl.8
MAN5	= milter/hopward.conf.5 milter/hopward-log.5 milter/hopward-profile.5

# make V=1 shows the whole commands.
ifdef V
say	=
else
say	= @$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,echo "  $(1)	$@";)
endif

obj	= $(patsubst %.c,$(B)/%.o,$(1))
LIBS_BASE = -lcrypto -lzstd
LIBS_CONF = -lconfig

PROGRAMS = $(B)/hopward $(B)/hopward-scan $(B)/hopwardctl

.PHONY: all check soak unit test e2e demo deps lint walls install clean san-unit fuzz fuzz-run bench
all: $(PROGRAMS)

# One archive a room: a unit program links all, and takes what it needs.
ARCHIVES = $(B)/front.a $(B)/root.a $(B)/record.a $(B)/scan.a $(B)/judge.a $(B)/base.a
$(B)/base.a: $(call obj,$(BASE))
$(B)/judge.a: $(call obj,$(JUDGE))
$(B)/record.a: $(call obj,$(RECORD))
$(B)/scan.a: $(call obj,$(SCAN))
$(B)/front.a: $(call obj,$(FRONT))
$(B)/root.a: $(call obj,$(ROOT))
$(B)/%.a:
	@rm -f $@
	$(call say,AR)ar rcs $@ $^

$(B)/hopward: $(call obj,$(DAEMON) $(FILTER)) $(B)/root.a $(B)/front.a $(B)/record.a $(B)/judge.a $(B)/base.a
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lmilter $(LIBS_CONF) $(LIBS_BASE)
# -rdynamic: libclamav's writes bind to ours (scan/writes.c).
$(B)/hopward-scan: $(call obj,$(SCANNER)) $(B)/scan.a $(B)/judge.a $(B)/base.a
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -rdynamic -o $@ $^ -lclamav -lmagic $(LIBS_BASE)
$(B)/hopwardctl: $(call obj,$(CTL)) $(B)/root.a $(B)/record.a $(B)/judge.a $(B)/base.a
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -ljansson $(LIBS_CONF) $(LIBS_BASE)

# Other flags or another PREFIX than last time: all is built again.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(ALL_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(CPPFLAGS) $(ALL_CFLAGS)' >$@
FORCE:
$(B)/%.o: milter/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/tests/%.o: tests/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Unit programs: tests/unit/test-NAME.c, one per module.
UNITS	= $(sort $(patsubst tests/unit/test-%.c,%,$(wildcard tests/unit/test-*.c)))
$(B)/tests/unit/test-%: $(B)/tests/unit/test-%.o $(ARCHIVES)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< -Wl,--start-group $(ARCHIVES) -Wl,--end-group -lcmocka -ljansson $(LIBS_CONF) $(LIBS_BASE)
# Some need more: the engine itself, and the built scanner to start.
ENGINE	= scan/engine.c scan/engine_load.c scan/engine_try.c scan/layers.c scan/sealed.c scan/tar.c scan/writes.c
$(B)/tests/unit/test-engine: $(B)/tests/unit/test-engine.o $(call obj,$(ENGINE)) $(B)/judge.a $(B)/base.a
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -rdynamic -o $@ $^ -lcmocka -lclamav -lz $(LIBS_BASE)
$(B)/tests/unit/test-containers: $(B)/tests/unit/test-containers.o $(call obj,$(ENGINE)) $(B)/judge.a $(B)/base.a
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -rdynamic -o $@ $^ -lcmocka -lclamav $(LIBS_BASE)
$(B)/tests/unit/test-scanner: | $(B)/hopward-scan
# OpenSSL's own list is asked what a name means; hopward itself links no libssl.
$(B)/tests/unit/test-suite: $(B)/tests/unit/test-suite.o $(B)/judge.a $(B)/base.a
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lcmocka -lssl $(LIBS_BASE)
.PRECIOUS: $(B)/tests/unit/%.o
unit: $(UNITS:%=$(B)/tests/unit/test-%)
	@tests/run-unit $(UNITS:%=$(B)/tests/unit/test-%)
test: $(B)/tests/unit/test-$(T)
	@tests/run-unit $<
san-unit:
	@$(MAKE) --no-print-directory SAN=1 unit

# Fuzz targets: tests/fuzz/fuzz-NAME.c, each linked with all rooms and run from the corpus of its noun.
FUZZERS	= $(if $(F),$(F),$(sort $(patsubst tests/fuzz/fuzz-%.c,%,$(wildcard tests/fuzz/fuzz-*.c))))
$(B)/tests/fuzz/%.o $(B)/tests/bench/%.o: CPPFLAGS += -Itests/unit
build-fuzz/fuzz-%: build-fuzz/tests/fuzz/fuzz-%.o build-fuzz/scan.a build-fuzz/judge.a build-fuzz/base.a
	$(call say,LD)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(ALL_LDFLAGS) -o $@ $^ $(LIBS_BASE)
.PRECIOUS: build-fuzz/tests/fuzz/%.o
fuzz:
	@$(MAKE) --no-print-directory FUZZ=1 fuzz-run
fuzz-run: $(FUZZERS:%=build-fuzz/fuzz-%)
	@tests/run-fuzz $^

# Measurements: ratios compare, figures belong to the machine.
$(B)/bench-mime: $(B)/tests/bench/bench-mime.o $(B)/scan.a $(B)/judge.a $(B)/base.a
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_BASE)
$(B)/bench-walk: $(B)/tests/bench/bench-walk.o $(call obj,$(ENGINE)) $(B)/scan.a $(B)/judge.a $(B)/base.a
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -rdynamic -o $@ $^ -lclamav -lz $(LIBS_BASE)
bench: $(B)/bench-mime $(B)/bench-walk
	$(B)/bench-mime
	$(B)/bench-walk

# The two commands of README.md: as root they install what tests/packages lists and lacks here.
check:
	@tests/deps && MAKE='$(MAKE)' tests/check
soak: all
	@tests/tamper -n 1000 $(B)
demo:
	@tests/deps && $(MAKE) --no-print-directory -s -j$$(nproc) all && tests/demo
deps:
	@tests/deps
walls: all
	@tests/walls $(B)
lint:
	@tests/lint $(MAN8) $(MAN5)
# End to end, all or C=name; a scripted MTA for what no MTA does.
$(B)/tests/e2e/miltertalk: $(B)/tests/e2e/miltertalk.o
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $<
e2e: all $(B)/tests/e2e/miltertalk
	@tests/run-e2e $(B) $(C)

# Never over a configuration that is there already.
install: all
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(UNITDIR) \
	    $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man8 $(DESTDIR)$(SYSCONFDIR)/hopward $(DESTDIR)$(PROFILEDIR)
	install -m 755 $(B)/hopward $(DESTDIR)$(SBINDIR)/
	install -m 755 $(B)/hopwardctl $(DESTDIR)$(BINDIR)/
	install -m 755 $(B)/hopward-scan $(DESTDIR)$(LIBEXECDIR)/
	install -m 644 $(MAN5) $(DESTDIR)$(MANDIR)/man5/
	install -m 644 $(MAN8) $(DESTDIR)$(MANDIR)/man8/
	install -m 644 conf/profiles/*.conf $(DESTDIR)$(PROFILEDIR)/
	sed 's,/usr/local/sbin,$(SBINDIR),' contrib/systemd/hopward.service >$(DESTDIR)$(UNITDIR)/hopward.service
	sed 's,/usr/local/bin,$(BINDIR),' contrib/systemd/hopward-collect.service >$(DESTDIR)$(UNITDIR)/hopward-collect.service
	sed 's,/usr/local/bin,$(BINDIR),' contrib/systemd/hopward-held.service >$(DESTDIR)$(UNITDIR)/hopward-held.service
	install -m 644 contrib/systemd/hopward-held.timer $(DESTDIR)$(UNITDIR)/
	[ -e $(DESTDIR)$(SYSCONFDIR)/hopward/hopward.conf ] || \
	    install -m 644 conf/hopward.conf $(DESTDIR)$(SYSCONFDIR)/hopward/hopward.conf

clean:
	rm -rf build build-san build-fuzz

-include $(shell find $(B) -name '*.d' -type f 2>/dev/null)
