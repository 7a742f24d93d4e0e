/* SPDX-License-Identifier: ISC */
/* Rules as an administrator writes them, and what becomes of messages: names, types, archives, exceptions, recipients. */
#include "conf-files.h"

#include "judge/attach.h"
#include "judge/name.h"
#include "judge/policy.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- names ---- */

static void
names_are_read_in_all_ways(void **state)
{
	/* what is wanted: the readings, with '|' between */
	static const struct { const char *name, *names, *want; } cases[] = {
		{ "Invoice.PDF", NULL, "invoice.pdf" },
		{ "a.exe. . ", NULL, "a.exe" },
		{ "C:\\temp\\a.EXE", NULL, "a.exe" },
		{ "../../a.exe", NULL, "a.exe" },
		{ "a.pdf", "b.exe\na.pdf\nA.PDF", "a.pdf|b.exe" },
		{ NULL, "x.js", "x.js" },
		{ NULL, NULL, "" }, { "", "", "" }, { "...", NULL, "" },
		{ "inv\xe2\x80\xae" "fdp.exe", NULL, "invfdp.exe" },
		{ "a.e\xe2\x80\x8bxe", NULL, "a.exe" },
		{ "a.exe\xe2\x81\xa9", NULL, "a.exe" },
		{ "a.ex\x01" "e", NULL, "a.exe|a.ex" },
		{ "a.exe:Zone.Identifier", NULL, "a.exe:zone.identifier|a.exe" },
		{ "a%2Eexe", NULL, "a%2eexe|a.exe" },
		{ "a.ex%65%00.txt", NULL, "a.ex%65%00.txt|a.exe.txt|a.exe" },
		{ "=?utf-8?Q?a=2Eexe?=", NULL, "=?utf-8?q?a=2eexe|=?utf-8?q?a.exe" },
		{ "a.exe\x01/b.txt", NULL, "b.txt|a.exe" },
		{ "100%", NULL, "100%" }, { "a%zz.exe", NULL, "a%zz.exe" },
	};
	struct name_readings r;
	char got[2048];
	size_t i, k, n;
	int bad = 0;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		name_read(cases[i].name, cases[i].names, &r);
		for (k = n = 0, got[0] = '\0'; k < r.count; k++)
			n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%s", k > 0 ? "|" : "", r.list[k]);
		if (strcmp(got, cases[i].want) != 0) {
			print_error("case %zu: got %s, want %s\n", i, got, cases[i].want);
			bad++;
		}
		assert_int_equal(r.more, 0);
	}
	assert_int_equal(bad, 0);
}

/* Long names keep their end, too many names are told, every length and octet is survived. */
static void
names_have_bounds(void **state)
{
	struct name_readings r;
	char name[5000], ext[NAME_EXT_MAX + 1], many[4096];
	size_t i, n = 0;

	(void)state;
	memset(name, 'x', sizeof(name));
	memcpy(name + sizeof(name) - 5, ".exe", 5);
	name_read(name, NULL, &r);
	assert_string_equal(name_reading_extension(&r, 0, ext, sizeof(ext)), "exe");
	for (i = 0; i < 100; i++)
		n += (size_t)snprintf(many + n, sizeof(many) - n, "n%zu.txt\n", i);
	name_read("a.exe", many, &r);
	assert_int_equal(r.more, 1);
	assert_int_equal(r.count, NAME_READINGS_MAX);
	for (i = 0; i < 3 * 256; i++) {
		memset(name, (int)(i % 255) + 1, sizeof(name));
		name[i < 256 ? 700 : i < 512 ? 1600 : sizeof(name) - 1] = '\0';
		name_read(name, name + 1, &r);
	}
}

/* ---- names and kinds ---- */

static void
misnamed_parts(void **state)
{
	static const struct { const char *name, *type, *real; int want; } cases[] = {
		{ "setup.exe", "application/octet-stream", "CL_TYPE_MSEXE", 0 },
		{ "invoice.pdf", "application/pdf", "CL_TYPE_MSEXE", 1 },
		{ "invoice", "application/octet-stream", "CL_TYPE_MSEXE", 1 },
		{ "invoice.pdf.exe", "application/octet-stream", "CL_TYPE_MSEXE", 0 },	/* the list's matter */
		{ "firmware.dat", "application/octet-stream", "application/x-dosexec", 1 },
		{ "plugin.dll", NULL, "CL_TYPE_MSEXE", 0 },
		{ NULL, "text/plain", "CL_TYPE_MSEXE", 0 },
		{ NULL, "application/octet-stream", "CL_TYPE_MSEXE", 1 },
		{ "tool", "application/octet-stream", "CL_TYPE_ELF", 0 },
		{ "libx.so.1", "application/octet-stream", "CL_TYPE_ELF", 0 },
		{ "letter.doc", "application/msword", "CL_TYPE_ELF", 1 },
		{ "photo.jpg", "image/jpeg", "CL_TYPE_MACHO", 1 },
		{ "report.lnk", NULL, "CL_TYPE_LNK", 0 }, { "report.pdf", NULL, "CL_TYPE_LNK", 1 },
		{ "photo.jpg", "image/jpeg", "CL_TYPE_HTML", 1 }, { "photo.jpg", "image/jpeg", "CL_TYPE_JPEG", 0 },
		{ "page.html", "text/html", "CL_TYPE_HTML", 0 }, { "table.xls", "application/vnd.ms-excel", "CL_TYPE_HTML", 0 },
		{ NULL, "text/html", "CL_TYPE_HTML", 0 }, { NULL, "image/png", "CL_TYPE_HTML", 1 },
		{ "scan.PDF ", NULL, "text/html", 1 }, { "scan.pdf", NULL, "CL_TYPE_PDF", 0 }, { "scan.pdf", NULL, NULL, 0 },
		{ "a\xe2\x80\xae" "fdp.txt", NULL, "CL_TYPE_TEXT_ASCII", 1 },
		{ "a\xe2\x80\x8f.txt", NULL, "CL_TYPE_TEXT_ASCII", 0 },
	};
	struct name_readings r;
	struct part p;
	size_t i;
	int bad = 0;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		memset(&p, 0, sizeof(p));
		p.name = (char *)(uintptr_t)cases[i].name;
		p.type = (char *)(uintptr_t)cases[i].type;
		p.real_type = (char *)(uintptr_t)cases[i].real;
		p.size = 1000;
		name_read(p.name, NULL, &r);
		if ((attach_misnamed(&p, &r) != NULL) != cases[i].want) {
			print_error("%s, %s: got %d, want %d\n", p.name, p.real_type, !cases[i].want, cases[i].want);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

/* ---- whole messages ---- */

/* "PATH NAME REAL-TYPE OUTCOME SIGNATURE FLAGS SIZE", '-' for none; names with ',' for LF; flags m and e. */
#define PARTS_MAX	12

struct mail {
	struct part		 parts[PARTS_MAX];
	char			*reasons[4], text[2048];
	struct scan_result	 scan;
	const char		*rcpts[8];
	struct message_facts	 facts;
};

static char *
word(char **p)
{
	char *w = strsep(p, " ");

	return w == NULL || strcmp(w, "-") == 0 || *w == '\0' ? NULL : w;
}

static void
part_make(struct part *p, char *line, size_t number)
{
	char *outcome, *flags, *size, *comma;

	p->path = word(&line);
	if ((p->name = word(&line)) != NULL && (comma = strchr(p->name, ',')) != NULL) {
		*comma = '\0';
		p->names = comma + 1;
		for (; (comma = strchr(p->names, ',')) != NULL; *comma = '\n')
			;
	}
	p->real_type = word(&line);
	outcome = word(&line);
	p->signature = word(&line);
	flags = word(&line);
	size = word(&line);
	if (outcome != NULL && outcome_parse(outcome, &p->outcome) == -1)
		fail_msg("%s is no outcome", outcome);
	p->member = flags != NULL && strchr(flags, 'm') != NULL;
	p->encrypted = flags != NULL && strchr(flags, 'e') != NULL;
	p->size = size != NULL ? strtoull(size, NULL, 10) : 1000;
	if (!p->member)
		memset(p->sha256, (int)number + 1, 32);
}

/* Parts with ';' between; "0" is added in front unless it is given. */
static void
mail_make(struct mail *m, const char *parts, const char *rcpts, const char *reasons)
{
	static char raw[] = "0", mail_type[] = "CL_TYPE_MAIL";
	char *p, *line;

	memset(m, 0, sizeof(*m));
	snprintf(m->text, sizeof(m->text), "%s;%s;%s", rcpts, reasons != NULL ? reasons : "-", parts);
	p = m->text;
	line = strsep(&p, ";");
	while ((m->rcpts[m->facts.rcpts_count] = word(&line)) != NULL)
		m->facts.rcpts_count++;
	line = strsep(&p, ";");
	while ((m->reasons[m->scan.reasons_count] = word(&line)) != NULL)
		m->scan.reasons_count++;
	if (strncmp(parts, "0 ", 2) != 0)
		m->parts[m->scan.parts_count++] = (struct part){ .path = raw, .real_type = mail_type, .size = 5000, .sha256 = { 99 } };
	while ((line = strsep(&p, ";")) != NULL) {
		part_make(&m->parts[m->scan.parts_count], line, m->scan.parts_count);
		m->scan.parts_count++;
	}
	m->scan.parts = m->parts;
	m->scan.reasons = m->reasons;
	m->facts.scan = &m->scan;
	m->facts.id = "01ARZ3NDEKTS";
	m->facts.client_ip = "192.0.2.1";
	m->facts.client_resolve = "OK";
	m->facts.daemon_port = "25";
	m->facts.mail = "someone@sender.example";
	m->facts.rcpts = m->rcpts;
	m->facts.time_ms = 1796098200000;	/* 2026-12-01T04:10:00Z */
}

#define PARTNERS "partners = ( { name = \"treasury\"; networks = \"192.0.2.0/24\"; action = \"log\"; },\n" \
	"	{ name = \"other\"; networks = \"198.51.100.0/24\"; action = \"log\"; } );\n"
#define BLOCK	"actions: { default: { blocked = \"reject\"; }; };\n"
#define RULE(name, when, then) "{ name = \"" name "\"; when = { " when " }; " then "; }"
#define EXE	"1 a.exe CL_TYPE_MSEXE"

static const struct {
	const char *what, *rules, *parts, *rcpts, *reasons;
	const char *outcome, *action, *rule, *would;	/* would: "ACTION RULE"; NULL: as done */
} cases[] = {
	{ "nothing", "", "1 a.txt", "", NULL, "clean", "accept", "mx.clean", NULL },
	{ "the list", "", EXE, "", NULL, "blocked", "reject", "mx.blocked", NULL },
	{ "a further name", "", "1 a.pdf,b.exe", "", NULL, "blocked", "reject", "mx.blocked", NULL },
	{ "inside an archive", "", "1 a.zip CL_TYPE_ZIP;1/1 x/b.lnk - clean - m", "", NULL, "blocked", "reject", "mx.blocked", NULL },
	{ "a program called pdf", "", "1 a.pdf CL_TYPE_MSEXE", "", NULL, "blocked", "reject", "mx.blocked", NULL },
	{ "too many names", "", "1 a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z", "", NULL, "limit", "tag", "mx.limit", NULL },
	/* allow and block */
	{ "allowed for a partner", RULE("p", "partner = \"treasury\"; extension = \".EXE\";", "action = \"accept\""), EXE, "", NULL,
	    "clean", "accept", "rule.p", NULL },
	{ "not for another", RULE("p", "partner = \"other\"; extension = \"exe\";", "action = \"accept\""), EXE, "", NULL,
	    "blocked", "reject", "mx.blocked", NULL },
	{ "but no malware", RULE("p", "partner = \"treasury\"; extension = \"exe\";", "action = \"accept\""),
	    "1 a.exe CL_TYPE_MSEXE infected Win.Test.1", "", NULL, "infected", "reject", "mx.infected", NULL },
	{ "unless it is named", RULE("p", "outcome = \"infected\"; extension = \"exe\";", "action = \"accept\""),
	    "1 a.exe CL_TYPE_MSEXE infected Win.Test.1", "", NULL, "infected", "reject", "mx.blocked", NULL },
	{ "another part's finding stays", RULE("p", "extension = \"exe\";", "action = \"accept\""),
	    EXE ";2 b.js", "", NULL, "blocked", "reject", "mx.blocked", NULL },
	{ "blocked though clean", RULE("z", "extension = \"zip\"; class = \"mx\";", "action = \"quarantine\""), "1 a.zip CL_TYPE_ZIP", "",
	    NULL, "blocked", "quarantine", "rule.z", NULL },
	{ "of another class", RULE("z", "extension = \"zip\"; class = \"submission\";", "action = \"quarantine\""), "1 a.zip", "",
	    NULL, "clean", "accept", "mx.clean", NULL },
	{ "only documents", RULE("d", "extension_not = [ \"pdf\", \"docx\" ];", "action = \"reject\""), "1 a.PDF;2 b.docx. ", "", NULL,
	    "clean", "accept", "mx.clean", NULL },
	{ "only documents, second name", RULE("d", "extension_not = [ \"pdf\", \"docx\" ];", "action = \"reject\""), "1 a.pdf,a.zip", "",
	    NULL, "blocked", "reject", "rule.d", NULL },
	{ "only documents, no name", RULE("d", "extension_not = [ \"pdf\", \"docx\" ];", "action = \"reject\""), "1 - CL_TYPE_HTML", "",
	    NULL, "clean", "accept", "mx.clean", NULL },
	{ "two endings", RULE("e", "name = \"*.exe.*\";", "outcome = \"blocked\""), "1 a.exe.pdf", "", NULL,
	    "blocked", "reject", "rule.e", NULL },
	{ "larger", RULE("l", "real_type = \"CL_TYPE_ZIP\"; larger = \"1MB\";", "action = \"tag\""), "1 a.zip CL_TYPE_ZIP - - - 1048577", "",
	    NULL, "blocked", "tag", "rule.l", NULL },
	{ "not larger", RULE("l", "real_type = \"CL_TYPE_ZIP\"; larger = \"1MB\";", "action = \"tag\""), "1 a.zip CL_TYPE_ZIP - - - 1048576", "",
	    NULL, "clean", "accept", "mx.clean", NULL },
	{ "the whole is no part", RULE("l", "larger = \"1kB\";", "action = \"reject\""), "0 - CL_TYPE_MAIL - - - 99999;1 a.txt", "", NULL,
	    "clean", "accept", "mx.clean", NULL },
	/* encrypted */
	{ "encrypted by default", "", "1 a.zip CL_TYPE_ZIP encrypted", "", NULL, "encrypted", "tag", "mx.encrypted", NULL },
	{ "a program in it", RULE("pe", "encrypted = true; member = true; name = \"*.scr\";", "action = \"reject\""),
	    "1 a.zip CL_TYPE_ZIP encrypted;1/1 x.SCR - clean - me", "", NULL, "blocked", "reject", "rule.pe", NULL },
	{ "by its container", RULE("c", "container = \"CL_TYPE_7Z\"; extension = \"doc\";", "action = \"quarantine\""),
	    "1 a.7z CL_TYPE_7Z;1/1 x.doc - clean - m;2 b.zip CL_TYPE_ZIP;2/1 x.doc - clean - m", "", NULL,
	    "blocked", "quarantine", "rule.c", NULL },
	{ "first match wins", RULE("a", "outcome = \"encrypted\"; partner = \"treasury\";", "action = \"accept\"") ","
	    RULE("b", "outcome = \"encrypted\";", "action = \"reject\""), "1 a.zip CL_TYPE_ZIP encrypted", "", NULL,
	    "encrypted", "accept", "rule.a", NULL },
	{ "the raw message repeats it", RULE("a", "outcome = \"encrypted\"; extension = \"zip\";", "action = \"accept\""),
	    "0 - CL_TYPE_MAIL encrypted;1 a.zip CL_TYPE_ZIP encrypted", "", NULL, "encrypted", "accept", "rule.a", NULL },
	/* signatures */
	{ "unofficial", RULE("u", "signature = [ \"*.UNOFFICIAL\", \"Heuristics.*\" ];", "outcome = \"pua\""),
	    "1 a.pdf CL_TYPE_PDF infected Foo.Bar.UNOFFICIAL", "", NULL, "pua", "tag", "rule.u", NULL },
	{ "official", RULE("u", "signature = [ \"*.UNOFFICIAL\", \"Heuristics.*\" ];", "outcome = \"pua\""),
	    "1 a.pdf CL_TYPE_PDF infected Foo.Bar", "", NULL, "infected", "reject", "mx.infected", NULL },
	{ "one of each", RULE("u", "signature = [ \"*.UNOFFICIAL\" ];", "outcome = \"pua\""),
	    "1 a.pdf CL_TYPE_PDF infected Foo.UNOFFICIAL;2 b.pdf CL_TYPE_PDF infected Foo", "", NULL,
	    "infected", "reject", "mx.infected", NULL },
	/* watched */
	{ "watched", RULE("w", "extension = \"html\";", "action = \"watch:reject\""), "1 a.html", "", NULL,
	    "clean", "accept", "mx.clean", "reject rule.w" },
	{ "watched and then another", RULE("w", "extension = \"exe\";", "action = \"watch:discard\"") ","
	    RULE("x", "extension = [ \"exe\", \"js\" ];", "action = \"quarantine\""), EXE, "", NULL,
	    "blocked", "quarantine", "rule.x", "discard rule.w" },
	/* the message */
	{ "fragments", RULE("f", "reason = [ \"PARTIAL\", \"EXTERNAL\" ];", "action = \"reject\""), "1 a.txt", "", "PARTIAL",
	    "blocked", "reject", "rule.f", NULL },
	{ "fragments by default", "", "1 a.txt", "", "EXTERNAL", "unopened", "tag", "mx.unopened", NULL },
	{ "a sender", RULE("s", "sender = \"Sender.example\";", "action = \"reject\""), "1 a.txt", "", NULL,
	    "blocked", "reject", "rule.s", NULL },
	{ "one below", RULE("s", "sender = \"example\"; extension = \"exe\";", "action = \"accept\""), EXE, "", NULL,
	    "clean", "accept", "rule.s", NULL },
	/* depth, number, expansion */
	{ "deep", RULE("d", "deeper = 2;", "outcome = \"limit\""), "1 a.eml;1>1 b.eml;1>1>1 c.zip CL_TYPE_ZIP;1>1>1/1 d.txt - clean - m", "",
	    NULL, "limit", "tag", "rule.d", NULL },
	{ "not so deep", RULE("d", "deeper = 2;", "outcome = \"limit\""), "1 a.eml;1>1 b.eml;1>1>1 c.zip CL_TYPE_ZIP", "", NULL,
	    "clean", "accept", "mx.clean", NULL },
	{ "many", RULE("m", "members = 2;", "outcome = \"limit\""), "1 a.zip;1/1 a - clean - m;1/2 b - clean - m;1/3 c - clean - m", "", NULL,
	    "limit", "tag", "rule.m", NULL },
	{ "not so many", RULE("m", "members = 2;", "outcome = \"limit\""), "1 a.zip;1/1 a - clean - m;1/2 b - clean - m;2 b.zip;2/1 c - clean - m",
	    "", NULL, "clean", "accept", "mx.clean", NULL },
	{ "a bomb", RULE("b", "expansion = 100;", "action = \"reject\""), "1 a.zip - - - - 10;1/1 a - clean - m 900;1/2 b - clean - m 101", "",
	    NULL, "blocked", "reject", "rule.b", NULL },
	{ "no bomb", RULE("b", "expansion = 100;", "action = \"reject\""), "1 a.zip - - - - 10;1/1 a - clean - m 900;1/2 b - clean - m 100", "",
	    NULL, "clean", "accept", "mx.clean", NULL },
	{ "sizes that lie", RULE("b", "expansion = 100;", "action = \"reject\""),
	    "1 a.zip - - - - 10;1/1 a - clean - m 18446744073709551615;1/2 b - clean - m 100", "", NULL,
	    "blocked", "reject", "rule.b", NULL },
	/* recipients */
	{ "for a recipient", RULE("r", "recipient = \"a.example\"; extension = \"zip\";", "action = \"reject\""), "1 a.zip",
	    "x@a.example y@b.example", NULL, "blocked", "reject", "rule.r", NULL },
	{ "for another", RULE("r", "recipient = \"a.example\"; extension = \"zip\";", "action = \"reject\""), "1 a.zip",
	    "x@c.example y@b.example", NULL, "clean", "accept", "mx.clean", NULL },
	{ "allowed for one of two", RULE("r", "recipient = \"x@a.example\"; extension = \"exe\";", "action = \"accept\""), EXE,
	    "x@a.example y@a.example", NULL, "blocked", "reject", "mx.blocked", NULL },
	{ "allowed for all", RULE("r", "recipient = \"a.example\"; extension = \"exe\";", "action = \"accept\""), EXE,
	    "x@a.example y@n.A.example", NULL, "clean", "accept", "rule.r", NULL },
};

static struct conf *
conf_of(const char *rules)
{
	static char option[1024];
	const char *options[] = { option, NULL };
	char cwd[900], text[4096];

	assert_non_null(getcwd(cwd, sizeof(cwd)));
	snprintf(option, sizeof(option), "profiles=%s/conf/profiles", cwd);
	snprintf(text, sizeof(text), PARTNERS BLOCK "rules = ( %s );\n", rules);
	return read_good(text, options);
}

static void
messages(void **state)
{
	struct conf *conf;
	struct verdict v;
	struct mail m;
	char would[64];
	size_t i;
	int bad = 0;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		conf = conf_of(cases[i].rules);
		mail_make(&m, cases[i].parts, cases[i].rcpts, cases[i].reasons);
		assert_int_equal(policy_judge(&conf->front->policy, &m.facts, &v), 0);
		snprintf(would, sizeof(would), "%s %s", action_str(v.would), v.would_rule);
		if (strcmp(outcome_str(v.outcome), cases[i].outcome) != 0 || strcmp(action_str(v.action), cases[i].action) != 0 ||
		    strcmp(v.rule, cases[i].rule) != 0 || (cases[i].would == NULL ? v.would != v.action :
		    strcmp(would, cases[i].would) != 0)) {
			print_error("%s: got %s %s %s, would %s; want %s %s %s, would %s\n", cases[i].what, outcome_str(v.outcome),
			    action_str(v.action), v.rule, would, cases[i].outcome, cases[i].action, cases[i].rule,
			    cases[i].would != NULL ? cases[i].would : "the same");
			bad++;
		}
		verdict_free(&v);
		conf_free(conf);
	}
	assert_int_equal(bad, 0);
}

static void
each_recipients_result_is_told(void **state)
{
	struct conf *conf = conf_of(RULE("r", "recipient = \"a.example\"; extension = \"zip\";", "action = \"reject\"") ","
	    RULE("s", "recipient = \"b.example\"; extension = \"zip\";", "action = \"watch:discard\""));
	struct verdict v;
	struct mail m;

	(void)state;
	mail_make(&m, "1 a.zip", "x@c.example y@a.example z@b.example x@d.example", NULL);
	assert_int_equal(policy_judge(&conf->front->policy, &m.facts, &v), 0);
	assert_int_equal(v.recipients_count, 3);
	assert_int_equal(v.recipients[0].rcpts, 2);
	assert_int_equal(v.recipient_of[3], 0);
	assert_string_equal(v.recipients[0].rule, "mx.clean");
	assert_int_equal(v.recipients[1].action, ACTION_REJECT);
	assert_string_equal(v.recipients[1].rule, "rule.r");
	assert_int_equal(v.recipients[2].action, ACTION_ACCEPT);
	assert_string_equal(v.recipients[2].would_rule, "rule.s");
	assert_string_equal(v.rule, "rule.r");
	assert_string_equal(v.would_rule, "rule.s");
	assert_int_equal(v.reply_code, 550);
	verdict_free(&v);
	mail_make(&m, "1 a.zip", "x@a.example y@a.example", NULL);
	assert_int_equal(policy_judge(&conf->front->policy, &m.facts, &v), 0);
	assert_int_equal(v.recipients_count, 0);
	assert_null(v.recipient_of);
	verdict_free(&v);
	conf_free(conf);
	/* who was not kept is none of those for whom it is allowed */
	conf = conf_of(RULE("r", "recipient = \"a.example\"; extension = \"exe\";", "action = \"accept\""));
	mail_make(&m, EXE, "x@a.example", NULL);
	m.facts.rcpts_dropped = 2;
	assert_int_equal(policy_judge(&conf->front->policy, &m.facts, &v), 0);
	assert_string_equal(v.rule, "mx.blocked");
	assert_int_equal(v.recipients_count, 2);
	assert_int_equal(v.recipients[1].rcpts, 2);
	verdict_free(&v);
	conf_free(conf);
}

/* A member's name is not told under an outcome that a rule made of it. */
static void
details_stay_with_their_outcome(void **state)
{
	static char secret[] = "dismissals.xlsx";
	struct conf *conf = conf_of(RULE("r", "outcome = \"encrypted\";", "outcome = \"limit\""));
	struct verdict v;
	struct mail m;

	(void)state;
	mail_make(&m, "1 a.zip CL_TYPE_ZIP encrypted", "x@a.example", NULL);
	m.parts[1].detail = secret;
	assert_int_equal(policy_judge(&conf->front->policy, &m.facts, &v), 0);
	assert_string_equal(v.status, "Not Scanned (limit: r)");
	assert_string_equal(v.detail, "r");
	verdict_free(&v);
	conf_free(conf);
}

/* ---- exceptions ---- */

#define D1	"0202020202020202020202020202020202020202020202020202020202020202"	/* of part "1" */
#define BAD	"1 a.pdf CL_TYPE_PDF infected Pdf.Bad.1"
#define UNTIL	" until=2026-12-01T05:00:00Z reason=x"

static const struct {
	const char *what, *lines, *parts;
	const char *outcome, *action, *rule, *status;
	size_t hits;
} excepted[] = {
	{ "none", "", BAD, "infected", "reject", "mx.infected", "Infected (Pdf.Bad.1)", 0 },
	{ "by signature", "except id=A signature=Pdf.*" UNTIL, BAD, "infected", "accept", "exception.A", "Suspicious (excepted: Pdf.Bad.1)", 1 },
	{ "expired", "except id=A signature=Pdf.* until=2026-12-01T04:10:00Z reason=x", BAD,
	    "infected", "reject", "mx.infected", "Infected (Pdf.Bad.1)", 0 },
	{ "another is there", "except id=A signature=Pdf.*" UNTIL, BAD ";2 b.doc - infected Doc.Bad", "infected", "reject", "mx.infected",
	    "Infected (Doc.Bad)", 1 },
	{ "a milder one is there", "except id=A signature=Pdf.*" UNTIL, BAD ";2 b.zip CL_TYPE_ZIP encrypted", "encrypted", "tag", "mx.encrypted",
	    "Not Scanned (encrypted)", 1 },
	{ "by sender alone", "except id=A sender=sender.example" UNTIL, BAD, "infected", "reject", "mx.infected", "Infected (Pdf.Bad.1)", 0 },
	{ "by sender, blocked", "except id=A sender=sender.example" UNTIL, EXE, "blocked", "accept", "exception.A",
	    "Suspicious (excepted: blocked)", 1 },
	{ "by sender and signature", "except id=A sender=sender.example signature=Pdf.*" UNTIL, BAD, "infected", "accept", "exception.A",
	    "Suspicious (excepted: Pdf.Bad.1)", 1 },
	{ "by digest", "except id=A digest=" D1 UNTIL, BAD, "infected", "accept", "exception.A", "Suspicious (excepted: Pdf.Bad.1)", 1 },
	{ "by digest, in the raw message, too", "except id=A digest=0202020202020202020202020202020202020202020202020202020202020202" UNTIL,
	    "0 - CL_TYPE_MAIL infected Pdf.Bad.1;" BAD, "infected", "accept", "exception.A", "Suspicious (excepted: Pdf.Bad.1)", 1 },
	{ "by digest, a member of it", "except id=A digest=" D1 UNTIL, "1 a.zip CL_TYPE_ZIP;1/1 b.pdf - infected Pdf.Bad.1 m",
	    "infected", "accept", "exception.A", "Suspicious (excepted: Pdf.Bad.1)", 1 },
	{ "by digest, not its neighbour", "except id=A digest=" D1 UNTIL, "1 a.zip CL_TYPE_ZIP;1.1 b.pdf - infected Pdf.Bad.1",
	    "infected", "reject", "mx.infected", "Infected (Pdf.Bad.1)", 0 },
	{ "no exception from being scanned", "except id=A sender=sender.example" UNTIL, "1 a.pdf - not-scanned", "not-scanned", "tempfail",
	    "mx.not-scanned", "Not Scanned (not-scanned)", 0 },
};

static void
exceptions_take_findings_out(void **state)
{
	struct conf *conf = conf_of("");
	struct exceptions x;
	struct policy policy;
	struct verdict v;
	struct mail m;
	size_t i;
	int bad = 0;

	(void)state;
	for (i = 0; i < COUNT(excepted); i++) {
		assert_int_equal(exceptions_parse(excepted[i].lines, strlen(excepted[i].lines), &x, NULL), 0);
		mail_make(&m, excepted[i].parts, "x@a.example", NULL);
		policy_with(&conf->front->policy, &x, (int64_t)(m.facts.time_ms / 1000), &policy);
		assert_int_equal(policy_judge(&policy, &m.facts, &v), 0);
		if (strcmp(outcome_str(v.outcome), excepted[i].outcome) != 0 || strcmp(action_str(v.action), excepted[i].action) != 0 ||
		    strcmp(v.rule, excepted[i].rule) != 0 || strcmp(v.status, excepted[i].status) != 0 ||
		    v.exceptions_count != excepted[i].hits) {
			print_error("%s: got %s %s %s %s, %zu hits; want %s %s %s %s, %zu\n", excepted[i].what, outcome_str(v.outcome),
			    action_str(v.action), v.rule, v.status, v.exceptions_count, excepted[i].outcome, excepted[i].action,
			    excepted[i].rule, excepted[i].status, excepted[i].hits);
			bad++;
		}
		verdict_free(&v);
		exceptions_free(&x);
	}
	conf_free(conf);
	assert_int_equal(bad, 0);
}

static void
mode_observe_ends_by_itself(void **state)
{
	static const char line[] = "mode observe until=2026-12-01T05:00:00Z reason=x";
	struct conf *conf = conf_of("");
	struct exceptions x;
	struct policy policy;
	struct verdict v;
	struct mail m;

	(void)state;
	assert_int_equal(exceptions_parse(line, sizeof(line) - 1, &x, NULL), 0);
	mail_make(&m, BAD, "x@a.example", NULL);
	policy_with(&conf->front->policy, &x, 1796101199, &policy);
	assert_int_equal(policy_judge(&policy, &m.facts, &v), 0);
	assert_int_equal(v.action, ACTION_ACCEPT);
	assert_int_equal(v.would, ACTION_REJECT);
	verdict_free(&v);
	policy_with(&conf->front->policy, &x, 1796101200, &policy);
	assert_int_equal(policy_judge(&policy, &m.facts, &v), 0);
	assert_int_equal(v.action, ACTION_REJECT);
	verdict_free(&v);
	exceptions_free(&x);
	conf_free(conf);
}

/* ---- ambiguity ---- */

static void
ambiguity_by_class(void **state)
{
	static const struct { enum ambiguity class; const char *reasons, *outcome, *action, *detail; } table[] = {
		{ AMBIGUITY_NONE, NULL, "clean", "accept", NULL },
		{ AMBIGUITY_SOFT, "QP-PAD NAME-DUP", "clean", "accept", NULL },
		{ AMBIGUITY_HARD, "CD-DUP CT-DUP", "ambiguous", "tag", "CT-DUP" },
		{ AMBIGUITY_LIMIT, "CD-DUP LIMIT", "limit", "tag", "LIMIT" },
		{ AMBIGUITY_HARD, "PARTIAL", "ambiguous", "tag", "PARTIAL" },
	};
	struct conf *conf = conf_of("");
	struct verdict v;
	struct mail m;
	size_t i;
	int bad = 0;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		mail_make(&m, "1 a.txt", "x@a.example", table[i].reasons);
		m.scan.ambiguity = table[i].class;
		assert_int_equal(policy_judge(&conf->front->policy, &m.facts, &v), 0);
		if (strcmp(outcome_str(v.outcome), table[i].outcome) != 0 || strcmp(action_str(v.action), table[i].action) != 0 ||
		    v.would != v.action || (table[i].detail != NULL && (v.detail == NULL || strcmp(v.detail, table[i].detail) != 0))) {
			print_error("case %zu: got %s %s %s, want %s %s %s\n", i, outcome_str(v.outcome), action_str(v.action), v.detail,
			    table[i].outcome, table[i].action, table[i].detail);
			bad++;
		}
		verdict_free(&v);
	}
	conf_free(conf);
	/* who reaches a bound on purpose is ambiguous all the same */
	conf = conf_of(RULE("a", "outcome = \"ambiguous\";", "action = \"reject\""));
	mail_make(&m, "1 a.txt", "x@a.example", "CT-DUP LIMIT");
	m.scan.ambiguity = AMBIGUITY_LIMIT;
	assert_int_equal(policy_judge(&conf->front->policy, &m.facts, &v), 0);
	assert_string_equal(v.rule, "rule.a");
	verdict_free(&v);
	conf_free(conf);
	assert_int_equal(bad, 0);
}

/* ---- the configuration ---- */

static const char full[] =
    PARTNERS
    "rules = (\n"
    "	{\n"
    "		name = \"all-keys\";\n"
    "		when = {\n"
    "			outcome = [ \"encrypted\", \"pua\" ]; class = [ \"mx\", \"relay\" ]; signature = \"Heur \\\"x\\\"*\";\n"
    "		};\n"
    "		outcome = \"blocked\";\n"
    "	},\n"
    "	{\n"
    "		name = \"more\";\n"
    "		when = {\n"
    "			extension = [ \".EXE\", \"file:ext\" ]; extension_not = \"pdf\"; name = \"a b*\"; type = \"image/*\";\n"
    "			real_type = \"CL_TYPE_*\"; reason = \"CT-*\"; partner = \"treasury\";\n"
    "			sender = [ \".B.example\", \"x@b.example\" ]; recipient = \"c.example\"; encrypted = false;\n"
    "			larger = \"10MB\"; deeper = 3; members = 100; expansion = 50;\n"
    "		};\n"
    "		action = \"watch:quarantine\";\n"
    "	},\n"
    "	{ name = \"m\"; when = { member = true; container = \"CL_TYPE_7Z\"; }; action = \"tag\"; }\n"
    ");\n";

static void
every_key_reads_and_prints(void **state)
{
	const struct rule *r;
	struct conf *conf, *again;
	struct buf errs;
	char *text, *first, *second, *p;
	const char *options[] = { "profile=", NULL };

	(void)state;
	text = strdup(full);
	assert_non_null(text);
	/* a signature has no blanks: the quote is what is tried */
	p = strstr(text, "Heur ");
	p[4] = '.';
	file_write("ext", "scr # old\n");
	conf = read_good(text, options);
	first = printed(conf);
	buf_init(&errs, 65536);
	if ((again = conf_read_printed(first, strlen(first), &errs)) == NULL)
		fail_msg("got %s, want the printed text to be valid:\n%s", errs.data, first);
	second = printed(again);
	assert_string_equal(first, second);
	assert_int_equal(again->front->policy.rules.count, 3);
	r = &again->front->policy.rules.list[0];
	assert_int_equal(r->outcomes, 1u << OUTCOME_ENCRYPTED | 1u << OUTCOME_PUA);
	assert_int_equal(r->classes, 1u << CLASS_MX | 1u << CLASS_RELAY);
	assert_string_equal(r->signatures[0], "Heur.\"x\"*");
	assert_int_equal(r->has_action, 0);
	assert_int_equal(r->outcome, OUTCOME_BLOCKED);
	r++;
	assert_string_equal(r->extensions[0], "exe");
	assert_string_equal(r->extensions[1], "scr");
	assert_string_equal(r->senders[0], "b.example");
	assert_int_equal(r->member, -1);
	assert_int_equal(r->encrypted, 0);
	assert_int_equal(r->larger, 10 * 1024 * 1024);
	assert_int_equal(r->deeper, 3);
	assert_int_equal(r->members, 100);
	assert_int_equal(r->expansion, 50);
	assert_int_equal(r->action, ACTION_QUARANTINE);
	assert_int_equal(r->watch, 1);
	assert_int_equal(r[1].member, 1);
	assert_string_equal(r[1].containers[0], "CL_TYPE_7Z");
	free(first);
	free(second);
	free(text);
	buf_free(&errs);
	conf_free(again);
	conf_free(conf);
}

static const struct { const char *rules, *want; } mistakes[] = {
	{ "{ when = { member = true; }; action = \"tag\"; }", "rule 1: has no name" },
	{ "{ name = \"a b\"; when = { member = true; }; action = \"tag\"; }", "rule 1, name: got \"a b\", want a word" },
	{ RULE("a", "member = true;", "action = \"tag\"") "," RULE("A", "member = false;", "action = \"tag\""), "there is one of this name already" },
	{ "{ name = \"a\"; action = \"tag\"; }", "asks nothing" },
	{ RULE("a", "", "action = \"tag\""), "asks nothing" },
	{ RULE("a", "extension = [ ];", "action = \"tag\""), "empty list" },
	{ RULE("a", "outcome = [ ];", "action = \"tag\""), "empty list" },
	{ "{ name = \"a\"; when = { member = true; }; }", "has neither action" },
	{ "{ name = \"a\"; when = { member = true; }; action = \"tag\"; outcome = \"pua\"; }", "has an action and an outcome" },
	{ RULE("a", "member = true;", "action = \"refuse\""), "want \"accept\", \"tag\"" },
	{ RULE("a", "member = true;", "outcome = \"clean\""), "want action = \"accept\"" },
	{ RULE("a", "member = true;", "outcome = \"timeout\""), "one of \"infected\"" },
	{ RULE("a", "member = true;", "action = \"tempfail\""), "tempfail cannot help" },
	{ RULE("a", "outcome = [ \"encrypted\" ];", "action = \"tempfail\""), "tempfail cannot help" },
	{ RULE("a", "extention = \"exe\";", "action = \"tag\""), "rule a, when: unknown key: extention; did you mean extension?" },
	{ "{ name = \"a\"; extension = \"exe\"; action = \"tag\"; }", "rule a: extension is a condition" },
	{ "{ name = \"a\"; when = \"exe\"; action = \"tag\"; }", "rule a, when: is a group" },
	{ "\"x\"", "rule 1: want a group" },
	{ RULE("a", "outcome = \"encryptet\";", "action = \"tag\""), "want \"encrypted\"?" },
	{ RULE("a", "class = \"mix\";", "action = \"tag\""), "want \"mx\"?" },
	{ RULE("a", "extension = \"*.exe\";", "action = \"tag\""), "an extension without its dot" },
	{ RULE("a", "name = \"dir/x\";", "action = \"tag\""), "without its folders" },
	{ RULE("a", "real_type = \"zip\";", "action = \"tag\""), "CL_TYPE_7Z" },
	{ RULE("a", "type = \"pdf\";", "action = \"tag\""), "a media type" },
	{ RULE("a", "sender = \"*@x.example\";", "action = \"tag\""), "a domain" },
	{ RULE("a", "recipient = \"@x.example\";", "action = \"tag\""), "a domain" },
	{ RULE("a", "reason = \"odd things\";", "action = \"tag\""), "a token" },
	{ RULE("a", "larger = 10;", "action = \"tag\""), "a size in quotes" },
	{ RULE("a", "members = 0;", "action = \"tag\""), "want 1 to" },
	{ RULE("a", "member = \"yes\";", "action = \"tag\""), "true or false" },
	{ RULE("a", "partner = \"tresury\";", "action = \"tag\""), "there is no partner \"tresury\"; did you mean \"treasury\"?" },
	{ RULE("a", "partner = \"treasury\"; class = \"local\";", "action = \"tag\""), "never as the classes" },
	{ RULE("a", "signature = \"X\"; outcome = \"blocked\";", "action = \"tag\""), "has a signature" },
	{ RULE("a", "member = true; outcome = \"timeout\";", "action = \"tag\""), "those of a whole message" },
	{ RULE("a", "member = true; type = \"a/b\";", "action = \"tag\""), "no declared type" },
	{ RULE("a", "member = true; members = 3;", "action = \"tag\""), "counted for the attachment" },
	{ RULE("a", "member = false; container = \"CL_TYPE_ZIP\";", "action = \"tag\""), "for what is in none" },
	{ RULE("a", "outcome = \"pua\";", "outcome = \"pua\""), "asks for already" },
	{ RULE("a", "extension = \"exe\";", "action = \"tag\"") "," RULE("b", "extension = \"exe\"; member = true;", "action = \"reject\""),
	    "rule b: is never reached: rule a before it" },
};

static void
mistakes_are_told_with_their_place(void **state)
{
	char text[2048], path[128];
	struct buf errs;
	struct conf *conf;
	size_t i;
	int bad = 0;

	(void)state;
	for (i = 0; i < COUNT(mistakes); i++) {
		snprintf(text, sizeof(text), PARTNERS "rules = (\n%s\n);\n", mistakes[i].rules);
		file_write("hopward.conf", text);
		snprintf(path, sizeof(path), "%s/hopward.conf", dir);
		buf_init(&errs, 65536);
		conf = conf_read(path, (const char *const[]){ "profile=", NULL }, &errs);
		if (conf != NULL || errs.data == NULL || strstr(errs.data, mistakes[i].want) == NULL ||
		    strstr(errs.data, "hopward.conf:4: ") == NULL) {
			print_error("%s:\ngot %s, want %s at hopward.conf:4\n", mistakes[i].rules, errs.data != NULL ? errs.data : "nothing",
			    mistakes[i].want);
			bad++;
		}
		conf_free(conf);
		buf_free(&errs);
	}
	assert_int_equal(bad, 0);
}

/* No mistakes, though they look alike. */
static void
rules_that_are_reached(void **state)
{
	static const char *const good[] = {
		RULE("a", "extension = \"exe\";", "action = \"watch:tag\"") "," RULE("b", "extension = \"exe\";", "action = \"tag\""),
		RULE("a", "extension = \"exe\"; member = true;", "action = \"tag\"") "," RULE("b", "extension = \"exe\";", "action = \"tag\""),
		RULE("a", "extension = \"exe\";", "action = \"tag\"") "," RULE("b", "extension = \"exe\"; outcome = \"infected\";", "action = \"discard\""),
		RULE("a", "larger = \"2MB\";", "action = \"tag\"") "," RULE("b", "larger = \"1MB\";", "action = \"tag\""),
		RULE("a", "outcome = [ \"timeout\", \"not-scanned\" ]; sender = \"x.example\";", "action = \"tempfail\""),
		RULE("a", "outcome = \"ambiguous\"; reason = \"CT-DUP\";", "action = \"reject\""),
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		conf_free(conf_of(good[i]));
}

/* Each example of the page reads. */
static void
the_pages_examples_are_rules(void **state)
{
	static char page[256 * 1024];
	const char *p, *end, *block;
	FILE *f = fopen("milter/hopward.conf.5", "r");
	char text[8192];
	size_t n;
	int examples = 0;

	(void)state;
	assert_non_null(f);
	n = fread(page, 1, sizeof(page) - 1, f);
	fclose(f);
	page[n] = '\0';
	assert_non_null(p = strstr(page, "\n.Sh RULES\n"));
	assert_non_null(end = strstr(p, "\n.Sh FILES\n"));
	file_write("programs", "exe\nscr\n");
	for (; (block = strstr(p, "\n.Bd -literal -offset indent\n")) != NULL && block < end; p = block) {
		block += strlen("\n.Bd -literal -offset indent\n");
		n = (size_t)(strstr(block, "\n.Ed") - block);
		if (strncmp(block, "rules", 5) == 0)
			snprintf(text, sizeof(text), "%s%.*s\n", PARTNERS, (int)n, block);
		else
			snprintf(text, sizeof(text), "%srules = (\n%.*s\n);\n", PARTNERS, (int)n, block);
		conf_free(read_good(text, (const char *const[]){ "profile=", NULL }));
		examples++;
	}
	assert_int_equal(examples, 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read_in_all_ways),
		cmocka_unit_test(names_have_bounds),
		cmocka_unit_test(misnamed_parts),
		cmocka_unit_test(messages),
		cmocka_unit_test(each_recipients_result_is_told),
		cmocka_unit_test(details_stay_with_their_outcome),
		cmocka_unit_test(exceptions_take_findings_out),
		cmocka_unit_test(mode_observe_ends_by_itself),
		cmocka_unit_test(ambiguity_by_class),
		cmocka_unit_test(every_key_reads_and_prints),
		cmocka_unit_test(mistakes_are_told_with_their_place),
		cmocka_unit_test(rules_that_are_reached),
		cmocka_unit_test(the_pages_examples_are_rules),
	};

	return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
