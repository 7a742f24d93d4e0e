/* SPDX-License-Identifier: ISC */
/* The configuration: keys, types, layers, lists, includes, printing, checks, and the page and example that go with it. */

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <libconfig.h>

#include "conf-files.h"
#include "conf_profile.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- defaults ---- */

static void
an_empty_configuration_is_a_good_one(void **state)
{
	struct conf	*conf = read_good(NULL, NULL), *empty = read_good("", NULL);
	char		*a = printed(conf), *b = printed(empty), host[256], contact[300];
	const struct policy_action (*actions)[OUTCOME_MAX] = (const void *)conf->front->policy.actions;
	struct policy	 shipped;
	int		 c, o;

	(void)state;
	assert_string_equal(a, b);
	assert_int_equal(policy_init(&shipped), 0);
	for (c = 0; c < CLASS_MAX; c++)
		for (o = 0; o < OUTCOME_MAX; o++) {
			assert_int_equal(actions[c][o].action, shipped.actions[c][o].action);
			assert_int_equal(actions[c][o].watch, shipped.actions[c][o].watch);
		}
	policy_free(&shipped);
	assert_int_equal(actions[CLASS_MX][OUTCOME_INFECTED].action, ACTION_REJECT);
	assert_int_equal(actions[CLASS_LOCAL][OUTCOME_BLOCKED].watch, 1);
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	assert_string_equal(conf->front->gateway, host);
	assert_string_equal(conf->front->authserv_id, host);
	snprintf(contact, sizeof(contact), "postmaster@%s", host);
	assert_string_equal(conf->front->policy.contact, contact);
	assert_string_equal(conf->start.socket, "unix:/run/hopward/hopward.sock");
	assert_int_equal(conf->start.socket_mode, 0660);
	assert_null(conf->start.socket_group);
	assert_null(conf->front->subject_tag);
	assert_null(conf->scan->include_pua);
	assert_int_equal(conf->front->spool_message, 150u << 20);
	assert_int_equal(conf->start.ledger.batch_us, 0);
	assert_int_equal(conf->scan->MaxScanTime, 120000);
	assert_int_equal(conf->scan->MaxRecursion, 17);
	assert_int_equal(conf->scan->AlertOLE2Macros, 1);
	assert_int_equal(conf->scan->ScanMail, 0);
	assert_true(conf->scan->workers_small >= 2);
	assert_true(conf->scan->workers_large >= 1);
	assert_string_equal(conf->scan->scratch, conf->parent.scratch);
	assert_int_equal(conf->parent.reload_overlap, -1);
	free(a);
	free(b);
	conf_free(conf);
	conf_free(empty);
}

/* Every key, set to something else than its default. */
static const char everything[] =
    "socket = \"inet:127.0.0.1:8891\"; socket_mode = \"0600\"; socket_group = \"postfix\"; user = \"61951:61952\";\n"
    "control_socket = \"/tmp/c.sock\"; control_mode = \"0666\"; control_group = \"adm\"; pid_file = \"/tmp/pid\";\n"
    "gateway = \"mx1.example.org\"; authserv_id = \"example.org\"; mode = \"observe\";\n"
    "contact = \"https://example.org/\"; internal_networks = [ \"10.0.0.0/8\", \"2001:db8::/32\", \"::1\" ];\n"
    "submission_daemons = [ \"msa\" ]; proxied_listeners = [ \":465\", \"[::1]:25\" ]; smarthosts = [ \"[Relay.example]:587\" ]; recipients_max = 10;\n"
    "stop_wait = \"5s\"; profile = \"\"; profiles = \"/tmp/p\"; trusted_authserv_ids = [ \"Spf.example.org\" ];\n"
    "partners = ( { name = \"p\"; networks = \"192.0.2.0/24\"; } );\n"
    "actions: { default: { pua = \"discard\"; macro = \"watch:reject\"; }; mx: { pua = \"quarantine\"; }; };\n"
    "attachments: { blocked_extensions = [ \".EXE\", \"ps1\" ]; };\n"
    "headers: { virus = false; tls = false; subject_tag = \"[\\\"x\\\\y]\"; };\n"
    "replies: { signature_name = true; submission_text = \"Call us.\"; };\n"
    "records: { directory = \"/tmp/r\"; sync = \"always\"; batch_wait = \"1ms\"; privacy = \"full\"; keys = \"/tmp/k\";\n"
    "  key_period = \"day\"; key_file = \"/tmp/old\";\n"
    "  on_failure = \"accept\"; };\n"
    "downgrade: { alarm = false; file = \"/tmp/peers\"; max = 5; messages = 6; forget = \"7d\"; };\n"
    "spool: { message = \"25MB\"; total = \"1GB\"; };\n"
    "scanner: { path = \"/tmp/s\"; user = \"61953\"; scratch = \"/tmp/scratch\"; scratch_size = \"2GB\"; workers = 7;\n"
    "  large_workers = \"3\"; spares = 0; messages_per_worker = 9; large_size = \"2MB\"; timeout = \"90s\";\n"
    "  engine_wait = \"1m\"; engine_start = \"1h\"; crashes_max = 2; progress = \"500ms\"; queue_max = 250;\n"
    "  database_check = \"0\"; reload = \"drain\"; };\n"
    "clamav: { DatabaseDirectory = \"/tmp/db\"; IncludePUA = [ \"NetTool\", \"Spy\" ]; ExcludePUA = [ \"P2P\" ];\n"
    "  AlertOLE2Macros = false; MaxScanSize = \"1GB\"; MaxFileSize = \"1GB\"; MaxFiles = \"77\";\n"
    "  DetectPUA = true; PCREMatchLimit = 4000000000L; };\n"
    "mime: { max_depth = 3; max_parts = 8190; max_decoded = \"1TB\"; };\n";

static void
each_key_reaches_its_room(void **state)
{
	struct conf		*conf = read_good(everything, NULL);
	const struct policy	*policy = &conf->front->policy;

	(void)state;
	assert_string_equal(conf->start.socket, "inet:8891@127.0.0.1");
	assert_int_equal(conf->start.socket_mode, 0600);
	assert_string_equal(conf->start.socket_group, "postfix");
	assert_string_equal(conf->parent.user, "61951:61952");
	assert_int_equal(conf->parent.control_mode, 0666);
	assert_string_equal(conf->parent.pid_file, "/tmp/pid");
	assert_string_equal(conf->front->authserv_id, "example.org");
	assert_int_equal(policy->observe, 1);
	assert_int_equal(policy->internal.count, 3);
	assert_true(cidr_match(&policy->internal, "10.1.2.3"));
	assert_false(cidr_match(&policy->internal, "11.1.2.3"));
	assert_string_equal(policy->submission_daemons[0], "msa");
	assert_null(policy->submission_daemons[1]);
	assert_string_equal(policy->proxied_listeners[1], "[::1]:25");
	assert_string_equal(conf->parent.smarthosts[0], "[Relay.example]:587");
	assert_int_equal(conf->front->rcpts_max, 10);
	assert_null(conf->front->profile_name);
	assert_null(policy->profile);
	assert_string_equal(conf->front->profiles, "/tmp/p");
	/* a class wins over default, wherever it stands */
	assert_int_equal(policy->actions[CLASS_MX][OUTCOME_PUA].action, ACTION_QUARANTINE);
	assert_int_equal(policy->actions[CLASS_RELAY][OUTCOME_PUA].action, ACTION_DISCARD);
	assert_int_equal(policy->actions[CLASS_LOCAL][OUTCOME_MACRO].action, ACTION_REJECT);
	assert_int_equal(policy->actions[CLASS_LOCAL][OUTCOME_MACRO].watch, 1);
	assert_string_equal(policy->blocked_extensions[0], "exe");
	assert_int_equal(conf->front->header_tls, 0);
	assert_string_equal(conf->front->subject_tag, "[\"x\\y]");
	assert_int_equal(policy->name_signature, 1);
	assert_int_equal(conf->start.ledger.sync, LEDGER_SYNC_ALWAYS);
	assert_int_equal(conf->front->privacy, PRIVACY_FULL);
	assert_int_equal(conf->front->unrecorded, UNRECORDED_ACCEPT);
	assert_int_equal(conf->front->downgrade_alarm, 0);
	assert_string_equal(conf->start.peers.file, "/tmp/peers");
	assert_int_equal(conf->start.peers.max, 5);
	assert_int_equal(conf->start.peers.messages, 6);
	assert_int_equal(conf->start.peers.forget_ms, 7 * 86400000ull);
	assert_int_equal(conf->front->spool_total, 1ull << 30);
	assert_int_equal(conf->parent.scratch_size, 2ull << 30);
	assert_int_equal(conf->scan->workers_small, 7);
	assert_int_equal(conf->scan->workers_large, 3);
	assert_int_equal(conf->front->scan_timeout_ms, 90000);
	assert_int_equal(conf->parent.engine_start_ms, 3600000);
	assert_int_equal(conf->parent.database_check_ms, 0);
	assert_int_equal(conf->parent.reload_overlap, 0);
	assert_string_equal(conf->scan->include_pua, "NetTool,Spy");
	assert_int_equal(conf->scan->AlertOLE2Macros, 0);
	assert_int_equal(conf->scan->MaxFiles, 77);
	assert_int_equal(conf->scan->PCREMatchLimit, 4000000000ull);
	conf_free(conf);
}

/* ---- mistakes ---- */

static const struct {
	const char	*text, *want;
} mistakes[] = {
	/* a bare number shows the right spelling, and what was written, not what libconfig made of it */
	{ "spool: { message = 25000000; };",
	    "c.conf:1: spool.message: got 25000000, want a size in quotes, such as \"25MB\"\n" },
	{ "stop_wait = 5000000000;", "c.conf:1: stop_wait: got 5000000000, want a time in quotes, such as \"90s\"\n" },
	{ "socket_mode = 0644;", "c.conf:1: socket_mode: got 0644, want permissions in quotes, such as \"0660\"\n" },
	{ "socket_mode = \"644\";", "c.conf:1: socket_mode: got \"644\", want permissions in octal, such as \"0660\"\n" },
	{ "recipients_max = 5000000000;", "c.conf:1: recipients_max: got 5000000000, want 1 to 100000\n" },
	{ "recipients_max = 010;", "c.conf:1: recipients_max: got 010, want a whole number\n" },
	{ "recipients_max = 1.5;", "c.conf:1: recipients_max: got 1.5, want a whole number\n" },
	{ "recipients_max = -1;", "c.conf:1: recipients_max: got -1, want a whole number\n" },
	{ "scanner: { workers = 0; };", "c.conf:1: scanner.workers: got 0, want 1 to 1024\n" },
	{ "scanner: { queue_max = 278; };", "c.conf:1: scanner.queue_max: got 278, want 1 to 250\n" },
	{ "scanner: { timeout = \"0\"; };", "c.conf:1: scanner.timeout: got \"0\", want 1s to 1d\n" },
	{ "spool: { message = \"25 MB\"; };", "c.conf:1: spool.message: got \"25 MB\", want a size such as \"25MB\"\n" },
	/* wrong types */
	{ "\n\nscanner: {\n workers = \"two\"; };", "c.conf:4: scanner.workers: got \"two\", want a whole number or \"auto\"\n" },
	{ "headers: { tls = \"yes\"; };", "c.conf:1: headers.tls: got \"yes\", want true or false, without quotes\n" },
	{ "headers: { tls = 1; };", "c.conf:1: headers.tls: got 1, want true or false, without quotes\n" },
	{ "mode = \"watch\";", "c.conf:1: mode: got \"watch\", want \"enforce\" or \"observe\"\n" },
	{ "mode = true;", "c.conf:1: mode: got true, want \"enforce\" or \"observe\"\n" },
	{ "records: { sync = \"yes\"; };",
	    "c.conf:1: records.sync: got \"yes\", want \"none\", \"batch\" or \"always\"\n" },
	{ "user = 61951;", "c.conf:1: user: got 61951, want text in quotes\n" },
	{ "user = [ \"a\" ];", "c.conf:1: user: got a list, want text in quotes\n" },
	{ "user = { };", "c.conf:1: user: got a group, want text in quotes\n" },
	{ "scanner = \"x\";", "c.conf:1: scanner: is a group, written  scanner: { key = value; };\n" },
	{ "internal_networks = { };",
	    "c.conf:1: internal_networks: got a group, want a list of strings, such as [ \"a\", \"b\" ]\n" },
	{ "internal_networks = ( \"10.0.0.0/8\",\n  12,\n  \"10.0.0.0/33\" );",
	    "c.conf:2: internal_networks: got 12, want text in quotes\n" },
	{ "internal_networks = [ \"10.0.0.0/8\",\n  \"10.0.0.0/33\",\n\n  \"example.org\" ];",
	    "c.conf:2: internal_networks: got \"10.0.0.0/33\", want a network such as \"192.0.2.0/24\" or \"2001:db8::/32\"\n"
	    "c.conf:4: internal_networks: got \"example.org\", want a network such as \"192.0.2.0/24\" or \"2001:db8::/32\"\n" },
	{ "actions: { mx: { pua = \"rejct\"; }; };",
	    "c.conf:1: actions.mx.pua: got \"rejct\", want \"accept\", \"tag\", \"quarantine\", \"tempfail\", \"reject\", "
	    "\"discard\", or one of them behind \"watch:\"\n" },
	{ "contact = \"call me\";",
	    "c.conf:1: contact: got \"call me\", want an address or URL of at most 160 ASCII characters, such as "
	    "\"https://example.org/mail\" or \"postmaster@example.org\"\n" },
	{ "headers: { subject_tag = \"a\\nb\"; };",
	    "c.conf:1: headers.subject_tag: got \"a?b\", want at most 200 printable ASCII characters\n" },
	{ "records: { directory = \"log\"; };",
	    "c.conf:1: records.directory: got \"log\", want an absolute path, such as \"/var/lib/hopward\"\n" },
	{ "attachments: { blocked_extensions = [ \"tar.gz\" ]; };",
	    "c.conf:1: attachments.blocked_extensions: got \"tar.gz\", want an extension without its dot, such as \"exe\"\n" },
	/* unknown keys: the same group first, then anywhere */
	{ "scanner: { tiemout = \"9s\"; };", "c.conf:1: unknown key: scanner.tiemout; did you mean scanner.timeout?\n" },
	{ "scaner: {\n timeout = 1;\n};", "c.conf:1: unknown key or group: scaner; did you mean scanner?\n" },
	{ "timeout = \"9s\";", "c.conf:1: unknown key: timeout; did you mean scanner.timeout?\n" },
	{ "MaxScanSize = \"1MB\";", "c.conf:1: unknown key: MaxScanSize; did you mean clamav.MaxScanSize?\n" },
	{ "clamav: { maxscansize = \"1MB\"; };",
	    "c.conf:1: unknown key: clamav.maxscansize; did you mean clamav.MaxScanSize?\n" },
	{ "actions: { mx: { infectd = \"reject\"; }; };",
	    "c.conf:1: unknown key: actions.mx.infectd; did you mean actions.mx.infected?\n" },
	{ "actions: { mxx: { infected = \"reject\"; }; };", "c.conf:1: unknown key: actions.mxx; did you mean actions.mx?\n" },
	{ "xyzzy_frobnicate = 1;", "c.conf:1: unknown key: xyzzy_frobnicate; hopward.conf(5) lists all\n" },
	{ "clamav: { StreamMaxLength = \"25M\"; };",
	    "c.conf:1: unknown key: clamav.StreamMaxLength; clamd's StreamMaxLength is spool.message\n" },
	/* tempfail where a retry changes nothing, at the line that says so */
	{ "actions: {\n default: { encrypted = \"tempfail\"; };\n mx: { infected = \"tempfail\";\n"
	    "  timeout = \"tempfail\"; }; };",
	    "c.conf:3: actions.mx.infected: tempfail cannot help, as a retry would find the same: "
	    "want \"tag\", \"quarantine\", \"reject\" or \"accept\"\n"
	    "c.conf:2: actions.default.encrypted: tempfail cannot help, as a retry would find the same: "
	    "want \"tag\", \"quarantine\", \"reject\" or \"accept\"\n" },
	/* settings that contradict each other */
	{ "spool: {\n message = \"2GB\"; };", "c.conf:2: spool.message: is more than spool.total\n" },
	{ "spool: {\n total = \"1MB\"; };", "c.conf:2: spool.message: is more than spool.total\n" },
	{ "clamav: { MaxFileSize = \"2GB\"; };",
	    "c.conf:1: clamav.MaxFileSize: libclamav takes no more than \"2147483647B\"\n" },
	{ "mime: { max_parts = 9000; };", "c.conf:1: mime.max_parts: want at most 8190\n" },
	{ "control_socket = \"/run/hopward/hopward.sock\";", "c.conf:1: control_socket: is the same as socket\n" },
	/* all of them, in the order of the text */
	{ "mod = \"x\";\nuser = 1;\nspool: { message = 1;\n mesage = 2; };\nactions: { mx: { limit = \"tempfail\"; }; };",
	    "c.conf:1: unknown key: mod; did you mean mode?\n"
	    "c.conf:2: user: got 1, want text in quotes\n"
	    "c.conf:3: spool.message: got 1, want a size in quotes, such as \"25MB\"\n"
	    "c.conf:4: unknown key: spool.mesage; did you mean spool.message?\n"
	    "c.conf:5: actions.mx.limit: tempfail cannot help, as a retry would find the same: "
	    "want \"tag\", \"quarantine\", \"reject\" or \"accept\"\n" }
};

static void
each_mistake_has_its_line(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < COUNT(mistakes); i++)
		want_said(mistakes[i].text, NULL, mistakes[i].want);
}

static void
a_missing_file_is_named(void **state)
{
	struct buf	 errs;
	char		*said;

	(void)state;
	buf_init(&errs, 4096);
	assert_null(conf_read(in_dir("none.conf"), NULL, &errs));
	said = without_dir(errs.data);
	assert_string_equal(said, "cannot read none.conf: No such file or directory\n");
	free(said);
	buf_reset(&errs);
	assert_null(conf_read(dir, NULL, &errs));
	assert_non_null(strstr(errs.data, "is a directory\n"));
	buf_free(&errs);
}

/* ---- -o ---- */

static void
options_win_over_the_file(void **state)
{
	static const char *const options[] = {
		"scanner.timeout=77s", "mode = observe", "headers.tls=false", "recipients_max=5", "contact=\"a@b\"",
		"internal_networks=10.0.0.0/8,192.0.2.1", "submission_daemons=[ \"x\", \"y\" ]", "proxied_listeners=",
		"actions.mx.pua=watch:reject", "actions.default.pua=accept", "replies.submission_text=Call us, please.",
		"scanner.workers=auto", "spool.message=1MB", NULL
	};
	struct conf	*conf = read_good("scanner: { timeout = \"1s\"; workers = 999; }; proxied_listeners = [ \"a\" ];\n"
	    "actions: { relay: { pua = \"reject\"; }; };", options);

	(void)state;
	assert_int_equal(conf->front->scan_timeout_ms, 77000);
	assert_int_equal(conf->front->policy.observe, 1);
	assert_int_equal(conf->front->header_tls, 0);
	assert_int_equal(conf->front->rcpts_max, 5);
	assert_string_equal(conf->front->policy.contact, "a@b");
	assert_int_equal(conf->front->policy.internal.count, 2);
	assert_string_equal(conf->front->policy.submission_daemons[1], "y");
	assert_null(conf->front->policy.submission_daemons[2]);
	assert_null(conf->front->policy.proxied_listeners[0]);
	assert_int_equal(conf->front->policy.actions[CLASS_MX][OUTCOME_PUA].watch, 1);
	assert_int_equal(conf->front->policy.actions[CLASS_RELAY][OUTCOME_PUA].action, ACTION_ACCEPT);
	assert_string_equal(conf->front->policy.submission_text, "Call us, please.");
	assert_in_range(conf->scan->workers_small, 2, 998);
	conf_free(conf);
}

static void
options_pass_the_same_checks(void **state)
{
	static const char *const options[] = {
		"scanner.tiemout=77s", "scanner.timeout=77", "scanner=1", "nonsense", "actions.mx.infected=tempfail",
		"headers.tls=yes", NULL
	};

	(void)state;
	want_said("spool: { message = 1; };", options,
	    "c.conf:1: spool.message: got 1, want a size in quotes, such as \"25MB\"\n"
	    "-o:1: unknown key: scanner.tiemout; did you mean scanner.timeout?\n"
	    "-o:3: scanner is a group: set its keys, as in  scanner.KEY=VALUE\n"
	    "-o:4: got \"nonsense\", want KEY=VALUE, such as scanner.timeout=90s\n"
	    "-o:2: scanner.timeout: got \"77\", want a time such as \"90s\", \"5m\" or \"30d\"\n"
	    "-o:6: headers.tls: got \"yes\", want true or false, without quotes\n"
	    "-o:5: actions.mx.infected: tempfail cannot help, as a retry would find the same: "
	    "want \"tag\", \"quarantine\", \"reject\" or \"accept\"\n");
}

/* ---- files in files ---- */

static void
includes_resolve_beside_the_including_file(void **state)
{
	struct conf	*conf;
	char		 text[512];

	(void)state;
	mkdir(in_dir("a"), 0700);
	mkdir(in_dir("a/b"), 0700);
	file_write("a/one.conf", "contact = \"one@x\";\n@include \"b/two.conf\"\nstop_wait = \"2s\";");
	file_write("a/b/two.conf", "gateway = \"two\";\n\t@include \"three.conf\"\n");
	file_write("a/b/three.conf", "internal_networks = [ \"file:nets\" ]; /* @include \"nix\"\n@include \"nix\"\n*/");
	file_write("a/b/nets", "# ours\n10.0.0.0/8   # old\n\n  192.0.2.0/24\r\n2001:db8::/32");
	file_write("abs.conf", "recipients_max = 3;");
	snprintf(text, sizeof(text), "@include \"a/one.conf\"\n@include \"%s\" # absolute\nmode = \"observe\";", in_dir("abs.conf"));
	conf = read_good(text, NULL);
	assert_string_equal(conf->front->policy.contact, "one@x");
	assert_string_equal(conf->front->gateway, "two");
	assert_int_equal(conf->front->stop_wait_ms, 2000);
	assert_int_equal(conf->front->rcpts_max, 3);
	assert_int_equal(conf->front->policy.observe, 1);
	assert_int_equal(conf->front->policy.internal.count, 3);
	assert_true(cidr_match(&conf->front->policy.internal, "192.0.2.9"));
	conf_free(conf);
}

static void
mistakes_in_included_files_have_their_own_lines(void **state)
{
	(void)state;
	mkdir(in_dir("a"), 0700);
	file_write("a/one.conf", "\ntimeout = 1;\n@include \"two.conf\"\n\nmode = observe;\n");
	file_write("a/two.conf", "/* x\n*/\n");
	want_said("\n@include \"a/one.conf\"\nmod = 1;", NULL,
	    "a/one.conf:5: got the bare word observe, want a value\n"
	    "    mode = observe;\n"
	    "           ^\n"
	    "    hint: put it in quotes: \"observe\"\n");
	file_write("a/one.conf", "\ntimeout = 1;\n@include \"two.conf\"\n\nmode = \"observ\";\n");
	file_write("a/two.conf", "\nuser = 1;");
	want_said("\n@include \"a/one.conf\"\nmod = 1;", NULL,
	    "a/one.conf:2: unknown key: timeout; did you mean scanner.timeout?\n"
	    "a/two.conf:2: user: got 1, want text in quotes\n"
	    "a/one.conf:5: mode: got \"observ\", want \"enforce\" or \"observe\"\n"
	    "c.conf:3: unknown key: mod; did you mean mode?\n");
	file_write("a/one.conf", "mode = \"observe\";");
	want_said("mode = \"enforce\";\n@include \"a/one.conf\"\n", NULL,
	    "a/one.conf:1: mode is set a second time\n"
	    "    mode = \"observe\";\n"
	    "    ^\n"
	    "    hint: the first is at c.conf:1; delete one\n");
	file_write("a/one.conf", "\xef\xbb\xbfmode = \"observe\";");
	want_said("@include \"a/one.conf\"\n", NULL,
	    "a/one.conf:1: the file begins with a byte order mark (EF BB BF)\n"
	    "    hint: save it as UTF-8 without BOM, or: sed -i '1s/^\\xEF\\xBB\\xBF//' a/one.conf\n");
	want_said("\n@include \"nix.conf\"\n", NULL, "c.conf:2: cannot read nix.conf: No such file or directory\n");
	want_said("\n@include \"c.conf\"\n", NULL, "c.conf:2: c.conf includes itself\n");
	file_write("a/one.conf", "/* open");
	want_said("@include \"a/one.conf\"\nmode = \"observe\"; */", NULL,
	    "a/one.conf:1: a comment /* is not closed in this file\n");
}

static void
lists_in_files_have_their_own_lines(void **state)
{
	(void)state;
	mkdir(in_dir("a"), 0700);
	file_write("nets", "10.0.0.0/8\n\nnonsense\n");
	want_said("internal_networks = [ \"192.0.2.1\",\n \"file:nets\", \"file:nix\" ];", NULL,
	    "c.conf:2: cannot read nix: No such file or directory\n");
	want_said("internal_networks = [ \"file:nets\" ];", NULL,
	    "nets:3: internal_networks: got \"nonsense\", want a network such as \"192.0.2.0/24\" or \"2001:db8::/32\"\n");
	file_write("nets", "file:other\n");
	want_said("internal_networks = \"file:nets\";", NULL, "nets:1: internal_networks: want an entry, no further file\n");
	file_write("ext", "\xef\xbb\xbf" "exe\n");
	want_said("attachments: { blocked_extensions = [ \"file:ext\" ]; };", NULL,
	    "ext:1: the file begins with a byte order mark (EF BB BF)\n    hint: save it as UTF-8 without BOM\n");
}

static void
every_list_takes_a_file(void **state)
{
	char		 text[256];
	struct conf	*conf;
	const char	*p;
	size_t		 i, n = 0;

	(void)state;
	file_write("list", "10.0.0.1\n");
	for (i = 0; i < conf_keys_count; i++) {
		if (conf_keys[i].type != KEY_LIST && conf_keys[i].type != KEY_NETS && conf_keys[i].type != KEY_JOINED)
			continue;
		p = strchr(conf_keys[i].path, '.');
		file_write("list", strcmp(conf_keys[i].path, "attachments.blocked_extensions") == 0 ? "# c\nexe\n" :
		    strcmp(conf_keys[i].path, "clamav.ExtraDatabases") == 0 ? "/tmp/a\n" : "10.0.0.1\n");
		snprintf(text, sizeof(text), "%.*s%s%s = [ \"file:list\" ]; %s",
		    p != NULL ? (int)(p - conf_keys[i].path) : 0, conf_keys[i].path, p != NULL ? ": { " : "",
		    p != NULL ? p + 1 : conf_keys[i].path, p != NULL ? "};" : "");
		conf = read_good(text, NULL);
		conf_free(conf);
		n++;
	}
	assert_int_equal(n, 9);
}

/* ---- printing ---- */

static void
what_is_printed_reads_back(void **state)
{
	static const char *const texts[] = { "", everything, "internal_networks = [ \"0.0.0.0/0\", \"::/0\", \"::ffff:0:0/96\" ];" };
	struct buf	 errs;
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		struct conf *conf = read_good(texts[i], NULL), *again;
		char *first = printed(conf), *second;

		buf_init(&errs, 65536);
		again = conf_read_printed(first, strlen(first), &errs);
		if (again == NULL)
			fail_msg("got %s, want the printed text to be valid", errs.data);
		second = printed(again);
		assert_string_equal(first, second);
		assert_int_equal(conf->front->policy.internal.count, again->front->policy.internal.count);
		if (conf->front->policy.internal.count > 0)
			assert_memory_equal(conf->front->policy.internal.nets, again->front->policy.internal.nets,
			    conf->front->policy.internal.count * sizeof(struct cidr));
		assert_memory_equal(conf->front->policy.actions, again->front->policy.actions, sizeof(again->front->policy.actions));
		conf_free(again);
		/* and as a file */
		again = read_good(first, NULL);
		free(second);
		second = printed(again);
		assert_string_equal(first, second);
		conf_free(again);
		free(first);
		free(second);
		conf_free(conf);
		buf_free(&errs);
	}
}

static void
every_key_is_printed_resolved(void **state)
{
	struct conf	*conf;
	config_t	 config;
	char		*text;
	size_t		 i;

	(void)state;
	file_write("nets", "10.0.0.0/8\n");
	conf = read_good("internal_networks = [ \"file:nets\" ];", NULL);
	text = printed(conf);
	assert_null(strstr(text, "file:"));
	assert_non_null(strstr(text, "internal_networks = [ \"10.0.0.0/8\" ];"));
	config_init(&config);
	assert_int_equal(config_read_string(&config, text), CONFIG_TRUE);
	for (i = 0; i < conf_keys_count; i++)
		if (!(conf_keys[i].flags & KEY_FIRST) && config_lookup(&config, conf_keys[i].path) == NULL)
			fail_msg("got nothing printed for %s", conf_keys[i].path);
	config_destroy(&config);
	free(text);
	conf_free(conf);
}

static int
memfd_of(const char *text)
{
	int	 fd = memfd_create("settings", MFD_CLOEXEC);

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void
the_front_reads_it_behind_a_descriptor(void **state)
{
	struct conf		*conf = read_good(everything, NULL);
	struct front_settings	*front;
	char			*text = printed(conf), *err;
	int			 fd = memfd_of(text);

	(void)state;
	front = conf_front_read(fd, &err);	/* wherever the offset stands */
	assert_non_null(front);
	assert_null(err);
	assert_string_equal(front->gateway, "mx1.example.org");
	assert_int_equal(front->policy.internal.count, 3);
	conf_front_free(front);
	close(fd);
	free(text);
	conf_free(conf);

	file_write("nets", "10.0.0.0/8\n");
	fd = memfd_of("internal_networks = [ \"file:nets\" ];\n");
	assert_null(conf_front_read(fd, &err));
	assert_string_equal(err, "settings:1: internal_networks: no file can be read here\n");
	free(err);
	close(fd);
	fd = memfd_of("@include \"/etc/passwd\"\n");
	assert_null(conf_front_read(fd, &err));
	assert_string_equal(err, "settings:1: no file can be included here\n");
	free(err);
	close(fd);
	assert_null(conf_front_read(-1, &err));
	assert_non_null(err);
	free(err);
}

/* ---- the profile ---- */

static const char own_profile[] =
    "name = \"own\"; version = \"7\"; date = \"2026-01-01\"; source = \"us\";\n"
    "rules = ( { version = \"TLSv1.3\"; grade = \"recommended\"; reason = \"new\"; },\n"
    "          { grade = \"legacy\"; reason = \"old\"; } );\n";

static void
the_profile_comes_with_the_settings(void **state)
{
	struct front_settings	*front;
	struct conf		*conf;
	char			 option[300], *text, *err;
	const char		*options[3] = { option, NULL, NULL };
	int			 fd;

	(void)state;
	mkdir(in_dir("profiles"), 0755);
	file_write("profiles/own.conf", own_profile);
	/* by its path, or its name in the directory */
	snprintf(option, sizeof(option), "profile=%s", in_dir("profiles/own.conf"));
	conf = read_good("", options);
	assert_string_equal(conf->front->profile->name, "own");
	conf_free(conf);
	snprintf(option, sizeof(option), "profiles=%s", in_dir("profiles"));
	options[1] = "profile=own";
	conf = read_good("", options);
	assert_string_equal(conf->front->profile->version, "7");
	assert_ptr_equal(conf->front->policy.profile, conf->front->profile);
	assert_null(conf_ungraded(conf));
	/* the front's is the same, or none of its settings */
	text = printed(conf);
	conf_free(conf);
	fd = memfd_of(text);
	front = conf_front_read(fd, &err);
	assert_non_null(front);
	assert_string_equal(front->profile->name, "own");
	assert_ptr_equal(front->policy.profile, front->profile);
	conf_front_free(front);
	assert_int_equal(unlink(in_dir("profiles/own.conf")), 0);
	assert_null(conf_front_read(fd, &err));
	assert_non_null(strstr(err, "profile: \"own\" cannot be read"));
	free(err);
	close(fd);
	free(text);
}

static void
a_profile_with_a_mistake_is_a_mistake(void **state)
{
	static const struct { const char *text, *want; } cases[] = {
		{ "mode = \"observe\";\nprofile = \"nix\";", "cannot read profiles/nix.conf: No such file or directory\n"
		    "c.conf:2: profile: \"nix\" cannot be read, so nothing could be graded\n" },
		{ "profile = \"broken\";", "profiles/broken.conf:2: grade: unknown \"legaci\"; did you mean \"legacy\"?\n"
		    "c.conf:1: profile: \"broken\" cannot be read, so nothing could be graded\n" },
		{ "profile = \"./own.conf\";", "c.conf:1: profile: got \"./own.conf\", want a profile's name, such as "
		    "\"uk_gov\", or the absolute path of its file\n" },
	};
	char		 option[300], *said;
	const char	*options[2] = { option, NULL };
	struct conf	*conf;
	size_t		 i;

	(void)state;
	mkdir(in_dir("profiles"), 0755);
	file_write("profiles/uk_gov.conf", "name = \"uk_gov\"; version = \"1\"; date = \"2026-01-01\"; source = \"us\";\n"
	    "rules = ( { grade = \"legacy\"; reason = \"old\"; } );\n");
	file_write("profiles/broken.conf", "name = \"broken\"; version = \"1\"; date = \"2026-01-01\"; source = \"us\";\n"
	    "rules = ( { grade = \"legaci\"; reason = \"old\"; } );\n");
	snprintf(option, sizeof(option), "profiles=%s", in_dir("profiles"));
	for (i = 0; i < COUNT(cases); i++)
		want_said(cases[i].text, options, cases[i].want);
	/* The default's default directory alone may be missing, and that is said. */
	options[0] = "profiles=/nix";
	conf = read_text("", options, &said);
	assert_null(conf);
	assert_non_null(strstr(said, "-o:1: profile: \"uk_gov\" cannot be read"));
	free(said);
	if (access(PROFILES_DEFAULT, F_OK) == -1) {
		conf = read_good("", NULL);
		assert_null(conf->front->policy.profile);
		assert_non_null(strstr(conf_ungraded(conf), PROFILES_DEFAULT));
		conf_free(conf);
		options[0] = "profile=bsi";
		conf = read_text("", options, &said);
		assert_null(conf);
		free(said);
	}
	conf = read_good("profile = \"\";", NULL);
	assert_non_null(strstr(conf_ungraded(conf), "profile is empty"));
	conf_free(conf);
}

/* ---- sockets ---- */

static void
sockets_in_both_spellings(void **state)
{
	static const struct { const char *spec, *want; } cases[] = {
		{ "unix:/run/x", "unix:/run/x" }, { "local:/run/x", "unix:/run/x" }, { "/run/x", "unix:/run/x" },
		{ "inet:8891@127.0.0.1", "inet:8891@127.0.0.1" }, { "inet:8891@localhost", "inet:8891@localhost" },
		{ "inet6:8891@::1", "inet6:8891@::1" }, { "inet:127.0.0.1:8891", "inet:8891@127.0.0.1" },
		{ "inet:localhost:8891", "inet:8891@localhost" }, { "inet:[::1]:8891", "inet6:8891@::1" },
		{ "inet6:[::1]:8891", "inet6:8891@::1" },
		{ "", NULL }, { "unix:", NULL }, { "unix:run/x", NULL }, { "run/x", NULL }, { "inet:", NULL }, { "inet:8891", NULL },
		{ "inet:0@localhost", NULL }, { "inet:65536@localhost", NULL }, { "inet:127.0.0.1", NULL }, { "inet:8891@", NULL },
		{ "inet:[]:8891", NULL }, { "inet::8891", NULL }, { "tcp:1@x", NULL }, { "unix:/run/x y", NULL },
		{ "inet:12x@localhost", NULL },
		{ "unix:/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
		    "0123456", NULL }
	};
	char	*got, err[512];
	size_t	 i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		int rc = conf_socket(cases[i].spec, &got, err, sizeof(err));
		if (rc != (cases[i].want == NULL ? -1 : 0) || (rc == 0 && strcmp(got, cases[i].want) != 0))
			fail_msg("%s: got %s, want %s", cases[i].spec, rc == 0 ? got : err,
			    cases[i].want != NULL ? cases[i].want : "a refusal");
		if (rc == -1 && strstr(err, "unix:/") == NULL && strstr(err, "inet") == NULL && strstr(err, "107") == NULL)
			fail_msg("%s: got %s, want an example in it", cases[i].spec, err);
		free(got);
	}
}

/* ---- what is there ---- */

static void
want_check(const char *text, const char *const *options, const char *want)
{
	struct conf	*conf = read_good(text, options);
	struct buf	 errs;
	char		*said;
	int		 rc;

	buf_init(&errs, 65536);
	rc = conf_check(conf, &errs) | conf_check_database(conf, &errs);
	said = without_dir(errs.data != NULL ? errs.data : "");
	if (strcmp(said, want) != 0 || rc != (want[0] == '\0' || strncmp(want, "note: ", 6) == 0 ? 0 : -1))
		fail_msg("%s\ngot  %d\n%s\nwant\n%s", text, rc, said, want);
	free(said);
	buf_free(&errs);
	conf_free(conf);
}

/* A configuration whose things all exist; as root with users that are only numbers. */
static char *
good_check(const char *more)
{
	static const char *const dirs[] = { "log", "run", "lib", "db", "scratch" };
	char	*text;
	size_t	 i;

	for (i = 0; i < COUNT(dirs); i++)
		if (mkdir(in_dir(dirs[i]), 0755) == 0 && geteuid() == 0)
			assert_int_equal(chown(in_dir(dirs[i]), 61951, 61951), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	file_write("db/x.ndb", "x:0:*:6162\n");
	chmod(file_write("scan", "#!/bin/sh\n"), 0755);
	assert_true(asprintf(&text, "user = \"61951\"; socket = \"%s/run/milter\"; control_socket = \"%s/run/control\";\n"
	    "records: { directory = \"%s/log\"; keys = \"%s/lib/keys\"; };\n"
	    "seal: { directory = \"%s/lib/seal\"; };\n"
	    "scanner: { path = \"%s/scan\"; user = \"61952\"; scratch = \"%s/scratch\"; };\n"
	    "clamav: { DatabaseDirectory = \"%s/db\"; };\n%s", dir, dir, dir, dir, dir, dir, dir, dir, more) != -1);
	return text;
}

static void
what_is_there_passes(void **state)
{
	char	*text = good_check("");

	(void)state;
	want_check(text, NULL, "");
	free(text);
}

static void
want_changed(const char *option, const char *want)
{
	const char	*options[2] = { option, NULL };
	char		*text = good_check("");

	want_check(text, options, want);
	free(text);
}

static void
what_is_missing_is_named(void **state)
{
	char	 option[512], want[512], *text;

	(void)state;
	mkdir(in_dir("empty"), 0755);
	file_write("plain", "");
	snprintf(option, sizeof(option), "records.directory=%s", in_dir("nix"));
	want_changed(option, "records.directory: nix: No such file or directory\n");
	snprintf(option, sizeof(option), "records.directory=%s", in_dir("plain"));
	want_changed(option, "records.directory: plain is no directory\n");
	snprintf(option, sizeof(option), "records.keys=%s", in_dir("nix/keys"));
	want_changed(option, "records.keys: nix: No such file or directory\n");
	want_changed("records.key_file=/old", "note: records.key_file: keys are in records.keys now, one for each period; "
	    "/old is not read, and as long as it is there older pseudonyms can be undone\n");
	/* Nothing is written there where nobody can be confirmed. */
	snprintf(option, sizeof(option), "downgrade.file=%s", in_dir("nix/peers"));
	want_changed(option, "");
	text = good_check("trusted_authserv_ids = [ \"a.example\" ];");
	want_check(text, (const char *const[]){ option, NULL }, "downgrade.file: nix: No such file or directory\n");
	want_check(text, (const char *const[]){ option, "downgrade.alarm=false", NULL }, "");
	free(text);
	snprintf(option, sizeof(option), "clamav.DatabaseDirectory=%s", in_dir("empty"));
	want_changed(option, "clamav.DatabaseDirectory: empty holds no signatures (.cvd, .cld, .ndb, .hdb, ...); "
	    "freshclam fetches them\n");
	snprintf(option, sizeof(option), "clamav.DatabaseDirectory=%s", in_dir("nix"));
	want_changed(option, "clamav.DatabaseDirectory: nix: No such file or directory\n");
	snprintf(option, sizeof(option), "scanner.path=%s", in_dir("nix"));
	want_changed(option, "scanner.path: nix: No such file or directory\n");
	snprintf(option, sizeof(option), "scanner.path=%s", in_dir("plain"));
	snprintf(want, sizeof(want), "scanner.path: %s cannot run plain\n", geteuid() == 0 ? "61952" : "this user");
	want_changed(option, want);
	snprintf(option, sizeof(option), "scanner.scratch=%s", in_dir("nix/scratch"));
	want_changed(option, "scanner.scratch: nix: No such file or directory\n");
	snprintf(option, sizeof(option), "scanner.scratch=%s", in_dir("scratch2"));
	want_changed(option, "");	/* made at the start */
	snprintf(option, sizeof(option), "socket=%s", in_dir("plain"));
	if (geteuid() != 0)
		want_changed(option, "socket: plain exists and is no socket\n");
	snprintf(option, sizeof(option), "socket=%s", in_dir("nix/milter"));
	want_changed(option, "socket: nix: No such file or directory\n");
	want_changed("socket=inet:8891@127.0.0.1", "");
	want_changed("socket=inet6:8891@::1", "");
	/* An address of another machine; a name would ask the DNS. */
	want_changed("socket=inet6:8891@fe80::1%nix",
	    "socket: fe80::1%nix: Name or service not known; want an address of this machine, such as inet6:8891@::1\n");
	want_changed("socket_group=no-such-group", "socket_group: there is no group no-such-group\n");
	want_changed("control_group=no-such-group", "control_group: there is no group no-such-group\n");
	snprintf(option, sizeof(option), "pid_file=%s", in_dir("nix/pid"));
	want_changed(option, "pid_file: nix: No such file or directory\n");
}

static void
each_process_is_asked_for(void **state)
{
	char	 option[512];
	char	*text;

	(void)state;
	if (geteuid() != 0)
		skip();
	want_changed("user=no-such-user", "user: there is no user no-such-user; "
	    "adduser --system --group no-such-user makes one\n");
	want_changed("scanner.user=no-such-user", "scanner.user: there is no user no-such-user; "
	    "adduser --system --group no-such-user makes one\n");
	want_changed("scanner.user=61951", "scanner.user: is the same as user: want another one, "
	    "which can touch neither records nor keys\n");
	mkdir(in_dir("closed"), 0700);
	mkdir(in_dir("closed/in"), 0777);
	snprintf(option, sizeof(option), "records.directory=%s", in_dir("closed"));
	want_changed(option, "records.directory: 61951 cannot write in closed; chown 61951 closed lets it\n");
	snprintf(option, sizeof(option), "records.directory=%s", in_dir("closed/in"));
	want_changed(option, "records.directory: 61951 cannot write in closed/in; chown 61951 closed/in lets it\n");
	mkdir(in_dir("keys"), 0700);
	snprintf(option, sizeof(option), "records.keys=%s", in_dir("keys"));
	want_changed(option, "records.keys: 61951 cannot write in keys; chown 61951 keys lets it\n");
	chmod(in_dir("keys"), 0777);
	want_changed(option, "records.keys: keys has mode 0777, want 0700: who reads the keys reads through pseudonyms\n");
	snprintf(option, sizeof(option), "seal.directory=%s", in_dir("keys"));
	want_changed(option, "seal.directory: keys has mode 0777, want 0700: who reads the keys can sign other records\n");
	snprintf(option, sizeof(option), "seal.directory=%s", in_dir("nix/seal"));
	want_changed(option, "seal.directory: nix: No such file or directory\n");
	mkdir(in_dir("db2"), 0755);
	chmod(file_write("db2/a.hdb", "x"), 0600);
	mkdir(in_dir("profiles"), 0755);
	chmod(file_write("profiles/own.conf", own_profile), 0600);
	snprintf(option, sizeof(option), "profile=%s", in_dir("profiles/own.conf"));
	want_changed(option, "profile: 61951 cannot read profiles/own.conf: Permission denied\n");
	snprintf(option, sizeof(option), "clamav.DatabaseDirectory=%s", in_dir("db2"));
	want_changed(option, "clamav.DatabaseDirectory: 61952 cannot read the signatures in db2\n");
	/* No reason to have no filter. */
	chmod(file_write("lib/peers", "x"), 0);
	snprintf(option, sizeof(option), "downgrade.file=%s", in_dir("lib/peers"));
	text = good_check("trusted_authserv_ids = [ \"a.example\" ];");
	want_check(text, (const char *const[]){ option, NULL }, "note: downgrade.file: 61951 cannot read lib/peers: "
	    "Permission denied; the start sets it aside, and the habits of all peers are lost\n");
	want_check(text, (const char *const[]){ option, "pid_file=/nix/x", NULL }, "pid_file: /nix: No such file or directory\n");
	free(text);
}

/* ---- the page and the example ---- */

static char *
slurp(const char *path)
{
	struct buf	 out, errs;

	buf_init(&out, CONF_FILE_MAX);
	buf_init(&errs, 1024);
	if (conf_slurp(path, CONF_FILE_MAX, &out, NULL, &errs) == -1)
		fail_msg("%s(run from the top of the sources)", errs.data);
	buf_free(&errs);
	return buf_steal(&out, NULL);
}

/* The example with every setting in force: '#' is taken away where no blank follows. */
static char *
example_in_force(void)
{
	char	*text = slurp("conf/hopward.conf"), *out = calloc(1, strlen(text) + 1), *to = out, *p;
	int	 begin = 1;

	assert_non_null(out);
	for (p = text; *p != '\0'; p++) {
		if (begin && *p == '#' && p[1] != ' ' && p[1] != '\n') {
			begin = 0;
			continue;
		}
		begin = *p == '\n' || (begin && *p == '\t');
		*to++ = *p;
	}
	free(text);
	return out;
}

static void
the_example_says_nothing_as_it_ships(void **state)
{
	char		*text = slurp("conf/hopward.conf"), *a, *b;
	struct conf	*conf = read_good(text, NULL), *empty = read_good(NULL, NULL);

	(void)state;
	a = printed(conf);
	b = printed(empty);
	assert_string_equal(a, b);
	free(a);
	free(b);
	free(text);
	conf_free(conf);
	conf_free(empty);
}

static void
the_example_has_every_key_with_its_default(void **state)
{
	static const char *const installed[] = { "scanner.path=" SCANNER_DEFAULT, "profiles=" PROFILES_DEFAULT, NULL };	/* PREFIX */
	char		*text = example_in_force(), *shipped = slurp("conf/hopward.conf"), *a, *b, comment[256];
	struct conf	*conf = read_good(text, installed), *empty = read_good(NULL, NULL);
	config_t	 config;
	size_t		 i;

	(void)state;
	a = printed(conf);
	b = printed(empty);
	assert_string_equal(a, b);
	config_init(&config);
	assert_int_equal(config_read_string(&config, text), CONFIG_TRUE);
	for (i = 0; i < conf_keys_count; i++) {
		/* a class shows its empty group, which default's keys explain */
		if (conf_keys[i].type != KEY_ACTION && config_lookup(&config, conf_keys[i].path) == NULL)
			fail_msg("conf/hopward.conf: got no %s", conf_keys[i].path);
		snprintf(comment, sizeof(comment), "# %s\n", conf_keys[i].help != NULL ? conf_keys[i].help : "");
		if (conf_keys[i].help != NULL && strstr(shipped, comment) == NULL)
			fail_msg("conf/hopward.conf: got no comment \"%s\"", conf_keys[i].help);
	}
	for (i = 0; i < CLASS_MAX; i++) {
		snprintf(comment, sizeof(comment), "actions.%s", class_str((enum traffic_class)i));
		assert_non_null(config_lookup(&config, comment));
	}
	config_destroy(&config);
	free(a);
	free(b);
	free(text);
	free(shipped);
	conf_free(conf);
	conf_free(empty);
}

/* How the page's line of a key begins, with the default as far as it is a plain one. */
static void
page_line(const struct conf_key *key, char *line, size_t size)
{
	const char	*dot = strrchr(key->path, '.');
	int		 quoted = key->type != KEY_BOOL &&
			    !(key->type == KEY_COUNT && strcmp(key->def, "auto") != 0);
	int		 list = key->type == KEY_LIST || key->type == KEY_NETS || key->type == KEY_JOINED ||
			    key->type == KEY_PARTNERS || key->type == KEY_RULES;

	if (key->help == NULL && strncmp(key->path, "clamav.", 7) == 0)
		snprintf(line, size, "\n.It %s Ta Ic %s Ta %s%s\n", dot + 1, key->path, quoted ? "Qq " : "", key->def);
	else if (list)
		snprintf(line, size, "\n.It Ic %s No = %s", key->path, key->type == KEY_PARTNERS || key->type == KEY_RULES ? "Pq" : "Bq");
	else
		snprintf(line, size, "\n.It Ic %s No = %s%s%s\n", key->path, quoted ? "Qq" : "",
		    quoted && key->def[0] != '\0' ? " " : "", key->def);
}

static void
the_page_has_every_key_with_its_default(void **state)
{
	char		*page = slurp("milter/hopward.conf.5"), line[512];
	const char	*p;
	size_t		 i, n;
	int		 o;

	(void)state;
	for (i = 0; i < conf_keys_count; i++) {
		if (conf_keys[i].type == KEY_ACTION || conf_keys[i].type == KEY_ACTION_ALL)
			continue;
		page_line(&conf_keys[i], line, sizeof(line));
		if (strcmp(conf_keys[i].path, "scanner.path") == 0)
			snprintf(line, sizeof(line), "\n.It Ic scanner.path No = ");
		if (strcmp(conf_keys[i].path, "profiles") == 0)
			snprintf(line, sizeof(line), "\n.It Ic profiles No = ");
		if (strstr(page, line) == NULL)
			fail_msg("hopward.conf.5: got no line \"%s\"", line + 1);
	}
	/* and nothing else */
	for (p = page; (p = strstr(p, "\n.It Ic ")) != NULL; p += 8) {
		n = strcspn(p + 8, " \n");
		snprintf(line, sizeof(line), "%.*s", (int)n, p + 8);
		if (conf_key_find(line) == NULL)
			fail_msg("hopward.conf.5: got %s, which is no key", line);
	}
	for (p = page; (p = strstr(p, " Ta Ic ")) != NULL; p += 7) {
		n = strcspn(p + 7, " \n");
		snprintf(line, sizeof(line), "%.*s", (int)n, p + 7);
		if (conf_key_find(line) == NULL)
			fail_msg("hopward.conf.5: got %s, which is no key", line);
	}
	for (o = 0; o < OUTCOME_MAX; o++) {
		struct policy policy;
		assert_int_equal(policy_init(&policy), 0);
		snprintf(line, sizeof(line), "\n.It Cm %s Ta \\(dq%s%s\\(dq Ta ", outcome_str((enum outcome)o),
		    policy.actions[CLASS_MX][o].watch ? "watch:" : "", action_str(policy.actions[CLASS_MX][o].action));
		policy_free(&policy);
		if (strstr(page, line) == NULL)
			fail_msg("hopward.conf.5: got no line \"%s\"", line + 1);
	}
	free(page);
}

static void
the_page_answers_clamds_options(void **state)
{
	char		*page = slurp("milter/hopward.conf.5"), line[256], path[64];
	const char	*option, *instead, *p, *begin = strstr(page, ".Ss Options of clamd.conf"), *end;
	size_t		 i, n = 0;

	(void)state;
	assert_non_null(begin);
	end = strstr(begin, ".Sh ");
	for (i = 0; (option = conf_clamd_option(i, &instead)) != NULL; i++) {
		snprintf(line, sizeof(line), "\n.It %s Ta ", option);
		if ((p = strstr(begin, line)) == NULL || p > end)
			fail_msg("hopward.conf.5: got no %s", option);
		snprintf(path, sizeof(path), "clamav.%s", option);
		assert_null(conf_key_find(path));
		/* "is scanner.workers and ..." must name keys that exist */
		if (strncmp(instead, "is ", 3) == 0 && strchr(instead, '_') != NULL) {
			snprintf(path, sizeof(path), "%.*s", (int)strcspn(instead + 3, " ,"), instead + 3);
			if (conf_key_find(path) == NULL)
				fail_msg("%s: got %s, which is no key", option, path);
		}
	}
	for (p = begin; (p = strstr(p, "\n.It ")) != NULL && p < end; p++)
		n++;
	assert_int_equal(n, i + 1);	/* and the heading */
	free(page);
}

/* ---- the table itself ---- */

static void
the_table_is_sound(void **state)
{
	size_t	 i, j;

	(void)state;
	for (i = 0; i < conf_keys_count; i++) {
		const struct conf_key *key = &conf_keys[i];
		assert_ptr_equal(conf_key_find(key->path), key);
		for (j = 0; j < i; j++)
			if (key->room != ROOM_NONE && key->room == conf_keys[j].room && key->offset == conf_keys[j].offset &&
			    !(conf_keys[j].flags & KEY_FIRST))
				fail_msg("%s and %s: got one member for both", key->path, conf_keys[j].path);
		assert_true(key->type != KEY_ENUM || key->choices != NULL);
		assert_true(key->def != NULL || key->type == KEY_ACTION || key->type == KEY_ACTION_ALL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(an_empty_configuration_is_a_good_one),
		cmocka_unit_test(each_key_reaches_its_room),
		cmocka_unit_test(each_mistake_has_its_line),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(options_win_over_the_file),
		cmocka_unit_test(options_pass_the_same_checks),
		cmocka_unit_test(includes_resolve_beside_the_including_file),
		cmocka_unit_test(mistakes_in_included_files_have_their_own_lines),
		cmocka_unit_test(lists_in_files_have_their_own_lines),
		cmocka_unit_test(every_list_takes_a_file),
		cmocka_unit_test(what_is_printed_reads_back),
		cmocka_unit_test(every_key_is_printed_resolved),
		cmocka_unit_test(the_front_reads_it_behind_a_descriptor),
		cmocka_unit_test(the_profile_comes_with_the_settings),
		cmocka_unit_test(a_profile_with_a_mistake_is_a_mistake),
		cmocka_unit_test(sockets_in_both_spellings),
		cmocka_unit_test(what_is_there_passes),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(each_process_is_asked_for),
		cmocka_unit_test(the_example_says_nothing_as_it_ships),
		cmocka_unit_test(the_example_has_every_key_with_its_default),
		cmocka_unit_test(the_page_has_every_key_with_its_default),
		cmocka_unit_test(the_page_answers_clamds_options),
	};

	return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
