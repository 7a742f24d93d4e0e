/* SPDX-License-Identifier: ISC */
/* Reads the files of profiles, as hopward-profile(5) describes them. */
/*
 * The text and its syntax are read as those of hopward.conf are.  A file with
 * a mistake gives no profile: a rule that is left out would let the next one
 * speak, and that may be a kinder one.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libconfig.h>

#include "conf_int.h"
#include "conf_profile.h"

struct reader {
	struct conf_source	 src;
	struct buf		*errs;
	struct profile		*profile;
	int			 failed;
};


#define X(e, s) s,
static const char *const version_names[] = { SUITE_VERSIONS(X) NULL };
static const char *const kx_names[] = { SUITE_KXS(X) NULL };
static const char *const auth_names[] = { SUITE_AUTHS(X) NULL };
static const char *const cipher_names[] = { SUITE_CIPHERS(X) NULL };
static const char *const mode_names[] = { SUITE_MODES(X) NULL };
static const char *const mac_names[] = { SUITE_MACS(X) NULL };
static const char *const grade_names[] = { GRADES(X) NULL };
#undef X

static const char *const head_keys[] = {
	"name", "version", "date", "source", "compare", "notes", "rules", NULL
};
static const char *const rule_keys[] = {
	"version", "kx", "auth", "cipher", "mode", "mac", "aead", "fs", "export", "draft", "bits", "suite", "grade",
	"reason", "compare", NULL
};

/* ---- refusing ---- */

static void refuse(struct reader *, const config_setting_t *, const char *, ...) __attribute__((format(printf, 3, 4)));

static void
refuse(struct reader *r, const config_setting_t *s, const char *fmt, ...)
{
	struct conf_place	 place = conf_source_place(&r->src, config_setting_source_line(s));
	char			 text[512], *p;
	va_list			 ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	conf_error(r->errs, &place, "%s", text);
	r->failed = 1;
}

static void
refuse_word(struct reader *r, const config_setting_t *s, const char *key, const char *got, const char *const *known)
{
	const char	*guess = conf_word_guess(got, known);

	if (guess != NULL)
		refuse(r, s, "%s: unknown \"%.80s\"; did you mean \"%s\"?", key, got, guess);
	else
		refuse(r, s, "%s: unknown \"%.80s\"; hopward-profile(5) lists all", key, got);
}

static void
refuse_key(struct reader *r, const config_setting_t *s, const char *const *known)
{
	const char	*guess = conf_word_guess(config_setting_name(s), known);

	if (guess != NULL)
		refuse(r, s, "unknown key: %.80s; did you mean %s?", config_setting_name(s), guess);
	else
		refuse(r, s, "unknown key: %.80s; hopward-profile(5) lists all", config_setting_name(s));
}

static void
memory(struct reader *r)
{
	conf_error(r->errs, NULL, "no memory to read the profile");
	r->failed = 1;
}

/* ---- values ---- */

/* The strings of a value, which is one or a list of them; NULL behind the last or for what is none. */
static const char *
string_at(struct reader *r, const config_setting_t *s, int i)
{
	const char	*text;

	if (!config_setting_is_array(s) && !config_setting_is_list(s)) {
		if (i > 0)
			return NULL;
		if ((text = config_setting_get_string(s)) == NULL)
			refuse(r, s, "%s: want a string, or a list of strings: [ \"a\", \"b\" ]", config_setting_name(s));
		return text;
	}
	if (i >= config_setting_length(s)) {
		if (i == 0)
			refuse(r, s, "%s: the list is empty, so nothing could ever match", config_setting_name(s));
		return NULL;
	}
	if ((text = config_setting_get_string(config_setting_get_elem(s, (unsigned int)i))) == NULL)
		refuse(r, s, "%s: want strings in the list", config_setting_name(s));
	return text;
}

static void
set_mask(struct reader *r, const config_setting_t *s, const char *const *names, uint32_t *mask)
{
	const char	*text;
	unsigned int	 v, i;

	for (i = 0; (text = string_at(r, s, (int)i)) != NULL; i++) {
		for (v = 1; names[v] != NULL && strcasecmp(names[v], text) != 0; v++)
			;
		if (names[v] == NULL) {
			refuse_word(r, s, config_setting_name(s), text, names + 1);
			return;
		}
		*mask |= UINT32_C(1) << v;
	}
}

/* Versions as any software writes them. */
static void
set_versions(struct reader *r, const config_setting_t *s, uint32_t *mask)
{
	enum suite_version	 v;
	const char		*text;
	int			 i;

	for (i = 0; (text = string_at(r, s, i)) != NULL; i++) {
		if ((v = suite_version_parse(text, strlen(text))) == SUITE_VERSION_UNKNOWN) {
			refuse_word(r, s, "version", text, version_names + 1);
			return;
		}
		*mask |= UINT32_C(1) << v;
	}
}

static void
set_flag(struct reader *r, const config_setting_t *s, int *flag)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		refuse(r, s, "%s: want true or false", config_setting_name(s));
	else
		*flag = config_setting_get_bool(s) != 0;
}

/* 128, or a string with a comparison: "< 128". */
static void
set_bits(struct reader *r, const config_setting_t *s, struct profile_rule *rule)
{
	const char	*text = config_setting_get_string(s), *p = text, *number;
	char		 op[3] = "";
	unsigned long	 n = 0;

	if (config_setting_type(s) == CONFIG_TYPE_INT && config_setting_get_int(s) >= 0)
		n = (unsigned long)config_setting_get_int(s);
	else if (text != NULL) {
		while (*p == '<' || *p == '>' || *p == '=')
			p++;
		if (p - text <= 2)
			memcpy(op, text, (size_t)(p - text));
		else
			p = "";
		p += strspn(p, " ");
		for (number = p; *p >= '0' && *p <= '9' && n < 100000; p++)
			n = n * 10 + (unsigned long)(*p - '0');
		if (p == number || *p != '\0')
			n = ULONG_MAX;
	} else
		n = ULONG_MAX;
	if (n <= 4096 && (op[0] == '\0' || strcmp(op, "=") == 0))
		rule->bits_min = rule->bits_max = (unsigned int)n;
	else if (n <= 4096 && n > 0 && strcmp(op, "<") == 0)
		rule->bits_max = (unsigned int)n - 1;
	else if (n <= 4096 && strcmp(op, "<=") == 0)
		rule->bits_max = (unsigned int)n;
	else if (n <= 4096 && strcmp(op, ">") == 0)
		rule->bits_min = (unsigned int)n + 1;
	else if (n <= 4096 && strcmp(op, ">=") == 0)
		rule->bits_min = (unsigned int)n;
	else
		refuse(r, s, "bits: want a number up to 4096, or one behind < <= > or >= in a string: \"< 128\"");
}

static void
set_suites(struct reader *r, const config_setting_t *s, struct profile_rule *rule)
{
	struct suite	 suite, *list;
	const char	*text;
	int		 i;

	for (i = 0; (text = string_at(r, s, i)) != NULL; i++) {
		(void)suite_read(text, NULL, &suite);
		if (!suite_known(&suite)) {
			refuse(r, s, "suite: \"%.80s\" is no cipher suite that is known in all its parts", text);
			return;
		}
		if (rule->suites_count == PROFILE_SUITES_MAX) {
			refuse(r, s, "suite: more than %d in one rule", PROFILE_SUITES_MAX);
			return;
		}
		if ((list = reallocarray(rule->suites, rule->suites_count + 1, sizeof(*list))) == NULL) {
			memory(r);
			return;
		}
		rule->suites = list;
		rule->suites[rule->suites_count++] = suite;
	}
}

static void
set_text(struct reader *r, const config_setting_t *s, char **to)
{
	const char	*text = config_setting_get_string(s);

	if (text == NULL || text[0] == '\0')
		refuse(r, s, "%s: want a string that is not empty", config_setting_name(s));
	else if (*to == NULL && (*to = strdup(text)) == NULL)
		memory(r);
}

static void
set_grade(struct reader *r, const config_setting_t *s, struct profile_rule *rule, int *set)
{
	const char	*text = config_setting_get_string(s);

	*set = 1;
	if (text == NULL)
		refuse(r, s, "grade: want a string");
	else if (grade_parse(text, &rule->grade) == -1)
		refuse_word(r, s, "grade", text, grade_names);
	else if (rule->grade == GRADE_NONE)
		refuse(r, s, "grade: \"none\" is for what came without TLS and cannot be given by a rule");
}

/* ---- rules ---- */

static void
rule_key(struct reader *r, const config_setting_t *s, struct profile_rule *rule, int *graded)
{
	const char	*key = config_setting_name(s);

	if (strcmp(key, "version") == 0)
		set_versions(r, s, &rule->versions);
	else if (strcmp(key, "kx") == 0)
		set_mask(r, s, kx_names, &rule->kxs);
	else if (strcmp(key, "auth") == 0)
		set_mask(r, s, auth_names, &rule->auths);
	else if (strcmp(key, "cipher") == 0)
		set_mask(r, s, cipher_names, &rule->ciphers);
	else if (strcmp(key, "mode") == 0)
		set_mask(r, s, mode_names, &rule->modes);
	else if (strcmp(key, "mac") == 0)
		set_mask(r, s, mac_names, &rule->macs);
	else if (strcmp(key, "aead") == 0)
		set_flag(r, s, &rule->aead);
	else if (strcmp(key, "fs") == 0)
		set_flag(r, s, &rule->fs);
	else if (strcmp(key, "export") == 0)
		set_flag(r, s, &rule->export);
	else if (strcmp(key, "draft") == 0)
		set_flag(r, s, &rule->draft);
	else if (strcmp(key, "bits") == 0)
		set_bits(r, s, rule);
	else if (strcmp(key, "suite") == 0)
		set_suites(r, s, rule);
	else if (strcmp(key, "grade") == 0)
		set_grade(r, s, rule, graded);
	else if (strcmp(key, "reason") == 0)
		set_text(r, s, &rule->reason);
	else if (strcmp(key, "compare") == 0)
		set_flag(r, s, &rule->compare);
	else
		refuse_key(r, s, rule_keys);
}

static int
rule_asks(const struct profile_rule *rule)
{
	return rule->versions || rule->kxs || rule->auths || rule->ciphers || rule->modes || rule->macs ||
	    rule->aead != -1 || rule->fs != -1 || rule->export != -1 || rule->draft != -1 || rule->bits_min != 0 ||
	    rule->bits_max != UINT_MAX || rule->suites_count != 0;
}

static void
rule_read(struct reader *r, const config_setting_t *s, struct profile_rule *rule, int last)
{
	const config_setting_t	*at = s, *key;
	int			 i, n, graded = 0;

	profile_rule_init(rule);
	if (!config_setting_is_group(s)) {
		refuse(r, s, "rules: want groups in the list:  { cipher = \"RC4\"; grade = \"forbidden\"; reason = \"...\"; }");
		return;
	}
	for (i = 0, n = config_setting_length(s); i < n; i++) {
		key = config_setting_get_elem(s, (unsigned int)i);
		if (i == 0)
			at = key;	/* libconfig has a better line for it than for the group */
		rule_key(r, key, rule, &graded);
	}
	rule->line = conf_source_place(&r->src, config_setting_source_line(at)).line;
	if (r->failed)
		return;
	if (!graded)
		refuse(r, at, "this rule has no grade");
	if (rule->reason == NULL)
		refuse(r, at, "this rule has no reason");
	if (!rule_asks(rule) && !last)
		refuse(r, at, "this rule asks nothing, so it holds for all and the rules behind it are never reached");
}

static void
rules_read(struct reader *r, const config_setting_t *s)
{
	int	 i, n = config_setting_length(s);

	if (!config_setting_is_list(s) || n == 0) {
		refuse(r, s, "rules: want a list of rules:  rules = ( { ... }, { ... } );");
		return;
	}
	if (n > PROFILE_RULES_MAX) {
		refuse(r, s, "rules: got %d, want at most %d", n, PROFILE_RULES_MAX);
		return;
	}
	if ((r->profile->rules = calloc((size_t)n, sizeof(*r->profile->rules))) == NULL) {
		memory(r);
		return;
	}
	for (i = 0; i < n; i++)
		rule_read(r, config_setting_get_elem(s, (unsigned int)i), &r->profile->rules[r->profile->rules_count++],
		    i == n - 1);
}

/* ---- the head ---- */

static int
name_valid(const char *s)
{
	size_t	 len = strlen(s);

	return len > 0 && len <= CONF_PROFILE_NAME_MAX &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

/* A copy that kept its original's name would be recorded as the original. */
static int
name_is_files(const char *name, const char *path)
{
	const char	*base = strrchr(path, '/');
	size_t		 len = strlen(name);

	base = base != NULL ? base + 1 : path;
	return strncmp(base, name, len) == 0 && strcmp(base + len, ".conf") == 0;
}

static int
date_valid(const char *s)
{
	static const char	 form[] = "dddd-dd-dd";
	size_t			 i;

	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != '-')
			return 0;
	return s[i] == '\0' && strncmp(s + 5, "01", 2) >= 0 && strncmp(s + 5, "12", 2) <= 0 &&
	    strncmp(s + 8, "01", 2) >= 0 && strncmp(s + 8, "31", 2) <= 0;
}

static void
head_key(struct reader *r, const config_setting_t *s, const char *path)
{
	struct profile	*p = r->profile;
	const char	*key = config_setting_name(s);

	if (strcmp(key, "name") == 0) {
		set_text(r, s, &p->name);
		if (p->name != NULL && !name_valid(p->name))
			refuse(r, s, "name: want at most %d of a-z, 0-9, _ and -", CONF_PROFILE_NAME_MAX);
		else if (p->name != NULL && !name_is_files(p->name, path))
			refuse(r, s, "name: got \"%s\", want the file's name without .conf: records tell profiles apart by it",
			    p->name);
	} else if (strcmp(key, "version") == 0)
		set_text(r, s, &p->version);
	else if (strcmp(key, "date") == 0) {
		set_text(r, s, &p->date);
		if (p->date != NULL && !date_valid(p->date))
			refuse(r, s, "date: got \"%.20s\", want YYYY-MM-DD", p->date);
	} else if (strcmp(key, "source") == 0)
		set_text(r, s, &p->source);
	else if (strcmp(key, "compare") == 0)
		set_text(r, s, &p->compare);
	else if (strcmp(key, "notes") == 0)
		set_text(r, s, &p->notes);
	else if (strcmp(key, "rules") == 0)
		rules_read(r, s);
	else
		refuse_key(r, s, head_keys);
}

static void
head_complete(struct reader *r, const config_setting_t *root)
{
	const struct profile	*p = r->profile;
	struct conf_place	 place = conf_source_place(&r->src, 0);
	const struct { const char *key; int there; } want[] = {
		{ "name", p->name != NULL }, { "version", p->version != NULL }, { "date", p->date != NULL },
		{ "source", p->source != NULL }, { "rules", p->rules != NULL },
	};
	size_t			 i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		if (config_setting_get_member(root, want[i].key) == NULL) {
			conf_error(r->errs, &place, "the profile has no %s", want[i].key);
			r->failed = 1;
		}
}

/* ---- the file ---- */

static void
source_read(struct reader *r, const char *path)
{
	struct conf_tokens	 tokens;
	struct conf_place	 place;
	const config_setting_t	*root;
	config_t		 config;
	const char		*why;
	int			 i, n;

	config_init(&config);
	if (conf_tokens_read(&r->src, &tokens, r->errs) == -1 || conf_syntax_check(&r->src, &tokens, r->errs) == -1)
		r->failed = 1;
	else if (config_read_string(&config, r->src.text.data != NULL ? r->src.text.data : "") != CONFIG_TRUE) {
		place = conf_source_place(&r->src, (unsigned int)config_error_line(&config));
		why = config_error_text(&config);
		conf_error(r->errs, &place, "%s", why != NULL ? why : "syntax error");
		r->failed = 1;
	} else {
		root = config_root_setting(&config);
		for (i = 0, n = config_setting_length(root); i < n; i++)
			head_key(r, config_setting_get_elem(root, (unsigned int)i), path);
		head_complete(r, root);
	}
	conf_tokens_free(&tokens);
	config_destroy(&config);
}

struct profile *
conf_profile_read(const char *path, struct buf *errs)
{
	struct reader	 r;

	memset(&r, 0, sizeof(r));
	r.errs = errs;
	if ((r.profile = calloc(1, sizeof(*r.profile))) == NULL)
		memory(&r);
	else if (conf_source_file(&r.src, path, errs) == -1)
		r.failed = 1;
	else
		source_read(&r, path);
	conf_source_free(&r.src);
	if (r.failed) {
		profile_free(r.profile);
		return NULL;
	}
	return r.profile;
}

struct profile *
conf_profile_find(const char *directory, const char *name, struct buf *errs)
{
	struct profile	*p;
	char		*path = NULL;

	if (strchr(name, '/') != NULL)
		return conf_profile_read(name, errs);
	if (!name_valid(name)) {
		conf_error(errs, NULL, "profile \"%.80s\": want a path, or a name of a-z, 0-9, _ and -", name);
		return NULL;
	}
	if (asprintf(&path, "%s/%s.conf", directory != NULL ? directory : PROFILES_DEFAULT, name) == -1) {
		conf_error(errs, NULL, "no memory to read the profile");
		return NULL;
	}
	p = conf_profile_read(path, errs);
	free(path);
	return p;
}
