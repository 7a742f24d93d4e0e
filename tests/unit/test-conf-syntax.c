/* SPDX-License-Identifier: ISC */
/* Mistakes of syntax: the exact words of each, and our walk over the grammar held against libconfig itself. */

#include <libconfig.h>

#include "conf-files.h"

/* libconfig 1.5 leaks the string at hand when it refuses a text; that is the differential test's doing only. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\n";
}

static const struct {
	const char	*text, *want;
} mistakes[] = {
	/* trailing comma */
	{ "submission_daemons = [ \"a\", \"b\", ];\n",
	    "c.conf:1: a comma with nothing behind it\n"
	    "    submission_daemons = [ \"a\", \"b\", ];\n"
	    "                                   ^\n"
	    "    hint: the last element has no comma after it\n" },
	{ "x = ( \"a\",\n  \"b\",\n);\n",
	    "c.conf:2: a comma with nothing behind it\n"
	    "      \"b\",\n"
	    "         ^\n"
	    "    hint: the last element has no comma after it\n" },
	/* missing comma */
	{ "submission_daemons = [ \"a\"\n\t\"b\" ];\n",
	    "c.conf:2: two strings without a comma between them\n"
	    "    \t\"b\" ];\n"
	    "    \t^\n"
	    "    hint: put a comma after the element before this one\n" },
	{ "x = (\n  { a = 1; }\n  { a = 2; }\n);\n",
	    "c.conf:3: two groups without a comma between them\n"
	    "      { a = 2; }\n"
	    "      ^\n"
	    "    hint: put a comma after the element before this one\n" },
	{ "x = [ 1 2 ];\n",
	    "c.conf:1: two elements without a comma between them\n"
	    "    x = [ 1 2 ];\n"
	    "            ^\n"
	    "    hint: put a comma after the element before this one\n" },
	{ "x = [ \"a\",, \"b\" ];\n",
	    "c.conf:1: got a comma, want a value\n"
	    "    x = [ \"a\",, \"b\" ];\n"
	    "              ^\n"
	    "    hint: one comma between two elements\n" },
	/* unquoted words */
	{ "mode = observe;\n",
	    "c.conf:1: got the bare word observe, want a value\n"
	    "    mode = observe;\n"
	    "           ^\n"
	    "    hint: put it in quotes: \"observe\"\n" },
	{ "socket = unix:/run/x.sock;\n",
	    "c.conf:1: got the bare word unix:/run/x.sock, want a value\n"
	    "    socket = unix:/run/x.sock;\n"
	    "             ^\n"
	    "    hint: put it in quotes: \"unix:/run/x.sock\"\n" },
	{ "pid_file = /run/x.pid\n",
	    "c.conf:1: got the bare word /run/x.pid, want a value\n"
	    "    pid_file = /run/x.pid\n"
	    "               ^\n"
	    "    hint: put it in quotes: \"/run/x.pid\"\n" },
	{ "spool: {\n\tmessage = 25MB;\n};\n",
	    "c.conf:2: got the bare word 25MB, want a value\n"
	    "    \tmessage = 25MB;\n"
	    "    \t          ^\n"
	    "    hint: put it in quotes: \"25MB\"\n" },
	{ "internal_networks = [ 192.0.2.0/24 ];\n",
	    "c.conf:1: got the bare word 192.0.2.0/24, want a value\n"
	    "    internal_networks = [ 192.0.2.0/24 ];\n"
	    "                          ^\n"
	    "    hint: put it in quotes: \"192.0.2.0/24\"\n" },
	/* yes and no */
	{ "headers: { tls = yes; };\n",
	    "c.conf:1: got yes, want a value\n"
	    "    headers: { tls = yes; };\n"
	    "                     ^\n"
	    "    hint: write true without quotes, or \"yes\" if a word is meant\n" },
	{ "headers: { tls = No };\n",
	    "c.conf:1: got No, want a value\n"
	    "    headers: { tls = No };\n"
	    "                     ^\n"
	    "    hint: write false without quotes, or \"no\" if a word is meant\n" },
	{ "headers: { tls = off; };\n",
	    "c.conf:1: got off, want a value\n"
	    "    headers: { tls = off; };\n"
	    "                     ^\n"
	    "    hint: write false without quotes, or \"off\" if a word is meant\n" },
	/* quotes */
	{ "mode = 'observe';\n",
	    "c.conf:1: a string has double quotes\n"
	    "    mode = 'observe';\n"
	    "           ^\n"
	    "    hint: write \" instead of the quote here\n" },
	{ "mode = \xe2\x80\x9cobserve\xe2\x80\x9d;\n",
	    "c.conf:1: this is a quote as word processors write it\n"
	    "    mode = \xe2\x80\x9cobserve\xe2\x80\x9d;\n"
	    "           ^\n"
	    "    hint: write \" instead\n" },
	{ "gateway = \"gr\xc3\xbc\xc3\x9f\" 'x';\n",
	    "c.conf:1: a string has double quotes\n"
	    "    gateway = \"gr\xc3\xbc\xc3\x9f\" 'x';\n"
	    "                     ^\n"
	    "    hint: write \" instead of the quote here\n" },
	{ "a = \"x;\nb = \"y\";\n",
	    "c.conf:1: this string is not closed on its line\n"
	    "    a = \"x;\n"
	    "        ^\n"
	    "    hint: put a \" at its end; a \" inside is written \\\"\n" },
	{ "\"mode\" = \"observe\";\n",
	    "c.conf:1: got a string, want the name of a setting\n"
	    "    \"mode\" = \"observe\";\n"
	    "    ^\n"
	    "    hint: names are written without quotes\n" },
	{ "submission_daemons = \"a\", \"b\";\n",
	    "c.conf:1: got a string, want the name of a setting\n"
	    "    submission_daemons = \"a\", \"b\";\n"
	    "                              ^\n"
	    "    hint: a list is written in brackets: [ \"a\", \"b\" ]; a name has no quotes\n" },
	/* names, equals, separators */
	{ "mode \"observe\";\n",
	    "c.conf:1: want = or : after the name\n"
	    "    mode \"observe\";\n"
	    "         ^\n"
	    "    hint: write  mode = ...\n" },
	{ "scanner.timeout = \"9s\";\n",
	    "c.conf:1: a name has no dot\n"
	    "    scanner.timeout = \"9s\";\n"
	    "           ^\n"
	    "    hint: write  scanner: { timeout = ...; };\n" },
	{ "mode == \"observe\";\n",
	    "c.conf:1: got a second = or :, want a value\n"
	    "    mode == \"observe\";\n"
	    "          ^\n"
	    "    hint: one is enough\n" },
	{ "mode = \"observe\";;\n",
	    "c.conf:1: got a second separator, want the name of a setting\n"
	    "    mode = \"observe\";;\n"
	    "                     ^\n"
	    "    hint: one ; is enough\n" },
	{ "[scanner]\n",
	    "c.conf:1: got [, want the name of a setting\n"
	    "    [scanner]\n"
	    "    ^\n"
	    "    hint: a group is written  name: { key = value; };\n" },
	{ "2x = 1;\n",
	    "c.conf:1: got a number, want the name of a setting\n"
	    "    2x = 1;\n"
	    "    ^\n"
	    "    hint: a name begins with a letter\n" },
	{ "mode = ;\n",
	    "c.conf:1: want a value\n"
	    "    mode = ;\n"
	    "           ^\n"
	    "    hint: a value is \"text\", a number, true or false, [ ... ], ( ... ) or { ... }\n" },
	{ "mode =\n",
	    "c.conf:1: the text ends where a value is wanted\n"
	    "    mode =\n"
	    "         ^\n" },
	/* brackets and comments */
	{ "scanner: {\n\ttimeout = \"9s\";\n",
	    "c.conf:1: this { is never closed\n"
	    "    scanner: {\n"
	    "             ^\n"
	    "    hint: the end of c.conf was reached, looking for }\n" },
	{ "x = [ \"a\"",
	    "c.conf:1: this [ is never closed\n"
	    "    x = [ \"a\"\n"
	    "        ^\n"
	    "    hint: the end of c.conf was reached, looking for ]\n" },
	{ "spool: { };\n};\n",
	    "c.conf:2: nothing is open that this could close\n"
	    "    };\n"
	    "    ^\n"
	    "    hint: delete it, or look for a missing {\n" },
	{ "spool: { ];\n",
	    "c.conf:1: got the wrong bracket, want } or the name of a setting\n"
	    "    spool: { ];\n"
	    "             ^\n"
	    "    hint: a { is closed by }\n" },
	{ "x = [ \"a\" );\n",
	    "c.conf:1: got ), want ]\n"
	    "    x = [ \"a\" );\n"
	    "              ^\n"
	    "    hint: close the list with the bracket that opened it\n" },
	{ "x = [ { a = 1; } ];\n",
	    "c.conf:1: a group cannot stand in [ ]\n"
	    "    x = [ { a = 1; } ];\n"
	    "          ^\n"
	    "    hint: use ( ) for a list of groups or lists\n" },
	{ "mode = \"observe\"; /* for now\nmode = \"enforce\";\n",
	    "c.conf:1: this comment is never closed\n"
	    "    mode = \"observe\"; /* for now\n"
	    "                      ^\n"
	    "    hint: close it with */, or use # for a comment of one line\n" },
	/* twice */
	{ "mode = \"observe\";\n\nmode = \"enforce\";\n",
	    "c.conf:3: mode is set a second time\n"
	    "    mode = \"enforce\";\n"
	    "    ^\n"
	    "    hint: the first is at c.conf:1; delete one\n" },
	{ "spool: { message = \"1MB\"; };\nspool: { total = \"2MB\"; };\n",
	    "c.conf:2: spool is set a second time\n"
	    "    spool: { total = \"2MB\"; };\n"
	    "    ^\n"
	    "    hint: the first is at c.conf:1; a group is written once, with all its keys\n" },
	/* what editors leave behind */
	{ "\xef\xbb\xbfmode = \"observe\";\n",
	    "c.conf:1: the file begins with a byte order mark (EF BB BF)\n"
	    "    hint: save it as UTF-8 without BOM, or: sed -i '1s/^\\xEF\\xBB\\xBF//' c.conf\n" },
	{ "\xff\xfem", "c.conf:1: the file is in UTF-16\n    hint: save it as UTF-8 without BOM\n" },
	{ "mode = \"observe\"; \xef\xbb\xbf\n",
	    "c.conf:1: a byte order mark (EF BB BF) inside the text\n"
	    "    mode = \"observe\"; \xef\xbb\xbf\n"
	    "                      ^\n"
	    "    hint: delete it\n" },
	{ "mode =\xc2\xa0\"observe\";\n",
	    "c.conf:1: this is a no-break space\n"
	    "    mode =\xc2\xa0\"observe\";\n"
	    "          ^\n"
	    "    hint: replace it by a plain space\n" },
	/* libconfig's own */
	{ "submission_daemons = [ \"a\", 1 ];\n",
	    "c.conf:1: the elements of [ ] are of different types\n"
	    "    hint: write them all as strings: [ \"a\", \"b\" ]\n" },
	/* includes */
	{ "include \"x.conf\"\n",
	    "c.conf:1: want = or : after the name\n"
	    "    include \"x.conf\"\n"
	    "            ^\n"
	    "    hint: another file is read with  @include \"NAME\"\n" },
	{ "@include x.conf\n",
	    "c.conf:1: @include: want the file's name in double quotes, as in  @include \"policy.conf\"\n" },
	{ "@include \"x.conf\";\n",
	    "c.conf:1: @include: nothing may follow an @include on its line, no semicolon either\n" },
	{ "spool: { @include \"x.conf\"\n};\n",
	    "c.conf:1: an @include must stand alone on its line\n"
	    "    spool: { @include \"x.conf\"\n"
	    "             ^\n" }
};

static void
each_mistake_is_explained(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		want_said(mistakes[i].text, NULL, mistakes[i].want);
}

static const char *const fine[] = {
	"", "\n", "# only a comment", "/* so\n is */ # this", "mode = \"observe\"", "mode : \"observe\",",
	"mode = \"obs\"\n\"erve\";", "scanner = { workers = 3, spares = 1 timeout = \"9s\" }",
	"scanner: { workers = \"3\"; }; spool: { };", "internal_networks = ( \"10.0.0.0/8\" );",
	"internal_networks = [];", "internal_networks = \"10.0.0.0/8\";", "mode = \"observe\"; // [ {",
	"mode = \"observe\";\r\nspool: {\r\n};\r\n", "headers: { tls = TRUE; virus = False; };"
};

static void
free_forms_are_read(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		conf_free(read_good(fine[i], NULL));
}

static void
a_long_line_is_cut_around_the_mark(void **state)
{
	char	 text[1024] = "x = [ ", want[1024];
	char	*said, *caret, *line;
	int	 i;

	(void)state;
	for (i = 0; i < 90; i++)
		strcat(text, "\"abc\", ");
	strcat(text, "oops ];\n");
	assert_null(read_text(text, NULL, &said));
	line = strchr(said, '\n') + 1;
	caret = strchr(line, '\n') + 1;
	assert_in_range(caret - line, 20, 140);
	snprintf(want, sizeof(want), "%s", caret);
	assert_memory_equal(line + (strchr(caret, '^') - caret), "oops", 4);
	free(said);
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* What we say of a text: 1 valid, 0 not; on purpose: refused for strings side by side in a list. */
static int
walk_says(const char *text, int *purpose)
{
	struct conf_source	 src;
	struct conf_tokens	 tokens;
	struct buf		 errs;
	int			 rc;

	buf_init(&errs, 1024 * 1024);
	assert_int_equal(conf_source_text(&src, "t", text, strlen(text), &errs), 0);
	rc = conf_tokens_read(&src, &tokens, &errs);
	if (rc == 0)
		rc = conf_syntax_check(&src, &tokens, &errs);
	assert_int_equal(rc == 0, errs.len == 0);
	*purpose = rc == -1 && strstr(errs.data, "two strings without") != NULL;
	conf_tokens_free(&tokens);
	conf_source_free(&src);
	buf_free(&errs);
	return rc == 0;
}

static int
libconfig_says(const char *text, int *mixed)
{
	config_t	 config;
	int		 rc;

	config_init(&config);
	rc = config_read_string(&config, text) == CONFIG_TRUE;
	*mixed = !rc && strstr(config_error_text(&config), "mismatched") != NULL;
	config_destroy(&config);
	return rc;
}

static const char *const pieces[] = {
	"a", "b", "c-d", "*e", "=", ":", ";", ",", "{", "}", "[", "]", "(", ")",
	"\"s\"", "\"t\\\"u\"", "\"\\x41\"", "1", "-2", "+3", "0x1F", "5L", "6LL", "0x7L", "1.5", ".5", "2.", "1e5", "-1e-2",
	".", "true", "FALSE", "# x\n", "// y\n", "/* { */", "!", "@", "-", "+", "\n"
};

/* Valid ones, of which a random piece is then dropped, replaced or doubled. */
static const char *const bases[] = {
	"a = 1 ; b = \"x\" c = true",
	"a : { b = 1 , c = { d = 0x2L ; } ; } , d = 5L ;",
	"a = [ 1 , 2 , 3 ] b = [ ] ; c = [ \"x\" , \"y\" ]",
	"a = ( 1 , \"x\" , { b = 2 ; } , [ 1 ] , ( ( ) , { } ) ) ;",
	"a = \"x\" \"y\" ; b = ( { c = 1 } , { c = 2 } )",
	"a = { } b = { c = { d = { } } ; e = 1.5 } ; /*x*/ f = -1e-2"
};

static void
add_piece(char *text, size_t size, const char *piece, size_t len)
{
	size_t	 at = strlen(text);

	assert_true(at + len + 2 < size);
	memcpy(text + at, piece, len);
	memcpy(text + at + len, " ", 2);
}

static void
make_text(uint32_t *seed, char *text, size_t size)
{
	const char	*p = bases[next_random(seed) % (sizeof(bases) / sizeof(bases[0]))], *other;
	unsigned int	 rate = 2 + next_random(seed) % 60;
	size_t		 len;

	text[0] = '\0';
	for (; *p != '\0'; p += len + (p[len] == ' ')) {
		len = strcspn(p, " ");
		if (next_random(seed) % rate != 0) {
			add_piece(text, size, p, len);
			continue;
		}
		other = pieces[next_random(seed) % (sizeof(pieces) / sizeof(pieces[0]))];
		switch (next_random(seed) % 4) {
		case 0:
			add_piece(text, size, p, len);
			/* FALLTHROUGH */
		case 1:
			add_piece(text, size, other, strlen(other));
			break;
		case 2:
			add_piece(text, size, p, len);
			add_piece(text, size, p, len);
			break;
		}
	}
}

static void
our_walk_agrees_with_libconfig(void **state)
{
	char		 text[2048];
	uint32_t	 seed = 20261123;
	int		 i, ours, theirs, mixed, purpose, valid = 0;

	(void)state;
	for (i = 0; i < 40000; i++) {
		make_text(&seed, text, sizeof(text));
		theirs = libconfig_says(text, &mixed);
		ours = walk_says(text, &purpose);
		valid += theirs;
		if (ours == theirs || (ours && mixed) || purpose)
			continue;
		fail_msg("%s\ngot %s, want %s as libconfig says", text, ours ? "valid" : "invalid", theirs ? "valid" : "invalid");
	}
	assert_in_range(valid, 4000, 36000);
}

/* Whatever the bytes: settings or a complaint, never a crash and never silence. */
static void
damaged_texts_are_refused_or_read(void **state)
{
	static const char marks[] = "  {}[]()\"\"=;,:#/*\\.0x@\n\xff\x01";	/* the NUL as well */
	struct buf	 text, errs;
	struct conf	*conf;
	uint32_t	 seed = 4242;
	size_t		 len;
	char		*copy;
	int		 i, n, refused = 0;

	(void)state;
	buf_init(&text, CONF_FILE_MAX);
	buf_init(&errs, 1024 * 1024);
	assert_int_equal(conf_slurp("conf/hopward.conf", CONF_FILE_MAX, &text, NULL, &errs), 0);
	assert_non_null(copy = malloc(text.len));
	for (i = 0; i < 1500; i++) {
		memcpy(copy, text.data, text.len);
		for (n = 1 + (int)(next_random(&seed) % 40); n > 0; n--) {
			size_t at = next_random(&seed) % text.len;
			/* mostly a comment sign that goes away, so that settings come into force */
			while (next_random(&seed) % 4 != 0 && at + 1 < text.len && !(copy[at] == '#' && copy[at + 1] != ' '))
				at++;
			copy[at] = marks[next_random(&seed) % sizeof(marks)];
		}
		len = next_random(&seed) % 4 == 0 ? next_random(&seed) % text.len : text.len;
		buf_reset(&errs);
		conf = conf_read_printed(copy, len, &errs);
		refused += conf == NULL;
		assert_int_equal(conf == NULL, errs.len > 0);
		conf_free(conf);
	}
	assert_in_range(refused, 100, 1499);
	free(copy);
	buf_free(&text);
	buf_free(&errs);
}

static void
nesting_is_bounded(void **state)
{
	char	 text[64 * 1024] = "x = ", *said;
	int	 i;

	(void)state;
	for (i = 0; i < 20000; i++)
		text[4 + i] = '(';
	text[4 + i] = '\0';
	assert_null(read_text(text, NULL, &said));
	if (strstr(said, "nested too deeply") == NULL)
		fail_msg("got %s, want \"nested too deeply\"", said);
	free(said);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_is_explained),
		cmocka_unit_test(free_forms_are_read),
		cmocka_unit_test(a_long_line_is_cut_around_the_mark),
		cmocka_unit_test(our_walk_agrees_with_libconfig),
		cmocka_unit_test(damaged_texts_are_refused_or_read),
		cmocka_unit_test(nesting_is_bounded),
	};

	return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
