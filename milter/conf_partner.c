/* SPDX-License-Identifier: ISC */
/* The list of partners of hopward.conf(5): libconfig's groups -> struct partners, and back to text. */

/*
 * Called by conf.c and conf_print.c.  Single keys go through conf_value.c's
 * types, so lists take files and refusals look the same everywhere.  A key that
 * is there with nothing in it is refused: an empty list would make a rule or an
 * exception wider than anybody meant.  Days are UTC's.
 */

#include <libconfig.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "conf_int.h"
#include "base/units.h"

#define NAME_MAX_OCTETS	32	/* "partner.NAME" is the rule in records */
#define WHERE_MAX	160	/* of "partner NAME, exception 3, reason" */
#define DAY_SECONDS	86400
#define YEAR_MS		(366ull * DAY_SECONDS * 1000)

/* One reading of the list. */
struct partners_reading {
	struct conf_source	*src;
	struct conf_place	*places;	/* of the partners read so far */
	struct conf_partners_notes *notes;
	struct buf		*errs;
	int64_t			 now;
	int			 failed;
};

/* ---- checks of single texts; what is wanted in err ---- */

static int
check_name(const char *s, char *err, size_t errlen)
{
	if (isalnum((unsigned char)s[0]) && strlen(s) <= NAME_MAX_OCTETS &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(s))
		return 0;
	snprintf(err, errlen, "a word of at most %d letters, digits, '.', '-' and '_', such as \"treasury\"",
	    NAME_MAX_OCTETS);
	return -1;
}

static int
check_domain(const char *s, char *err, size_t errlen)
{
	const char	*p = s + (s[0] == '.');
	size_t		 label;

	if (strlen(p) <= 253)
		for (;; p += label + 1) {
			label = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
			if (label == 0 || label > 63 || (p[label] != '.' && p[label] != '\0'))
				break;
			if (p[label] == '\0')
				return 0;
		}
	for (p = s; *p != '\0' && !((unsigned char)*p & 0x80); p++)
		;
	snprintf(err, errlen, *p != '\0' ? "a domain in ASCII, as in \"xn--mnchen-3ya.example\"" :
	    "a domain such as \"treasury.gov.example\", which includes those below it");
	return -1;
}

static int
check_subject(const char *s, char *err, size_t errlen)
{
	size_t	 i;

	for (i = 0; s[i] >= ' ' && s[i] <= '~'; i++)
		;
	if (s[i] == '\0' && i > 0 && i <= 1024 && strcasecmp(s, "CN=") != 0)
		return 0;
	snprintf(err, errlen, "a certificate's subject as the MTA tells it: \"CN=mx.example.org\", or a whole DN such as "
	    "\"/C=GB/O=Example/CN=mx.example.org\"");
	return -1;
}

static int
check_reason(const char *s, char *err, size_t errlen)
{
	size_t	 i;

	for (i = 0; (unsigned char)s[i] >= ' ' && s[i] != 0x7f; i++)
		;
	if (s[i] == '\0' && i <= 200 && strspn(s, " ") < i)
		return 0;
	snprintf(err, errlen, "a sentence of at most 200 octets that says why");
	return -1;
}

/* Days from 1970-01-01 of a date of the Gregorian calendar, March being the first month of a year. */
static int64_t
days_of(int year, int month, int day)
{
	int	 y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;

	return (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static int
date_parse(const char *s, int64_t *seconds)
{
	static const int	 length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int			 i, y, m, d, leap;

	for (i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? s[i] != '-' : !isdigit((unsigned char)s[i]))
			return -1;
	if (s[10] != '\0')
		return -1;
	y = atoi(s);
	m = atoi(s + 5);
	d = atoi(s + 8);
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (y < 1970 || m < 1 || m > 12 || d < 1 || d > length[m - 1] + (m == 2 && leap))
		return -1;
	*seconds = days_of(y, m, d) * DAY_SECONDS;
	return 0;
}

static int
check_date(const char *s, char *err, size_t errlen)
{
	int64_t	 seconds;

	if (date_parse(s, &seconds) == 0)
		return 0;
	snprintf(err, errlen, "a day such as \"2026-12-31\"");
	return -1;
}

static const char *
date_str(int64_t seconds, char *out, size_t size)
{
	time_t		 t = (time_t)seconds;
	struct tm	 tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(out, size, "%Y-%m-%d", &tm) == 0)
		snprintf(out, size, "1970-01-01");
	return out;
}

/* The versions that a rule may ask for. */
#define VERSION_LOWEST	2	/* "TLSv1" in received_versions: TLS at all */

static int
check_version(const char *s, char *err, size_t errlen)
{
	const char	*guess;
	size_t		 i;

	for (i = VERSION_LOWEST; received_versions[i] != NULL; i++)
		if (strcmp(received_versions[i], s) == 0)
			return 0;
	guess = conf_word_guess(s, received_versions + VERSION_LOWEST);
	snprintf(err, errlen, "\"TLSv1\", \"TLSv1.1\", \"TLSv1.2\" or \"TLSv1.3\"%s%s%s", guess != NULL ? "; did you mean \"" : "",
	    guess != NULL ? guess : "", guess != NULL ? "\"?" : "");
	return -1;
}

static const char *const	action_words[] = { "log", "tag", "tempfail", "reject", NULL };

static int
action_parse(const char *s, struct partner *p)
{
	struct policy_action	 action;
	const char		*word = strncmp(s, "watch:", 6) == 0 ? s + 6 : s;
	size_t			 i;

	for (i = 0; action_words[i] != NULL && strcmp(word, action_words[i]) != 0; i++)
		;
	if (action_words[i] == NULL)
		return -1;
	action.action = ACTION_ACCEPT;
	if (i > 0 && policy_action_parse(word, &action) == -1)
		return -1;
	p->action = (int)action.action;
	p->watch = word != s;
	return 0;
}

static int
check_action(const char *s, char *err, size_t errlen)
{
	struct partner	 unused;

	if (action_parse(s, &unused) == 0)
		return 0;
	snprintf(err, errlen, "\"log\", \"tag\", \"tempfail\", \"reject\", or one of them behind \"watch:\"");
	return -1;
}

/* ---- the keys ---- */

enum take { TAKE_KEY, TAKE_DOMAIN, TAKE_DAY, TAKE_DAY_END, TAKE_VERSION, TAKE_ACTION, TAKE_REQUIRE, TAKE_EXCEPTIONS };

struct row {
	const char	*name;
	enum take	 take;
	enum conf_type	 type;
	size_t		 offset;
	unsigned int	 flags;
	uint64_t	 max;
	const struct conf_choice *choices;
	int		 (*check)(const char *, char *, size_t);
};

static const struct conf_choice	grade_choices[] = {
	{ "legacy", GRADE_LEGACY }, { "acceptable", GRADE_ACCEPTABLE }, { "recommended", GRADE_RECOMMENDED }, { NULL, 0 }
};

#define P(m)	offsetof(struct partner, m)
#define E(m)	offsetof(struct partner_exception, m)

static const struct row partner_rows[] = {
	{ "name", TAKE_KEY, KEY_STRING, P(name), 0, 0, NULL, check_name },
	{ "domains", TAKE_KEY, KEY_LIST, P(domains), KEY_LOWER, 0, NULL, check_domain },
	{ "networks", TAKE_KEY, KEY_NETS, P(networks), 0, 0, NULL, NULL },
	{ "certificates", TAKE_KEY, KEY_LIST, P(certificates), 0, 0, NULL, check_subject },
	{ "recipients", TAKE_KEY, KEY_LIST, P(recipients), KEY_LOWER, 0, NULL, check_domain },
	{ "require", TAKE_REQUIRE, KEY_STRING, 0, 0, 0, NULL, NULL },
	{ "since", TAKE_DAY, KEY_STRING, P(since), 0, 0, NULL, check_date },
	{ "until", TAKE_DAY_END, KEY_STRING, P(until), 0, 0, NULL, check_date },
	{ "grace", TAKE_KEY, KEY_TIME, P(grace_ms), 0, YEAR_MS, NULL, NULL },
	{ "exceptions", TAKE_EXCEPTIONS, KEY_STRING, 0, 0, 0, NULL, NULL },
	{ "action", TAKE_ACTION, KEY_STRING, 0, 0, 0, NULL, check_action },
	{ NULL, TAKE_KEY, KEY_STRING, 0, 0, 0, NULL, NULL }
};

static const struct row require_rows[] = {
	{ "version", TAKE_VERSION, KEY_STRING, P(version), 0, 0, NULL, check_version },
	{ "grade", TAKE_KEY, KEY_ENUM, P(grade), 0, 0, grade_choices, NULL },
	{ "verified", TAKE_KEY, KEY_BOOL, P(verified), 0, 0, NULL, NULL },
	{ NULL, TAKE_KEY, KEY_STRING, 0, 0, 0, NULL, NULL }
};

static const struct row exception_rows[] = {
	{ "domain", TAKE_DOMAIN, KEY_STRING, E(domain), 0, 0, NULL, check_domain },
	{ "recipient", TAKE_DOMAIN, KEY_STRING, E(recipient), 0, 0, NULL, check_domain },
	{ "networks", TAKE_KEY, KEY_NETS, E(networks), 0, 0, NULL, NULL },
	{ "reason", TAKE_KEY, KEY_STRING, E(reason), 0, 0, NULL, check_reason },
	{ "expires", TAKE_DAY_END, KEY_STRING, E(expires), 0, 0, NULL, check_date },
	{ NULL, TAKE_KEY, KEY_STRING, 0, 0, 0, NULL, NULL }
};

#define ROWS_MAX	16	/* of one table */

/* ---- reading ---- */

static void
complain(struct partners_reading *r, const struct conf_place *place, const char *where, const char *what)
{
	conf_error(r->errs, place, "%s: %s", where, what);
	r->failed = 1;
}

/* A value that conf_value.c does not know: read as text first, so that it passes its check there. */
static int
take_text(struct partners_reading *r, const struct row *row, const struct conf_key *key, void *to,
    const struct conf_value *v)
{
	char	*text = NULL, *p;
	int64_t	 seconds = 0;
	size_t	 i;

	if (conf_value_store(&text, key, v, r->src, r->errs) == -1 || text == NULL)
		return -1;
	switch (row->take) {
	case TAKE_DOMAIN:
		for (p = text; *p != '\0'; p++)
			*p = (char)tolower((unsigned char)*p);
		if (text[0] == '.')
			memmove(text, text + 1, strlen(text));
		*(char **)to = text;
		return 0;
	case TAKE_DAY:
	case TAKE_DAY_END:
		(void)date_parse(text, &seconds);
		*(int64_t *)to = seconds + (row->take == TAKE_DAY_END ? DAY_SECONDS : 0);
		break;
	case TAKE_VERSION:
		for (i = 0; received_versions[i] != NULL; i++)
			if (strcmp(received_versions[i], text) == 0)
				*(const char **)to = received_versions[i];
		break;
	default:
		(void)action_parse(text, to);
	}
	free(text);
	return 0;
}

static int
empty_list(const struct row *row, const void *to)
{
	char	*const *list;

	if (row->type == KEY_NETS)
		return ((const struct cidr_list *)to)->count == 0;
	list = *(char *const *const *)to;
	return list == NULL || list[0] == NULL;
}

static void
take(struct partners_reading *r, const struct row *row, const char *where, void *base, const config_setting_t *s)
{
	const struct conf_key	 key = {
		where, row->type, ROOM_NONE, 0, NULL, NULL, row->flags, 0, row->max, row->choices, row->check
	};
	struct conf_value	 v;
	void			*to = (char *)base + row->offset;

	if (conf_tree_value(r->src, s, &v) == -1)
		complain(r, &v.place, where, "no memory");
	else if (row->take != TAKE_KEY) {
		if (take_text(r, row, &key, to, &v) == -1)
			r->failed = 1;
	} else if (conf_value_store(to, &key, &v, r->src, r->errs) == -1)
		r->failed = 1;
	else if ((row->type == KEY_LIST || row->type == KEY_NETS) && empty_list(row, to))
		complain(r, &v.place, where, "got an empty list, want an entry, or leave the key out");
	conf_value_free(&v);
}

static void
unknown(struct partners_reading *r, const struct row *rows, const char *where, const config_setting_t *s)
{
	const char		*names[ROWS_MAX], *guess;
	struct conf_place	 place = conf_tree_place(r->src, s);
	size_t			 n;

	for (n = 0; rows[n].name != NULL; n++)
		names[n] = rows[n].name;
	names[n] = NULL;
	guess = conf_word_guess(config_setting_name(s), names);
	if (guess != NULL)
		conf_error(r->errs, &place, "%s: unknown key: %.80s; did you mean %s?", where, config_setting_name(s), guess);
	else
		conf_error(r->errs, &place, "%s: unknown key: %.80s; hopward.conf(5) lists all", where, config_setting_name(s));
	r->failed = 1;
}

static const struct row *
row_find(const struct row *rows, const char *name)
{
	for (; rows->name != NULL; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

static void	exceptions_read(struct partners_reading *, struct partner *, const char *, config_setting_t *);

/* The keys of one group into what begins at base. */
static void
group_read(struct partners_reading *r, const struct row *rows, const char *of, void *base, config_setting_t *group)
{
	config_setting_t	*s;
	const struct row	*row;
	struct conf_place	 place;
	char			 where[WHERE_MAX];
	int			 i;

	for (i = 0; i < config_setting_length(group); i++) {
		s = config_setting_get_elem(group, (unsigned int)i);
		if ((row = row_find(rows, config_setting_name(s))) == NULL) {
			unknown(r, rows, of, s);
			continue;
		}
		snprintf(where, sizeof(where), "%s, %s", of, row->name);
		place = conf_tree_place(r->src, s);
		if (row->take == TAKE_EXCEPTIONS)
			exceptions_read(r, base, of, s);
		else if (row->take != TAKE_REQUIRE)
			take(r, row, where, base, s);
		else if (!config_setting_is_group(s))
			complain(r, &place, where, "is a group, written  require = { version = \"TLSv1.2\"; };");
		else
			group_read(r, require_rows, where, base, s);
	}
}

/* ---- exceptions ---- */

static void
exception_check(struct partners_reading *r, const char *where, const struct partner_exception *e,
    const struct conf_place *place)
{
	char	 day[16];

	if (e->reason == NULL)
		complain(r, place, where, "has no reason = \"...\", which everybody needs who asks why it is there");
	if (e->expires == 0)
		complain(r, place, where, "has no expires = \"YYYY-MM-DD\": an exception ends");
	if (e->domain == NULL && e->recipient == NULL && e->networks.count == 0)
		complain(r, place, where, "has neither domain nor networks nor recipient: it would be for all");
	if (r->failed || r->src->closed || r->now < e->expires)
		return;
	conf_error(&r->notes->over, place, "note: %s: expired at the end of %s: %s", where,
	    date_str(e->expires - DAY_SECONDS, day, sizeof(day)), e->reason);
}

static void
exceptions_read(struct partners_reading *r, struct partner *p, const char *of, config_setting_t *list)
{
	config_setting_t	*s;
	struct conf_place	 place = conf_tree_place(r->src, list);
	char			 where[WHERE_MAX];
	int			 i, n = config_setting_length(list), failed;

	snprintf(where, sizeof(where), "%s, exceptions", of);
	if (config_setting_type(list) != CONFIG_TYPE_LIST && n > 0) {
		complain(r, &place, where, "is a list of groups, written  exceptions = ( { ... }, { ... } );");
		return;
	}
	if (n > PARTNER_EXCEPTIONS_MAX) {
		conf_error(r->errs, &place, "%s: got %d, want at most %d", where, n, PARTNER_EXCEPTIONS_MAX);
		r->failed = 1;
		return;
	}
	if (n > 0 && (p->exceptions = calloc((size_t)n, sizeof(*p->exceptions))) == NULL) {
		complain(r, &place, where, "no memory");
		return;
	}
	for (i = 0; i < n; i++) {
		s = config_setting_get_elem(list, (unsigned int)i);
		place = conf_tree_place(r->src, s);
		snprintf(where, sizeof(where), "%s, exception %d", of, i + 1);
		if (!config_setting_is_group(s)) {
			complain(r, &place, where, "want a group { ... }");
			continue;
		}
		p->exceptions_count = (size_t)i + 1;
		/* What is missing is told of this one alone, whatever was wrong before. */
		failed = r->failed;
		r->failed = 0;
		group_read(r, exception_rows, where, &p->exceptions[i], s);
		if (!r->failed)
			exception_check(r, where, &p->exceptions[i], &place);
		r->failed |= failed;
	}
}

/* ---- one partner ---- */

static void
partner_check(struct partners_reading *r, const char *where, const struct partner *p, const struct conf_place *place)
{
	char	 day[16];

	if (p->domains == NULL && p->networks.count == 0 && p->certificates == NULL && p->recipients == NULL)
		complain(r, place, where, "has neither domains nor networks nor certificates nor recipients: whom is it about?");
	if (p->until != 0 && p->until <= p->since)
		complain(r, place, where, "until is before since");
	if (p->grace_ms > 0 && p->since == 0)
		complain(r, place, where, "grace counts from since, which is not set");
	if (p->grade != GRADE_UNKNOWN && r->notes->graded.file == NULL) {
		r->notes->graded = *place;
		snprintf(r->notes->graded_name, sizeof(r->notes->graded_name), "%s", p->name);
	}
	if (!r->failed && !r->src->closed && p->until != 0 && r->now >= p->until)
		conf_error(&r->notes->over, place, "note: %s: is over since the end of %s", where,
		    date_str(p->until - DAY_SECONDS, day, sizeof(day)));
}

/* "partner NAME", or its number if it has no good name; then that was said. */
static void
partner_name(struct partners_reading *r, const struct partners *to, size_t n, config_setting_t *group, char *where)
{
	const struct conf_place	*place = &r->places[n];
	config_setting_t	*s = config_setting_get_member(group, "name");
	char			 err[256];
	const char		*name = s != NULL ? config_setting_get_string(s) : NULL;
	size_t			 i;

	snprintf(where, WHERE_MAX, "partner %zu", n + 1);
	if (s == NULL)
		complain(r, place, where, "has no name = \"...\", by which rules and reports call it");
	if (name == NULL || check_name(name, err, sizeof(err)) == -1)
		return;
	snprintf(where, WHERE_MAX, "partner %s", name);
	for (i = 0; i < n; i++)
		if (to->list[i].name != NULL && strcasecmp(to->list[i].name, name) == 0) {
			conf_error(r->errs, place, "%s: there is one of this name already, at %s:%u", where,
			    r->places[i].file, r->places[i].line);
			r->failed = 1;
		}
}

static void
partner_read(struct partners_reading *r, struct partners *to, size_t n, config_setting_t *s)
{
	struct partner		*p = &to->list[n];
	char			 where[WHERE_MAX];
	int			 failed = r->failed;

	r->places[n] = conf_tree_place(r->src, s);
	to->count = n + 1;
	if (!config_setting_is_group(s)) {
		snprintf(where, sizeof(where), "partner %zu", n + 1);
		complain(r, &r->places[n], where, "want a group { name = \"...\"; ... }");
		return;
	}
	p->line = r->places[n].line;
	p->grade = GRADE_UNKNOWN;
	p->action = ACTION_TAG;
	r->failed = 0;
	partner_name(r, to, n, s, where);
	group_read(r, partner_rows, where, p, s);
	if (!r->failed)
		partner_check(r, where, p, &r->places[n]);
	r->failed |= failed;
}

int
conf_partners_read(struct partners *to, struct config_setting_t *list, struct conf_source *src,
    struct conf_partners_notes *notes, struct buf *errs)
{
	struct partners_reading	 r = { .src = src, .notes = notes, .errs = errs, .now = (int64_t)time(NULL) };
	struct conf_place	 place = conf_tree_place(src, list);
	int			 i, n = config_setting_length(list);

	partners_free(to);
	if (config_setting_type(list) != CONFIG_TYPE_LIST && !(config_setting_type(list) == CONFIG_TYPE_ARRAY && n == 0)) {
		conf_error(errs, &place, "partners: is a list of groups, written  partners = ( { name = \"...\"; ... } );");
		return -1;
	}
	if (n > PARTNERS_MAX) {
		conf_error(errs, &place, "partners: got %d, want at most %d", n, PARTNERS_MAX);
		return -1;
	}
	if ((to->list = calloc((size_t)n + 1, sizeof(*to->list))) == NULL ||
	    (r.places = calloc((size_t)n + 1, sizeof(*r.places))) == NULL) {
		conf_error(errs, &place, "partners: no memory");
		return -1;
	}
	for (i = 0; i < n; i++)
		partner_read(&r, to, (size_t)i, config_setting_get_elem(list, (unsigned int)i));
	free(r.places);
	return r.failed ? -1 : 0;
}

/* ---- printing ---- */

static void
print_day(struct buf *out, const char *key, int64_t seconds)
{
	char	 day[16];

	buf_addf(out, " %s = \"%s\";", key, date_str(seconds, day, sizeof(day)));
}

static void
print_texts(struct buf *out, const char *key, char *const *list)
{
	if (list == NULL)
		return;
	buf_addf(out, "\t\t%s = ", key);
	conf_print_list(out, list);
	buf_addz(out, ";\n");
}

static void
print_key(struct buf *out, const char *key, const char *text)
{
	if (text == NULL)
		return;
	buf_addf(out, " %s = ", key);
	conf_print_text(out, text);
	buf_addc(out, ';');
}

static void
print_exceptions(struct buf *out, const struct partner *p)
{
	size_t	 i;

	if (p->exceptions_count == 0)
		return;
	buf_addz(out, "\t\texceptions = (");
	for (i = 0; i < p->exceptions_count; i++) {
		const struct partner_exception *e = &p->exceptions[i];

		buf_addz(out, i == 0 ? "\n\t\t\t{" : ",\n\t\t\t{");
		print_key(out, "domain", e->domain);
		print_key(out, "recipient", e->recipient);
		if (e->networks.count > 0) {
			buf_addz(out, " networks = ");
			conf_print_nets(out, &e->networks);
			buf_addc(out, ';');
		}
		print_key(out, "reason", e->reason);
		print_day(out, "expires", e->expires - DAY_SECONDS);
		buf_addz(out, " }");
	}
	buf_addz(out, "\n\t\t);\n");
}

static void
print_require(struct buf *out, const struct partner *p)
{
	if (p->version == NULL && p->grade == GRADE_UNKNOWN && !p->verified)
		return;
	buf_addz(out, "\t\trequire = {");
	print_key(out, "version", p->version);
	if (p->grade != GRADE_UNKNOWN)
		print_key(out, "grade", grade_str(p->grade));
	buf_addf(out, " verified = %s; };\n", p->verified ? "true" : "false");
}

static void
print_times(struct buf *out, const struct partner *p)
{
	char	 text[48];

	if (p->since == 0 && p->until == 0)
		return;
	buf_addc(out, '\t');
	buf_addc(out, '\t');
	if (p->since != 0)
		print_day(out, "since", p->since);
	if (p->until != 0)
		print_day(out, "until", p->until - DAY_SECONDS);
	if (p->grace_ms != 0) {
		units_time_str(p->grace_ms, text, sizeof(text));
		print_key(out, "grace", text);
	}
	buf_addc(out, '\n');
}

void
conf_partners_print(const struct partners *partners, struct buf *out)
{
	size_t	 i;

	buf_addc(out, '(');
	for (i = 0; i < partners->count; i++) {
		const struct partner *p = &partners->list[i];

		buf_addf(out, "%s\n\t{\n\t\tname = \"%s\";\n", i == 0 ? "" : ",", p->name);
		print_texts(out, "domains", p->domains);
		if (p->networks.count > 0) {
			buf_addz(out, "\t\tnetworks = ");
			conf_print_nets(out, &p->networks);
			buf_addz(out, ";\n");
		}
		print_texts(out, "certificates", p->certificates);
		print_texts(out, "recipients", p->recipients);
		print_require(out, p);
		print_times(out, p);
		print_exceptions(out, p);
		buf_addf(out, "\t\taction = \"%s%s\";\n\t}", p->watch ? "watch:" : "",
		    p->action == ACTION_ACCEPT ? "log" : action_str((enum action)p->action));
	}
	buf_addz(out, partners->count == 0 ? " )" : "\n)");
}
