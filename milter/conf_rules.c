/* SPDX-License-Identifier: ISC */
/* The list of rules of hopward.conf(5): libconfig's groups -> struct rules, and back to text. */

/*
 * Called by conf.c and conf_print.c.  Single keys go through conf_value.c's
 * types, so lists take files and refusals look the same everywhere.  A key that
 * is there with nothing in it is refused, as a rule without it would be about
 * more mail than anybody meant; so is a rule that can never do what it says.
 */

#include <libconfig.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_int.h"
#include "base/units.h"

#define WHERE_MAX	128	/* of "rule NAME, when, real_type" */
#define PATTERN_MAX	255

/* One reading of the list. */
struct rules_reading {
	struct conf_source	*src;
	struct conf_place	*places;	/* of the rules read so far */
	struct buf		*errs;
	int			 failed;
};

/* ---- checks of single texts; what is wanted in err ---- */

static int
check_name(const char *s, char *err, size_t errlen)
{
	if (isalnum((unsigned char)s[0]) && strlen(s) <= RULE_NAME_MAX &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(s))
		return 0;
	snprintf(err, errlen, "a word of at most %d letters, digits, '.', '-' and '_', such as \"encrypted-programs\"",
	    RULE_NAME_MAX);
	return -1;
}

static int
is_pattern(const char *s)
{
	size_t	 i;

	for (i = 0; (unsigned char)s[i] >= ' ' && s[i] != 0x7f; i++)
		;
	return s[i] == '\0' && i > 0 && i <= PATTERN_MAX;
}

static int
check_signature(const char *s, char *err, size_t errlen)
{
	if (is_pattern(s) && strchr(s, ' ') == NULL)
		return 0;
	snprintf(err, errlen, "a signature's name with '*' for any octets, such as \"*.UNOFFICIAL\"");
	return -1;
}

static int
check_file_name(const char *s, char *err, size_t errlen)
{
	if (is_pattern(s) && strpbrk(s, "/\\") == NULL)
		return 0;
	snprintf(err, errlen, "a file's name without its folders, '*' for any octets, such as \"invoice*.htm*\"");
	return -1;
}

static int
check_type(const char *s, char *err, size_t errlen)
{
	if (is_pattern(s) && strchr(s, ' ') == NULL && (strchr(s, '/') != NULL || strchr(s, '*') != NULL))
		return 0;
	snprintf(err, errlen, "a media type, '*' for any octets, such as \"application/pdf\" or \"image/*\"");
	return -1;
}

static int
check_real_type(const char *s, char *err, size_t errlen)
{
	if (is_pattern(s) && strchr(s, ' ') == NULL &&
	    (strncasecmp(s, "CL_TYPE_", 8) == 0 || strchr(s, '/') != NULL || strchr(s, '*') != NULL))
		return 0;
	snprintf(err, errlen, "a type as the record has it, '*' for any octets: \"CL_TYPE_7Z\", or a media type");
	return -1;
}

static int
check_extension(const char *s, char *err, size_t errlen)
{
	if (s[0] != '\0' && strlen(s) <= 32 && strpbrk(s, "/\\. \t\"*") == NULL)
		return 0;
	snprintf(err, errlen, "an extension without its dot, such as \"exe\"; name = [ \"*.exe*\" ] takes patterns");
	return -1;
}

static int
check_address(const char *s, char *err, size_t errlen)
{
	const char	*at = strrchr(s, '@'), *domain = at != NULL ? at + 1 : s;

	if (is_pattern(s) && at != s && domain[0] != '\0' && strpbrk(s, " <>*") == NULL &&
	    strspn(domain, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen(domain))
		return 0;
	snprintf(err, errlen, "a domain, which includes those below it, or an address");
	return -1;
}

static int
check_reason(const char *s, char *err, size_t errlen)
{
	if (is_pattern(s) && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-*.") == strlen(s))
		return 0;
	snprintf(err, errlen, "a token of hopward-log(5), such as \"PARTIAL\" or \"CT-DUP\"");
	return -1;
}

/* Words of a list, for guesses and for what is wanted. */
static const char *const	outcome_words[] = {
#define X(e, s) s,
	OUTCOMES(X)
#undef X
	NULL
};
static const char *const	class_words[] = {
#define X(e, s) s,
	CLASSES(X)
#undef X
	NULL
};

static int
word_index(const char *const *words, const char *s)
{
	int	 i;

	for (i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], s) == 0)
			return i;
	return -1;
}

static int
check_word(const char *const *words, const char *s, char *err, size_t errlen)
{
	const char	*guess;
	size_t		 i, n = 0;

	if (word_index(words, s) != -1)
		return 0;
	if ((guess = conf_word_guess(s, words)) != NULL) {
		snprintf(err, errlen, "\"%s\"?", guess);
		return -1;
	}
	for (i = 0; words[i] != NULL && n < errlen; i++)
		n += (size_t)snprintf(err + n, errlen - n, "%s\"%s\"", i == 0 ? "one of " : ", ", words[i]);
	return -1;
}

static int
check_outcome(const char *s, char *err, size_t errlen)
{
	return check_word(outcome_words, s, err, errlen);
}

static int
check_class(const char *s, char *err, size_t errlen)
{
	return check_word(class_words, s, err, errlen);
}

/* What a rule may make of a finding: not clean, and nothing that says that there was no scan. */
static int
check_outcome_to(const char *s, char *err, size_t errlen)
{
	static const char	*const words[] = {
		"infected", "pua", "encrypted", "macro", "blocked", "ambiguous", "limit", "unopened", NULL
	};

	if (strcmp(s, "clean") != 0)
		return check_word(words, s, err, errlen);
	snprintf(err, errlen, "action = \"accept\": clean is what the scanner says, and nobody else");
	return -1;
}

static int
check_action(const char *s, char *err, size_t errlen)
{
	struct policy_action	 unused;

	if (policy_action_parse(s, &unused) == 0)
		return 0;
	snprintf(err, errlen, "\"accept\", \"tag\", \"quarantine\", \"tempfail\", \"reject\", \"discard\", or one of them "
	    "behind \"watch:\"");
	return -1;
}

/* ---- the keys ---- */

enum take { TAKE_KEY, TAKE_BOOL, TAKE_OUTCOMES, TAKE_CLASSES, TAKE_ACTION, TAKE_OUTCOME, TAKE_WHEN };

struct row {
	const char	*name;
	enum take	 take;
	enum conf_type	 type;
	size_t		 offset;
	unsigned int	 flags;
	uint64_t	 min, max;
	int		 (*check)(const char *, char *, size_t);
};

#define R(m)	offsetof(struct rule, m)
#define LIST(name, m, flags, check) { name, TAKE_KEY, KEY_LIST, R(m), flags, 0, 0, check }

static const struct row rule_rows[] = {
	{ "name", TAKE_KEY, KEY_STRING, R(name), 0, 0, 0, check_name },
	{ "when", TAKE_WHEN, KEY_STRING, 0, 0, 0, 0, NULL },
	{ "action", TAKE_ACTION, KEY_STRING, 0, 0, 0, 0, check_action },
	{ "outcome", TAKE_OUTCOME, KEY_STRING, 0, 0, 0, 0, check_outcome_to },
	{ NULL, TAKE_KEY, KEY_STRING, 0, 0, 0, 0, NULL }
};

static const struct row when_rows[] = {
	{ "outcome", TAKE_OUTCOMES, KEY_LIST, R(outcomes), 0, 0, 0, check_outcome },
	{ "class", TAKE_CLASSES, KEY_LIST, R(classes), 0, 0, 0, check_class },
	LIST("signature", signatures, 0, check_signature),
	LIST("extension", extensions, KEY_LOWER, check_extension),
	LIST("extension_not", extensions_not, KEY_LOWER, check_extension),
	LIST("name", names, 0, check_file_name),
	LIST("type", types, 0, check_type),
	LIST("real_type", real_types, 0, check_real_type),
	LIST("container", containers, 0, check_real_type),
	LIST("reason", reasons, 0, check_reason),
	LIST("partner", partners, 0, check_name),
	LIST("sender", senders, KEY_LOWER, check_address),
	LIST("recipient", recipients, KEY_LOWER, check_address),
	{ "member", TAKE_BOOL, KEY_BOOL, R(member), 0, 0, 0, NULL },
	{ "encrypted", TAKE_BOOL, KEY_BOOL, R(encrypted), 0, 0, 0, NULL },
	{ "larger", TAKE_KEY, KEY_SIZE, R(larger), 0, 1, UINT64_MAX >> 1, NULL },
	{ "deeper", TAKE_KEY, KEY_COUNT, R(deeper), 0, 1, 1000, NULL },
	{ "members", TAKE_KEY, KEY_COUNT, R(members), 0, 1, SCAN_PARTS_MAX, NULL },
	{ "expansion", TAKE_KEY, KEY_COUNT, R(expansion), 0, 1, 1000000, NULL },
	{ NULL, TAKE_KEY, KEY_STRING, 0, 0, 0, 0, NULL }
};

#define ROWS_MAX	24	/* of one table */

/* ---- reading ---- */

static void
complain(struct rules_reading *r, const struct conf_place *place, const char *where, const char *what)
{
	conf_error(r->errs, place, "%s: %s", where, what);
	r->failed = 1;
}

static void
unknown(struct rules_reading *r, const struct row *rows, const char *where, const config_setting_t *s)
{
	const char		*names[ROWS_MAX], *guess;
	const char		*name = config_setting_name(s);
	struct conf_place	 place = conf_tree_place(r->src, s);
	size_t			 n;

	for (n = 0; rows[n].name != NULL; n++)
		names[n] = rows[n].name;
	names[n] = NULL;
	guess = conf_word_guess(name, names);
	if (guess != NULL)
		conf_error(r->errs, &place, "%s: unknown key: %.80s; did you mean %s?", where, name, guess);
	else if (rows == rule_rows && word_index((const char *const[]){ "extension", "signature", "class", "real_type",
	    "type", "partner", "recipient", "sender", "member", "encrypted", NULL }, name) != -1)
		conf_error(r->errs, &place, "%s: %s is a condition: it stands in  when = { ... };", where, name);
	else
		conf_error(r->errs, &place, "%s: unknown key: %.80s; hopward.conf(5) lists all", where, name);
	r->failed = 1;
}

/* A list of words as bits. */
static uint32_t
bits_of(char *const *list, const char *const *words)
{
	uint32_t	 bits = 0;
	int		 i;

	for (; list != NULL && *list != NULL; list++)
		if ((i = word_index(words, *list)) != -1)
			bits |= 1u << i;
	return bits;
}

static void
list_free(char **list)
{
	char	**p;

	for (p = list; p != NULL && *p != NULL; p++)
		free(*p);
	free(list);
}

/* Reads what conf_value.c does not keep in our form: through its checks first. */
static int
take_special(struct rules_reading *r, const struct row *row, const struct conf_key *key, struct rule *rule,
    const struct conf_value *v)
{
	struct policy_action	 action;
	char			**list = NULL, *text = NULL;
	int			 on = 0, rc;
	void			*to = row->take == TAKE_BOOL ? (void *)&on : key->type == KEY_LIST ? (void *)&list : (void *)&text;

	if ((rc = conf_value_store(to, key, v, r->src, r->errs)) == 0)
		switch (row->take) {
		case TAKE_BOOL:
			*(int *)((char *)rule + row->offset) = on;
			break;
		case TAKE_OUTCOMES:
			rule->outcomes = bits_of(list, outcome_words);
			break;
		case TAKE_CLASSES:
			rule->classes = bits_of(list, class_words);
			break;
		case TAKE_ACTION:
			(void)policy_action_parse(text, &action);
			rule->action = (int)action.action;
			rule->watch = action.watch;
			rule->has_action = 1;
			break;
		default:
			(void)outcome_parse(text, &rule->outcome);
		}
	if (rc == 0 && key->type == KEY_LIST && (list == NULL || list[0] == NULL))
		complain(r, &v->place, key->path, "got an empty list, want an entry, or leave the key out");
	list_free(list);
	free(text);
	return rc;
}

static void
take(struct rules_reading *r, const struct row *row, const char *where, struct rule *rule, const config_setting_t *s)
{
	const struct conf_key	 key = {
		where, row->type, ROOM_NONE, 0, NULL, NULL, row->flags, row->min, row->max, NULL, row->check
	};
	void			*to = (char *)rule + row->offset;
	struct conf_value	 v;

	if (conf_tree_value(r->src, s, &v) == -1)
		complain(r, &v.place, where, "no memory");
	else if (row->take != TAKE_KEY) {
		if (take_special(r, row, &key, rule, &v) == -1)
			r->failed = 1;
	} else if (conf_value_store(to, &key, &v, r->src, r->errs) == -1)
		r->failed = 1;
	else if (row->type == KEY_LIST && (*(char ***)to == NULL || **(char ***)to == NULL))
		complain(r, &v.place, where, "got an empty list, want an entry, or leave the key out");
	conf_value_free(&v);
}

static const struct row *
row_find(const struct row *rows, const char *name)
{
	for (; rows->name != NULL; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

static void
when_read(struct rules_reading *r, const char *of, struct rule *rule, config_setting_t *group)
{
	config_setting_t	*s;
	const struct row	*row;
	struct conf_place	 place = conf_tree_place(r->src, group);
	char			 where[WHERE_MAX + 24];
	int			 i;

	snprintf(where, sizeof(where), "%s, when", of);
	if (!config_setting_is_group(group)) {
		complain(r, &place, where, "is a group, written  when = { extension = [ \"iso\" ]; };");
		return;
	}
	for (i = 0; i < config_setting_length(group); i++) {
		s = config_setting_get_elem(group, (unsigned int)i);
		snprintf(where, sizeof(where), "%s, when", of);
		if ((row = row_find(when_rows, config_setting_name(s))) == NULL) {
			unknown(r, when_rows, where, s);
			continue;
		}
		snprintf(where, sizeof(where), "%s, %s", of, row->name);
		take(r, row, where, rule, s);
	}
}

/* "rule NAME", or its number if it has no good name; then that was said. */
static void
rule_name(struct rules_reading *r, const struct rules *to, size_t n, config_setting_t *group, char *where)
{
	const struct conf_place	*place = &r->places[n];
	config_setting_t	*s = config_setting_get_member(group, "name");
	const char		*name = s != NULL ? config_setting_get_string(s) : NULL;
	char			 err[256];
	size_t			 i;

	snprintf(where, WHERE_MAX, "rule %zu", n + 1);
	if (s == NULL)
		complain(r, place, where, "has no name = \"...\", by which records call it");
	if (name == NULL || check_name(name, err, sizeof(err)) == -1)
		return;
	snprintf(where, WHERE_MAX, "rule %s", name);
	for (i = 0; i < n; i++)
		if (to->list[i].name != NULL && strcasecmp(to->list[i].name, name) == 0) {
			conf_error(r->errs, place, "%s: there is one of this name already, at %s:%u", where,
			    r->places[i].file, r->places[i].line);
			r->failed = 1;
		}
}

static void
rule_read(struct rules_reading *r, struct rules *to, size_t n, config_setting_t *group)
{
	struct rule		*rule = &to->list[n];
	config_setting_t	*s;
	const struct row	*row;
	char			 of[WHERE_MAX], where[WHERE_MAX + 16];
	int			 i, failed = r->failed;

	r->places[n] = conf_tree_place(r->src, group);
	to->count = n + 1;
	rule->member = rule->encrypted = -1;
	rule->outcome = OUTCOME_CLEAN;
	rule->line = r->places[n].line;
	if (!config_setting_is_group(group)) {
		snprintf(where, sizeof(where), "rule %zu", n + 1);
		complain(r, &r->places[n], where, "want a group { name = \"...\"; when = { ... }; action = \"...\"; }");
		return;
	}
	r->failed = 0;
	rule_name(r, to, n, group, of);
	for (i = 0; i < config_setting_length(group); i++) {
		s = config_setting_get_elem(group, (unsigned int)i);
		if ((row = row_find(rule_rows, config_setting_name(s))) == NULL) {
			unknown(r, rule_rows, of, s);
			continue;
		}
		snprintf(where, sizeof(where), "%s, %s", of, row->name);
		if (row->take == TAKE_WHEN)
			when_read(r, of, rule, s);
		else
			take(r, row, where, rule, s);
	}
	if (!r->failed && rule->has_action == (rule->outcome != OUTCOME_CLEAN))
		complain(r, &r->places[n], of, rule->has_action ? "has an action and an outcome: want one of them" :
		    "has neither action = \"...\" nor outcome = \"...\"");
	r->failed |= failed;
}

int
conf_rules_read(struct rules *to, struct config_setting_t *list, struct conf_source *src, struct conf_place **places,
    struct buf *errs)
{
	struct rules_reading	 r = { .src = src, .errs = errs };
	struct conf_place	 place = conf_tree_place(src, list);
	char			 why[256];
	int			 i, n = config_setting_length(list);

	rules_free(to);
	if (config_setting_type(list) != CONFIG_TYPE_LIST && !(config_setting_type(list) == CONFIG_TYPE_ARRAY && n == 0)) {
		conf_error(errs, &place, "rules: is a list of groups, written  rules = ( { name = \"...\"; ... } );");
		return -1;
	}
	if (n > RULES_MAX) {
		conf_error(errs, &place, "rules: got %d, want at most %d: one rule may hold long lists, also file: ones", n,
		    RULES_MAX);
		return -1;
	}
	free(*places);
	if ((to->list = calloc((size_t)n + 1, sizeof(*to->list))) == NULL ||
	    (*places = r.places = calloc((size_t)n + 1, sizeof(*r.places))) == NULL) {
		*places = NULL;
		conf_error(errs, &place, "rules: no memory");
		return -1;
	}
	for (i = 0; i < n; i++)
		rule_read(&r, to, (size_t)i, config_setting_get_elem(list, (unsigned int)i));
	if (!r.failed && (i = rules_check(to, why, sizeof(why))) != -1) {
		conf_error(errs, &r.places[i], "rule %s: %s", to->list[i].name, why);
		r.failed = 1;
	}
	return r.failed ? -1 : 0;
}

int
conf_rules_partners(const struct rules *rules, const struct partners *partners, const struct conf_place *places,
    struct buf *errs)
{
	const char	**names, *guess;
	char		*const *p;
	size_t		 i, k;
	int		 rc = 0;

	if (places == NULL || rules->count == 0)
		return 0;
	if ((names = calloc(partners->count + 1, sizeof(*names))) == NULL) {
		conf_error(errs, NULL, "rules: no memory");
		return -1;
	}
	for (k = 0; k < partners->count; k++)
		names[k] = partners->list[k].name;
	for (i = 0; i < rules->count; i++)
		for (p = rules->list[i].partners; p != NULL && *p != NULL; p++) {
			for (k = 0; k < partners->count && strcasecmp(names[k], *p) != 0; k++)
				;
			if (k < partners->count)
				continue;
			guess = conf_word_guess(*p, names);
			conf_error(errs, &places[i], "rule %s, partner: there is no partner \"%.40s\"%s%s%s", rules->list[i].name,
			    *p, guess != NULL ? "; did you mean \"" : "", guess != NULL ? guess : "", guess != NULL ? "\"?" : "");
			rc = -1;
		}
	free(names);
	return rc;
}

/* ---- printing ---- */

static void
print_texts(struct buf *out, const char *key, char *const *list)
{
	if (list == NULL)
		return;
	buf_addf(out, "\t\t\t%s = ", key);
	conf_print_list(out, list);
	buf_addz(out, ";\n");
}

static void
print_bits(struct buf *out, const char *key, uint32_t bits, const char *const *words)
{
	int	 i, some = 0;

	if (bits == 0)
		return;
	buf_addf(out, "\t\t\t%s = [", key);
	for (i = 0; words[i] != NULL; i++)
		if ((bits & 1u << i) != 0)
			buf_addf(out, "%s\"%s\"", some++ ? ", " : " ", words[i]);
	buf_addz(out, " ];\n");
}

static void
print_count(struct buf *out, const char *key, uint32_t n)
{
	if (n != 0)
		buf_addf(out, "\t\t\t%s = %u;\n", key, n);
}

static void
print_bool(struct buf *out, const char *key, int b)
{
	if (b != -1)
		buf_addf(out, "\t\t\t%s = %s;\n", key, b ? "true" : "false");
}

static void
print_when(struct buf *out, const struct rule *rule)
{
	const struct row	*row;
	char			 text[48];

	print_bits(out, "outcome", rule->outcomes, outcome_words);
	print_bits(out, "class", rule->classes, class_words);
	for (row = when_rows; row->name != NULL; row++)
		if (row->take == TAKE_KEY && row->type == KEY_LIST)
			print_texts(out, row->name, *(char **const *)((const char *)rule + row->offset));
	print_bool(out, "member", rule->member);
	print_bool(out, "encrypted", rule->encrypted);
	if (rule->larger != 0) {
		units_size_str(rule->larger, text, sizeof(text));
		buf_addf(out, "\t\t\tlarger = \"%s\";\n", text);
	}
	print_count(out, "deeper", rule->deeper);
	print_count(out, "members", rule->members);
	print_count(out, "expansion", rule->expansion);
}

void
conf_rules_print(const struct rules *rules, struct buf *out)
{
	size_t	 i;

	buf_addc(out, '(');
	for (i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->list[i];

		buf_addf(out, "%s\n\t{\n\t\tname = \"%s\";\n\t\twhen = {\n", i == 0 ? "" : ",", rule->name);
		print_when(out, rule);
		buf_addz(out, "\t\t};\n");
		if (rule->has_action)
			buf_addf(out, "\t\taction = \"%s%s\";\n\t}", rule->watch ? "watch:" : "",
			    action_str((enum action)rule->action));
		else
			buf_addf(out, "\t\toutcome = \"%s\";\n\t}", outcome_str(rule->outcome));
	}
	buf_addz(out, rules->count == 0 ? " )" : "\n)");
}
