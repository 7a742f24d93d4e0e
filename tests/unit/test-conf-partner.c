/* SPDX-License-Identifier: ISC */
/* Tests of conf_partner.c: what a list of partners becomes, what is said of each mistake, and that it survives printing. */
#include "conf-files.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* Whom and since when; the rest of a partner follows. */
#define WHO	"partners = ( { name = \"tsy\"; domains = \"tsy.example\"; networks = \"192.0.2.0/24\";\n"

static const char full[] =
    "trusted_authserv_ids = [ \"In.Example.org\" ];\n"
    "partners = (\n"
    "	{\n"
    "		name = \"treasury\";\n"
    "		domains = [ \"Treasury.gov.example\", \".tsy.example\", \"file:domains\" ];\n"
    "		networks = [ \"192.0.2.0/24\", \"2001:db8::/32\" ];\n"
    "		certificates = [ \"CN=mx.treasury.gov.example\", \"/C=GB/O=HM \\\"T\\\"/CN=mx\" ];\n"
    "		recipients = \"Example.org\";\n"
    "		require = { version = \"TLSv1.2\"; grade = \"acceptable\"; verified = true; };\n"
    "		since = \"2026-01-01\"; until = \"2096-02-29\"; grace = \"14d\";\n"
    "		exceptions = (\n"
    "			{ domain = \".Old.treasury.gov.example\"; reason = \"old gateway\"; expires = \"2090-03-31\"; },\n"
    "			{ networks = \"192.0.2.7\"; recipient = \"X.example.org\"; reason = \"gr\xc3\xb6\xc3\x9f" "er\";\n"
    "			  expires = \"2088-02-29\"; }\n"
    "		);\n"
    "		action = \"watch:reject\";\n"
    "	},\n"
    "	{ name = \"b\"; networks = \"198.51.100.7\"; action = \"log\"; },\n"
    "	{ name = \"c\"; recipients = [ \"c.example\" ]; }\n"
    ");\n";

static char *
profiles_option(void)
{
	static char	 option[1024];
	char		 cwd[900];

	assert_non_null(getcwd(cwd, sizeof(cwd)));
	snprintf(option, sizeof(option), "profiles=%s/conf/profiles", cwd);
	return option;
}

/* 2026-01-01 and other days, as date(1) -u gives them. */
#define AT_2026_01_01	1767225600
#define AT_2096_03_01	3981398400
#define AT_2090_04_01	3794688000
#define AT_2088_03_01	3728937600

static void
want_full(const struct partners *partners)
{
	const struct partner		*p = &partners->list[0];
	const struct partner_exception	*e = p->exceptions;

	assert_int_equal(partners->count, 3);
	assert_string_equal(p->name, "treasury");
	assert_string_equal(p->domains[0], "treasury.gov.example");
	assert_string_equal(p->domains[1], "tsy.example");
	assert_string_equal(p->domains[2], "hmt.example");
	assert_null(p->domains[3]);
	assert_true(cidr_match(&p->networks, "192.0.2.255"));
	assert_true(cidr_match(&p->networks, "2001:db8::1"));
	assert_int_equal(p->networks.count, 2);
	assert_string_equal(p->certificates[0], "CN=mx.treasury.gov.example");
	assert_string_equal(p->certificates[1], "/C=GB/O=HM \"T\"/CN=mx");
	assert_string_equal(p->recipients[0], "example.org");
	assert_string_equal(p->version, "TLSv1.2");
	assert_int_equal(p->grade, GRADE_ACCEPTABLE);
	assert_int_equal(p->verified, 1);
	assert_int_equal(p->since, AT_2026_01_01);
	assert_int_equal(p->until, AT_2096_03_01);
	assert_int_equal(p->grace_ms, 14 * 86400000ull);
	assert_int_equal(p->action, ACTION_REJECT);
	assert_int_equal(p->watch, 1);
	assert_int_equal(p->exceptions_count, 2);
	assert_string_equal(e[0].domain, "old.treasury.gov.example");
	assert_null(e[0].recipient);
	assert_int_equal(e[0].networks.count, 0);
	assert_string_equal(e[0].reason, "old gateway");
	assert_int_equal(e[0].expires, AT_2090_04_01);
	assert_null(e[1].domain);
	assert_string_equal(e[1].recipient, "x.example.org");
	assert_true(cidr_match(&e[1].networks, "192.0.2.7"));
	assert_string_equal(e[1].reason, "gr\xc3\xb6\xc3\x9f" "er");
	assert_int_equal(e[1].expires, AT_2088_03_01);
	p = &partners->list[1];
	assert_string_equal(p->name, "b");
	assert_null(p->domains);
	assert_null(p->version);
	assert_int_equal(p->grade, GRADE_UNKNOWN);
	assert_int_equal(p->action, ACTION_ACCEPT);
	assert_int_equal(p->watch, 0);
	assert_int_equal(p->since, 0);
	assert_int_equal(p->until, 0);
	p = &partners->list[2];
	assert_int_equal(p->action, ACTION_TAG);
	assert_string_equal(p->recipients[0], "c.example");
}

static void
every_key_reaches_its_member(void **state)
{
	const char	*options[] = { profiles_option(), NULL };
	struct conf	*conf;

	(void)state;
	file_write("domains", "# theirs\nHMT.example # new\n");
	conf = read_good(full, options);
	want_full(&conf->front->policy.partners);
	assert_int_equal(conf->front->policy.partners.list[0].line, 3);
	assert_string_equal(conf->front->policy.trusted_authserv_ids[0], "in.example.org");
	conf_free(conf);
	conf = read_good("partners = ( );", NULL);
	assert_int_equal(conf->front->policy.partners.count, 0);
	conf_free(conf);
}

/* The front gets its settings as printed text. */
static void
what_is_printed_reads_back(void **state)
{
	const char	*options[] = { profiles_option(), NULL };
	struct buf	 errs;
	struct conf	*conf, *again;
	char		*first, *second;

	(void)state;
	file_write("domains", "hmt.example\n");
	conf = read_good(full, options);
	first = printed(conf);
	buf_init(&errs, 65536);
	if ((again = conf_read_printed(first, strlen(first), &errs)) == NULL)
		fail_msg("got %s, want the printed text to be valid:\n%s", errs.data, first);
	assert_int_equal(errs.len, 0);
	want_full(&again->front->policy.partners);
	assert_string_equal(again->front->policy.trusted_authserv_ids[0], "in.example.org");
	second = printed(again);
	assert_string_equal(first, second);
	conf_free(again);
	free(second);
	again = read_good(first, NULL);
	second = printed(again);
	assert_string_equal(first, second);
	buf_free(&errs);
	free(first);
	free(second);
	conf_free(again);
	conf_free(conf);
}

static const struct { const char *text, *want; } mistakes[] = {
	/* the list */
	{ "partners = { };", "c.conf:1: partners: is a list of groups, written  partners = ( { name = \"...\"; ... } );\n" },
	{ "partners = \"x\";", "c.conf:1: partners: is a list of groups, written  partners = ( { name = \"...\"; ... } );\n" },
	{ "partner = ( );", "c.conf:1: unknown key: partner; did you mean partners?\n" },
	{ "partners = ( \"x\" );", "c.conf:1: partner 1: want a group { name = \"...\"; ... }\n" },
	{ "partners = ( { name = \"a\"; networks = \"::1\"; }\n { name = \"b\"; } );",
	    "c.conf:2: two groups without a comma between them\n     { name = \"b\"; } );\n     ^\n"
	    "    hint: put a comma after the element before this one\n" },
	/* names */
	{ "partners = (\n { networks = \"::1\"; } );",
	    "c.conf:2: partner 1: has no name = \"...\", by which rules and reports call it\n" },
	{ "partners = ( { name = \"two words\";\n networks = \"::1\"; } );",
	    "c.conf:1: partner 1, name: got \"two words\", want a word of at most 32 letters, digits, '.', '-' and '_', "
	    "such as \"treasury\"\n" },
	{ "partners = ( { name = \"123456789012345678901234567890123\"; networks = \"::1\"; } );",
	    "c.conf:1: partner 1, name: got \"123456789012345678901234567890123\", want a word of at most 32 letters, "
	    "digits, '.', '-' and '_', such as \"treasury\"\n" },
	{ "partners = ( { name = \"a\"; networks = \"::1\"; },\n { name = \"b\"; networks = \"::1\"; },\n"
	    "{ name = \"A\"; networks = \"::1\"; } );",
	    "c.conf:3: partner A: there is one of this name already, at c.conf:1\n" },
	/* unknown keys */
	{ WHO " domian = 1; } );", "c.conf:2: partner tsy: unknown key: domian; did you mean domains?\n" },
	{ WHO " xyzzyxyzzy = 1; } );", "c.conf:2: partner tsy: unknown key: xyzzyxyzzy; hopward.conf(5) lists all\n" },
	{ WHO " require = {\n versoin = \"TLSv1.2\"; }; } );",
	    "c.conf:3: partner tsy, require: unknown key: versoin; did you mean version?\n" },
	{ WHO " exceptions = (\n { network = \"::1\"; reason = \"x\"; expires = \"2090-01-01\"; } ); } );",
	    "c.conf:3: partner tsy, exception 1: unknown key: network; did you mean networks?\n" },
	/* whom */
	{ "partners = (\n { name = \"a\"; action = \"tag\"; } );",
	    "c.conf:2: partner a: has neither domains nor networks nor certificates nor recipients: whom is it about?\n" },
	{ "partners = ( { name = \"a\"; domains = [ \"a.example\",\n \"@b.example\" ]; } );",
	    "c.conf:2: partner a, domains: got \"@b.example\", want a domain such as \"treasury.gov.example\", which includes "
	    "those below it\n" },
	{ "partners = ( { name = \"a\"; domains = [ \"*.b.example\", \"b..example\", \"b.example.\" ]; } );",
	    "c.conf:1: partner a, domains: got \"*.b.example\", want a domain such as \"treasury.gov.example\", which includes "
	    "those below it\n"
	    "c.conf:1: partner a, domains: got \"b..example\", want a domain such as \"treasury.gov.example\", which includes "
	    "those below it\n"
	    "c.conf:1: partner a, domains: got \"b.example.\", want a domain such as \"treasury.gov.example\", which includes "
	    "those below it\n" },
	{ "partners = ( { name = \"a\"; domains = \"m\xc3\xbcnchen.example\"; } );",
	    "c.conf:1: partner a, domains: got \"m\xc3\xbcnchen.example\", want a domain in ASCII, as in "
	    "\"xn--mnchen-3ya.example\"\n" },
	{ "partners = ( { name = \"a\"; networks = [ \"::1\",\n\"10.0.0.5/24\" ]; } );",
	    "c.conf:2: partner a, networks: got \"10.0.0.5/24\", want \"10.0.0.0/24\" for the network, or \"10.0.0.5/32\" "
	    "for the one address\n" },
	{ "partners = ( { name = \"a\";\nnetworks = [ \"192.0.2.0/24\", \"2001:db8::1/33\" ]; } );",
	    "c.conf:2: partner a, networks: got \"2001:db8::1/33\", want \"2001:db8::/33\" for the network, or \"2001:db8::1/128\" "
	    "for the one address\n" },
	{ "partners = ( { name = \"a\"; networks = [ \"::1\",\n\"10/8\" ]; } );",
	    "c.conf:2: partner a, networks: got \"10/8\", want a network such as \"192.0.2.0/24\" or \"2001:db8::/32\"\n" },
	{ "partners = ( { name = \"a\"; networks = \"::1\"; certificates = \"CN=\"; } );",
	    "c.conf:1: partner a, certificates: got \"CN=\", want a certificate's subject as the MTA tells it: "
	    "\"CN=mx.example.org\", or a whole DN such as \"/C=GB/O=Example/CN=mx.example.org\"\n" },
	/* an empty list would make the rule wider */
	{ WHO " recipients = [ ]; } );",
	    "c.conf:2: partner tsy, recipients: got an empty list, want an entry, or leave the key out\n" },
	{ "partners = ( { name = \"a\"; recipients = \"a.example\"; domains = \"file:empty\"; } );",
	    "c.conf:1: partner a, domains: got an empty list, want an entry, or leave the key out\n" },
	{ "partners = ( { name = \"a\"; domains = \"file:wrong\"; } );",
	    "wrong:2: partner a, domains: got \"b@c\", want a domain such as \"treasury.gov.example\", which includes those "
	    "below it\n" },
	/* what */
	{ WHO " require = \"TLSv1.2\"; } );",
	    "c.conf:2: partner tsy, require: is a group, written  require = { version = \"TLSv1.2\"; };\n" },
	{ WHO " require = { version = \"TLS1.2\"; }; } );",
	    "c.conf:2: partner tsy, require, version: got \"TLS1.2\", want \"TLSv1\", \"TLSv1.1\", \"TLSv1.2\" or \"TLSv1.3\"; "
	    "did you mean \"TLSv1.2\"?\n" },
	{ WHO " require = { version = \"SSLv3\"; }; } );",
	    "c.conf:2: partner tsy, require, version: got \"SSLv3\", want \"TLSv1\", \"TLSv1.1\", \"TLSv1.2\" or \"TLSv1.3\"\n" },
	{ WHO " require = { version = 1.2; }; } );",
	    "c.conf:2: partner tsy, require, version: got 1.2, want text in quotes\n" },
	{ WHO " require = { grade = \"good\"; }; } );",
	    "c.conf:2: partner tsy, require, grade: got \"good\", want \"legacy\", \"acceptable\" or \"recommended\"\n" },
	{ WHO " require = { verified = \"yes\"; }; } );",
	    "c.conf:2: partner tsy, require, verified: got \"yes\", want true or false, without quotes\n" },
	{ "profile = \"\";\n" WHO " require = { grade = \"legacy\"; }; } );",
	    "c.conf:2: partner tsy: asks for a grade, but TLS is not graded: there is no profile\n" },
	/* when */
	{ WHO " since = \"2026-02-29\"; } );",
	    "c.conf:2: partner tsy, since: got \"2026-02-29\", want a day such as \"2026-12-31\"\n" },
	{ WHO " since = \"2026-1-1\"; until = \"31.12.2026\"; } );",
	    "c.conf:2: partner tsy, since: got \"2026-1-1\", want a day such as \"2026-12-31\"\n"
	    "c.conf:2: partner tsy, until: got \"31.12.2026\", want a day such as \"2026-12-31\"\n" },
	{ WHO " since = \"2030-01-02\"; until = \"2030-01-01\"; } );", "c.conf:1: partner tsy: until is before since\n" },
	{ WHO " grace = \"14d\"; } );", "c.conf:1: partner tsy: grace counts from since, which is not set\n" },
	{ WHO " since = \"2030-01-02\"; grace = \"14\"; } );",
	    "c.conf:2: partner tsy, grace: got \"14\", want a time such as \"90s\", \"5m\" or \"30d\"\n" },
	{ WHO " since = \"2030-01-02\"; grace = \"367d\"; } );",
	    "c.conf:2: partner tsy, grace: got \"367d\", want 0 to 366d\n" },
	/* exceptions */
	{ WHO " exceptions = { }; } );", NULL },
	{ WHO " exceptions = { domain = \"x\"; }; } );",
	    "c.conf:2: partner tsy, exceptions: is a list of groups, written  exceptions = ( { ... }, { ... } );\n" },
	{ WHO " exceptions = ( \"x\" ); } );", "c.conf:2: partner tsy, exception 1: want a group { ... }\n" },
	{ WHO " exceptions = ( { domain = \"x.tsy.example\"; reason = \"r\"; expires = \"2090-01-01\"; },\n"
	    "  { domain = \"y.tsy.example\"; expires = \"2090-01-01\"; } ); } );",
	    "c.conf:3: partner tsy, exception 2: has no reason = \"...\", which everybody needs who asks why it is there\n" },
	{ WHO " exceptions = (\n{ domain = \"x.tsy.example\"; reason = \"r\"; } ); } );",
	    "c.conf:3: partner tsy, exception 1: has no expires = \"YYYY-MM-DD\": an exception ends\n" },
	{ WHO " exceptions = (\n{ reason = \"r\"; expires = \"2090-01-01\"; } ); } );",
	    "c.conf:3: partner tsy, exception 1: has neither domain nor networks nor recipient: it would be for all\n" },
	{ WHO " exceptions = (\n{ } ); } );",
	    "c.conf:3: partner tsy, exception 1: has no reason = \"...\", which everybody needs who asks why it is there\n"
	    "c.conf:3: partner tsy, exception 1: has no expires = \"YYYY-MM-DD\": an exception ends\n"
	    "c.conf:3: partner tsy, exception 1: has neither domain nor networks nor recipient: it would be for all\n" },
	{ WHO " exceptions = ( { domain = \"x.tsy.example\"; reason = \"  \"; expires = \"2090-01-01\"; } ); } );",
	    "c.conf:2: partner tsy, exception 1, reason: got \"  \", want a sentence of at most 200 octets that says why\n" },
	{ WHO " exceptions = ( { domain = \"x.tsy.example\"; networks = [ ]; reason = \"r\"; expires = \"2090-01-01\"; } ); } );",
	    "c.conf:2: partner tsy, exception 1, networks: got an empty list, want an entry, or leave the key out\n" },
	/* actions */
	{ WHO " action = \"discard\"; } );",
	    "c.conf:2: partner tsy, action: got \"discard\", want \"log\", \"tag\", \"tempfail\", \"reject\", or one of them behind "
	    "\"watch:\"\n" },
	{ WHO " action = \"watch: reject\"; } );",
	    "c.conf:2: partner tsy, action: got \"watch: reject\", want \"log\", \"tag\", \"tempfail\", \"reject\", or one of them "
	    "behind \"watch:\"\n" },
	/* a name that hopward's own fields have */
	{ "authserv_id = \"mx.example.org\";\ntrusted_authserv_ids = [ \"MX.example.org\" ];",
	    "c.conf:2: trusted_authserv_ids: \"mx.example.org\" is authserv_id, under which hopward itself writes and removes all "
	    "that came before: give hopward a name of its own\n" },
	/* what has expired is told only where nothing is wrong */
	{ "mod = 1;\n" WHO " exceptions = ( { domain = \"x.tsy.example\"; reason = \"r\"; expires = \"2020-01-01\"; } ); } );",
	    "c.conf:1: unknown key: mod; did you mean mode?\n" },
	/* all of them, in the order of the text */
	{ "partners = ( { nmae = \"a\"; },\n { name = \"b\"; action = 1; } );",
	    "c.conf:1: partner 1: has no name = \"...\", by which rules and reports call it\n"
	    "c.conf:1: partner 1: unknown key: nmae; did you mean name?\n"
	    "c.conf:2: partner b, action: got 1, want text in quotes\n" }
};

static void
each_mistake_has_its_line(void **state)
{
	const char	*options[] = { profiles_option(), NULL };
	size_t		 i;

	(void)state;
	file_write("empty", "# nobody\n");
	file_write("wrong", "a.example\nb@c\n");
	for (i = 0; i < COUNT(mistakes); i++)
		if (mistakes[i].want == NULL)
			conf_free(read_good(mistakes[i].text, options));
		else
			want_said(mistakes[i].text, options, mistakes[i].want);
}

/* What is over is no mistake, but is told. */
static void
what_has_no_effect_is_told(void **state)
{
	static const struct { const char *text, *want; } notes[] = {
		{ WHO " exceptions = ( { domain = \"x.tsy.example\"; reason = \"r\"; expires = \"2090-01-01\"; },\n"
		    "{ domain = \"y.tsy.example\"; reason = \"old gateway\"; expires = \"2020-02-29\"; } ); } );",
		    "c.conf:3: note: partner tsy, exception 2: expired at the end of 2020-02-29: old gateway\n" },
		{ WHO " until = \"2020-12-31\"; } );", "c.conf:1: note: partner tsy: is over since the end of 2020-12-31\n" },
		/* what will never be seen in a report */
		{ "partners = ( { name = \"a\"; domains = \"a.example\"; }, { name = \"b\"; recipients = \"b.example\"; },"
		    " { name = \"c\"; domains = \"c.example\"; certificates = \"mx\"; } );",
		    "note: partner a: nothing can confirm that mail is his: there are neither networks nor certificates nor "
		    "trusted_authserv_ids\n" },
	};
	struct conf	*conf;
	struct buf	 errs;
	char		*said, *text;
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(notes); i++) {
		conf = read_text(notes[i].text, NULL, &said);
		assert_non_null(conf);
		assert_string_equal(said, notes[i].want);
		free(said);
		/* Once is enough: the front, which reads it again, has nobody to tell. */
		text = printed(conf);
		conf_free(conf);
		buf_init(&errs, 65536);
		conf = conf_read_printed(text, strlen(text), &errs);
		assert_non_null(conf);
		assert_int_equal(errs.len, 0);
		buf_free(&errs);
		free(text);
		conf_free(conf);
	}
}

static void
bounds_are_told(void **state)
{
	struct buf	 text, want;
	int		 i;

	(void)state;
	buf_init(&text, 1024 * 1024);
	buf_init(&want, 1024);
	buf_addz(&text, "partners = (");
	for (i = 0; i <= PARTNERS_MAX; i++)
		buf_addf(&text, "%s{ name = \"p%d\"; networks = \"::1\"; }", i == 0 ? "" : ",\n", i);
	buf_addz(&text, ");");
	want_said(text.data, NULL, "c.conf:1: partners: got 1001, want at most 1000\n");
	buf_reset(&text);
	buf_addz(&text, WHO " exceptions = (");
	for (i = 0; i <= PARTNER_EXCEPTIONS_MAX; i++)
		buf_addf(&text, "%s{ networks = \"::1\"; reason = \"r\"; expires = \"2090-01-01\"; }", i == 0 ? "" : ",\n");
	buf_addz(&text, "); } );");
	want_said(text.data, NULL, "c.conf:2: partner tsy, exceptions: got 101, want at most 100\n");
	buf_free(&text);
	buf_free(&want);
}

static void
options_can_only_clear_it(void **state)
{
	static const char *const clear[] = { "partners=", NULL }, *const set[] = { "partners=x", NULL };
	struct conf	*conf = read_good(WHO " } );", clear);

	(void)state;
	assert_int_equal(conf->front->policy.partners.count, 0);
	conf_free(conf);
	want_said("", set, "-o:1: partners: is a list of groups, which only a file can hold\n");
}

/* The text of a file from the line "partners = (" to the one of ");", without what stands in front of each. */
static void
want_example(const char *path, const char *lead)
{
	const char	*options[] = { profiles_option(), NULL };
	struct conf	*conf;
	struct buf	 text;
	char		 line[512], *said;
	FILE		*f = fopen(path, "r");
	size_t		 n = strlen(lead);
	int		 inside = 0;

	assert_non_null(f);
	buf_init(&text, 65536);
	while (fgets(line, sizeof(line), f) != NULL) {
		inside |= strncmp(line, lead, n) == 0 && strcmp(line + n, "partners = (\n") == 0;
		if (inside)
			buf_addz(&text, line + n);
		if (inside && strcmp(line + n, ");\n") == 0)
			break;
	}
	fclose(f);
	assert_non_null(text.data);
	if ((conf = read_text(text.data, options, &said)) == NULL)
		fail_msg("got %s, want a good example:\n%s", said, text.data);
	assert_int_equal(conf->front->policy.partners.count, 1);
	assert_int_equal(conf->front->policy.partners.list[0].exceptions_count, 1);
	free(said);
	conf_free(conf);
	buf_free(&text);
}

static void
the_examples_are_good(void **state)
{
	(void)state;
	want_example("conf/hopward.conf", "#     ");
	want_example("milter/hopward.conf.5", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_reaches_its_member),
		cmocka_unit_test(what_is_printed_reads_back),
		cmocka_unit_test(each_mistake_has_its_line),
		cmocka_unit_test(what_has_no_effect_is_told),
		cmocka_unit_test(bounds_are_told),
		cmocka_unit_test(options_can_only_clear_it),
		cmocka_unit_test(the_examples_are_good),
	};

	return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
