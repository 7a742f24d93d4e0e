/* SPDX-License-Identifier: ISC */
/* hopward.conf(5) -> struct conf: defaults, file and -o in layers, one table for all, every mistake reported. */

/*
 * Called by the parent and by hopwardctl at start and reload, and by a thread
 * of the front for text that conf_print wrote.  Holds no state.  The rest of
 * the room: conf_source.c (files), conf_syntax.c (mistakes of syntax),
 * conf_keys.c (the table), conf_value.c (types), conf_partner.c and
 * conf_rules.c (lists of groups), conf_check.c, conf_print.c.
 * What needs the file system or the user database is conf_check's.
 */

#include <sys/stat.h>

#include <libconfig.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "conf_int.h"
#include "conf_profile.h"

#define PATH_MAX_KEY	256	/* "group.group.key" */
#define CONF_NOTES_MAX	(64 * 1024)	/* octets of lines that are no mistakes */

/* One reading. */
struct reading {
	struct conf		*conf;
	struct conf_source	 src;
	struct conf_tokens	 tokens;
	struct conf_place	*places;	/* of each key of the table; file NULL: default */
	struct conf_partners_notes partners;
	struct conf_place	*rules;		/* of each rule; NULL: none was read */
	struct buf		*errs;
	int			 complete;	/* all defaults are set */
	int			 failed;
};

static int
fail(struct reading *r)
{
	r->failed = 1;
	return -1;
}

/* ---- life and death ---- */

static void
parent_free(struct parent_settings *parent)
{
	char	**host;

	for (host = parent->smarthosts; host != NULL && *host != NULL; host++)
		free(*host);
	free(parent->smarthosts);
	free(parent->held.postfix_tools);
	free(parent->held.postfix_config);
	free(parent->held.sendmail);
	free(parent->held.sendmail_config);
	free(parent->held.qtool);
	free(parent->user);
	free(parent->scan_user);
	free(parent->control_socket);
	free(parent->control_group);
	free(parent->pid_file);
	free(parent->exceptions_file);
	free(parent->scanner_path);
	free(parent->scratch);
}

void
conf_front_free(struct front_settings *front)
{
	if (front == NULL)
		return;
	policy_free(&front->policy);
	free(front->gateway);
	free(front->authserv_id);
	free(front->subject_tag);
	free(front->profile_name);
	free(front->profiles);
	profile_free(front->profile);
	free(front);
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	parent_free(&conf->parent);
	free(conf->start.socket);
	free(conf->start.socket_group);
	free(conf->start.ledger.directory);
	free(conf->start.ledger.seal_directory);
	free(conf->start.pseudonyms.directory);
	free(conf->start.old_key);
	free(conf->start.retain.group);
	free(conf->start.peers.file);
	conf_front_free(conf->front);
	scan_settings_free(conf->scan);
	free(conf);
}

/* ---- setting one key ---- */

static void
key_set(struct reading *r, const struct conf_key *key, const struct conf_value *v)
{
	if (conf_value_set(r->conf, key, v, &r->src, r->errs) == -1)
		fail(r);
	r->places[key - conf_keys] = v->place;
}

/*
 * A value written without libconfig's syntax, as in the table and behind -o:
 * strings without quotes, lists with commas.
 */
static int
value_plain(const struct conf_key *key, const char *text, struct conf_place place, struct conf_value *v)
{
	enum conf_kind	 kind = VALUE_STRING;
	size_t		 len = strlen(text), n;

	memset(v, 0, sizeof(*v));
	v->place = place;
	if (key->type == KEY_BOOL)
		kind = strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ? VALUE_BOOL : VALUE_STRING;
	if (key->type == KEY_LIST || key->type == KEY_NETS || key->type == KEY_JOINED) {
		v->kind = VALUE_LIST;
		if (len >= 2 && ((text[0] == '[' && text[len - 1] == ']') || (text[0] == '(' && text[len - 1] == ')'))) {
			text++;
			len -= 2;
		}
		for (; len > 0; text += n, len -= n) {
			n = strspn(text, ", \t\"");
			text += n > len ? len : n;
			len -= n > len ? len : n;
			n = strcspn(text, ", \t\"");
			n = n > len ? len : n;
			if (n > 0 && conf_value_add(v, text, n, VALUE_STRING, place) == -1)
				return -1;
		}
		return 0;
	}
	v->kind = kind;
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	return conf_value_add(v, text, len, kind, place);
}

static void
set_plain(struct reading *r, const struct conf_key *key, const char *text, struct conf_place place)
{
	struct conf_value	 v;

	if (value_plain(key, text, place, &v) == -1) {
		conf_error(r->errs, &place, "%s: no memory", key->path);
		fail(r);
	} else
		key_set(r, key, &v);
	conf_value_free(&v);
}

/* ---- libconfig's tree ---- */

static int
path_join(const char *group, const char *name, char *out, size_t size)
{
	int	 n = snprintf(out, size, "%s%s%s", group, group[0] != '\0' ? "." : "", name);

	return n < 0 || (size_t)n >= size ? -1 : 0;
}

struct conf_place
conf_tree_place(const struct conf_source *src, const config_setting_t *s)
{
	const struct conf_token	*t = config_setting_get_hook(s);

	return conf_source_place(src, t != NULL ? t->line : config_setting_source_line(s));
}

/*
 * Hangs its token on every scalar: libconfig drops how a number was written,
 * and the line of a list's element.  Both go through the text in one order; if
 * the counts differ nothing is hung and libconfig's own line is taken.
 */
static void
hooks_walk(config_setting_t *root, const struct conf_tokens *tokens, int hang, size_t *scalars)
{
	struct { config_setting_t *s; int i; } stack[CONF_DEPTH_MAX + 2];
	config_setting_t *s;
	size_t	 depth = 0, at = 0;

	*scalars = 0;
	stack[0].s = root;
	stack[0].i = 0;
	for (;;) {
		if (stack[depth].i >= config_setting_length(stack[depth].s)) {
			if (depth-- == 0)
				return;
			continue;
		}
		s = config_setting_get_elem(stack[depth].s, (unsigned int)stack[depth].i++);
		if (config_setting_is_aggregate(s)) {
			if (depth + 1 == CONF_DEPTH_MAX + 2)
				return;
			stack[++depth].s = s;
			stack[depth].i = 0;
			continue;
		}
		(*scalars)++;
		if (!hang)
			continue;
		while (tokens->list[at].type != TOKEN_STRING && tokens->list[at].type != TOKEN_NUMBER &&
		    tokens->list[at].type != TOKEN_BOOL)
			at++;
		config_setting_set_hook(s, &tokens->list[at]);
		for (at++; tokens->list[at].type == TOKEN_STRING && tokens->list[at - 1].type == TOKEN_STRING; at++)
			;
	}
}

static void
hooks_hang(config_setting_t *root, const struct conf_tokens *tokens)
{
	size_t	 i, scalars, written = 0;

	for (i = 0; i < tokens->count; i++)
		written += tokens->list[i].type == TOKEN_NUMBER || tokens->list[i].type == TOKEN_BOOL ||
		    (tokens->list[i].type == TOKEN_STRING && (i == 0 || tokens->list[i - 1].type != TOKEN_STRING));
	hooks_walk(root, tokens, 0, &scalars);
	if (scalars == written)
		hooks_walk(root, tokens, 1, &scalars);
}

static int
value_scalar(const struct conf_source *src, const config_setting_t *s, struct conf_value *v)
{
	const struct conf_token	*t = config_setting_get_hook(s);
	struct conf_place	 place = conf_tree_place(src, s);
	const char		*text;
	char			 number[48];

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		text = config_setting_get_string(s);
		return conf_value_add(v, text != NULL ? text : "", text != NULL ? strlen(text) : 0, VALUE_STRING, place);
	case CONFIG_TYPE_BOOL:
		text = config_setting_get_bool(s) ? "true" : "false";
		return conf_value_add(v, text, strlen(text), VALUE_BOOL, place);
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
	case CONFIG_TYPE_FLOAT:
		/* libconfig 1.5 made 705032704 of 5000000000: what was written counts. */
		if (t != NULL)
			return conf_value_add(v, src->text.data + t->at, t->len, VALUE_NUMBER, place);
		snprintf(number, sizeof(number), "%lld", config_setting_get_int64(s));
		return conf_value_add(v, number, strlen(number), VALUE_NUMBER, place);
	case CONFIG_TYPE_GROUP:
		return conf_value_add(v, "", 0, VALUE_GROUP, place);
	default:
		return conf_value_add(v, "", 0, VALUE_LIST, place);
	}
}

int
conf_tree_value(const struct conf_source *src, const config_setting_t *s, struct conf_value *v)
{
	int	 i, n, type = config_setting_type(s);

	memset(v, 0, sizeof(*v));
	v->place = conf_tree_place(src, s);
	if (type == CONFIG_TYPE_GROUP) {
		v->kind = VALUE_GROUP;
		return 0;
	}
	if (type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY) {
		if (value_scalar(src, s, v) == -1)
			return -1;
		v->kind = v->items[0].kind;
		return 0;
	}
	v->kind = VALUE_LIST;
	for (i = 0, n = config_setting_length(s); i < n; i++)
		if (value_scalar(src, config_setting_get_elem(s, (unsigned int)i), v) == -1)
			return -1;
	return 0;
}

static void
unknown(struct reading *r, const char *path, struct conf_place place)
{
	const char	*guess = conf_key_guess(path), *dot = strrchr(path, '.');
	const char	*instead = conf_clamd_instead(dot != NULL ? dot + 1 : path);

	if (instead != NULL)
		conf_error(r->errs, &place, "unknown key: %s; clamd's %s %s", path, dot != NULL ? dot + 1 : path, instead);
	else if (guess != NULL)
		conf_error(r->errs, &place, "unknown %s: %s; did you mean %s?",
		    strchr(path, '.') != NULL || !conf_key_is_group(guess) ? "key" : "key or group", path, guess);
	else
		conf_error(r->errs, &place, "unknown key: %s; hopward.conf(5) lists all", path);
	fail(r);
}

/* One setting below a group: 1 if it is a group to go into. */
static int
tree_setting(struct reading *r, config_setting_t *s, const char *path, int first)
{
	const struct conf_key	*key = conf_key_find(path);
	struct conf_value	 v;
	struct conf_place	 place = conf_tree_place(&r->src, s);

	if (key == NULL && conf_key_is_group(path)) {
		if (config_setting_is_group(s))
			return 1;
		if (!first) {
			conf_error(r->errs, &place, "%s: is a group, written  %s: { key = value; };", path, path);
			fail(r);
		}
		return 0;
	}
	if (key == NULL) {
		if (!first)
			unknown(r, path, place);
		return 0;
	}
	if (first != ((key->flags & KEY_FIRST) != 0))
		return 0;
	if (key->type == KEY_PARTNERS) {
		if (conf_partners_read(conf_key_member(r->conf, key), s, &r->src, &r->partners, r->errs) == -1)
			fail(r);
		r->places[key - conf_keys] = place;
		return 0;
	}
	if (key->type == KEY_RULES) {
		if (conf_rules_read(conf_key_member(r->conf, key), s, &r->src, &r->rules, r->errs) == -1)
			fail(r);
		r->places[key - conf_keys] = place;
		return 0;
	}
	if (conf_tree_value(&r->src, s, &v) == -1) {
		conf_error(r->errs, &place, "%s: no memory", path);
		fail(r);
	} else
		key_set(r, key, &v);
	conf_value_free(&v);
	return 0;
}

/* The whole tree: shorthands in a first pass, so that single keys win wherever they stand. */
static void
tree_read(struct reading *r, config_setting_t *root, int first)
{
	struct { config_setting_t *s; int i; char path[PATH_MAX_KEY]; } stack[4];	/* top, actions, actions.mx */
	config_setting_t *s;
	char		 path[PATH_MAX_KEY];
	size_t		 depth = 0;

	stack[0].s = root;
	stack[0].i = 0;
	stack[0].path[0] = '\0';
	for (;;) {
		if (stack[depth].i >= config_setting_length(stack[depth].s)) {
			if (depth-- == 0)
				return;
			continue;
		}
		s = config_setting_get_elem(stack[depth].s, (unsigned int)stack[depth].i++);
		if (path_join(stack[depth].path, config_setting_name(s), path, sizeof(path)) == -1) {
			struct conf_place place = conf_tree_place(&r->src, s);
			if (!first)
				conf_error(r->errs, &place, "unknown key: its name is too long");
			fail(r);
			continue;
		}
		if (tree_setting(r, s, path, first) && depth + 1 < sizeof(stack) / sizeof(stack[0])) {
			depth++;
			stack[depth].s = s;
			stack[depth].i = 0;
			memcpy(stack[depth].path, path, sizeof(path));
		}
	}
}

/* libconfig refused what the walk over its grammar let pass. */
static void
libconfig_says(struct reading *r, const config_t *config)
{
	struct conf_place	 place = conf_source_place(&r->src, (unsigned int)config_error_line(config));
	const char		*why = config_error_text(config);

	if (why != NULL && strstr(why, "mismatched element type") != NULL)
		why = "the elements of [ ] are of different types\n    hint: write them all as strings: [ \"a\", \"b\" ]";
	conf_error(r->errs, &place, "%s", why != NULL ? why : "syntax error");
	fail(r);
}

/* The source's text into the settings. */
static void
source_read(struct reading *r)
{
	config_t	 config;

	config_init(&config);
	if (conf_tokens_read(&r->src, &r->tokens, r->errs) == -1 ||
	    conf_syntax_check(&r->src, &r->tokens, r->errs) == -1)
		fail(r);
	else if (config_read_string(&config, r->src.text.data != NULL ? r->src.text.data : "") != CONFIG_TRUE)
		libconfig_says(r, &config);
	else {
		hooks_hang(config_root_setting(&config), &r->tokens);
		tree_read(r, config_root_setting(&config), 1);
		tree_read(r, config_root_setting(&config), 0);
	}
	config_destroy(&config);
}

/* ---- -o ---- */

static void
override_read(struct reading *r, const char *option, unsigned int number, int first)
{
	const char		*equals = strchr(option, '=');
	const struct conf_key	*key;
	struct conf_place	 place = { "-o", number };
	char			 path[PATH_MAX_KEY];
	size_t			 len = equals != NULL ? (size_t)(equals - option) : 0;

	while (len > 0 && option[len - 1] == ' ')
		len--;
	if (equals == NULL || len == 0 || len >= sizeof(path)) {
		if (first)
			conf_error(r->errs, &place, "got \"%.80s\", want KEY=VALUE, such as scanner.timeout=90s", option);
		fail(r);
		return;
	}
	memcpy(path, option, len);
	path[len] = '\0';
	if ((key = conf_key_find(path)) == NULL) {
		if (!first)
			return;
		if (conf_key_is_group(path)) {
			conf_error(r->errs, &place, "%s is a group: set its keys, as in  %s.KEY=VALUE", path, path);
			fail(r);
		} else
			unknown(r, path, place);
		return;
	}
	if (first == ((key->flags & KEY_FIRST) != 0))
		set_plain(r, key, equals + 1 + strspn(equals + 1, " "), place);
}

static void
overrides_read(struct reading *r, const char *const *overrides)
{
	unsigned int	 i;

	for (i = 0; overrides != NULL && overrides[i] != NULL; i++)
		override_read(r, overrides[i], i + 1, 1);
	for (i = 0; overrides != NULL && overrides[i] != NULL; i++)
		override_read(r, overrides[i], i + 1, 0);
}

/* ---- what follows from other settings ---- */

static int
replace(char **to, char *with)
{
	if (with == NULL)
		return -1;
	free(*to);
	*to = with;
	return 0;
}

static int
derive_names(struct conf *conf)
{
	struct front_settings	*front = conf->front;
	char			 host[256], *contact, *text = NULL;

	if (front->gateway[0] == '\0') {
		if (gethostname(host, sizeof(host)) == -1 || host[0] == '\0')
			snprintf(host, sizeof(host), "localhost");
		host[sizeof(host) - 1] = '\0';
		if (replace(&front->gateway, strdup(host)) == -1)
			return -1;
	}
	if (front->authserv_id[0] == '\0' && replace(&front->authserv_id, strdup(front->gateway)) == -1)
		return -1;
	if (front->policy.contact == NULL || front->policy.contact[0] == '\0') {
		if (asprintf(&contact, "postmaster@%s", front->gateway) == -1 ||
		    replace(&front->policy.contact, contact) == -1)
			return -1;
	}
	if (conf_socket(conf->start.socket, &text, host, sizeof(host)) == -1 || replace(&conf->start.socket, text) == -1)
		return -1;
	return replace(&conf->scan->scratch, strdup(conf->parent.scratch));
}

static void
derive_numbers(struct conf *conf)
{
	long	 cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (cpus < 1)
		cpus = 1;
	if (cpus > 1024)
		cpus = 1024;
	if (conf->scan->workers_small == 0)
		conf->scan->workers_small = cpus < 2 ? 2 : (uint32_t)cpus;
	if (conf->scan->workers_large == 0)
		conf->scan->workers_large = cpus < 4 ? 1 : (uint32_t)cpus / 2;
}

/* The place of a key, or of the file that did not set it. */
static const struct conf_place *
place_of(const struct reading *r, const char *path)
{
	const struct conf_key	*key = conf_key_find(path);

	return key != NULL ? &r->places[key - conf_keys] : NULL;
}

/* Tempfail where a retry cannot change the outcome: each such cell, at the line that says so. */
static void
actions_check(struct reading *r)
{
	struct policy		*policy = &r->conf->front->policy;
	const struct conf_place	*place;
	enum outcome		 outcome;
	char			 where[64], path[PATH_MAX_KEY];
	int			 c, said[OUTCOME_MAX] = { 0 };

	while (policy_check(policy, where, sizeof(where)) == -1) {
		const char *dot = strchr(where, '.');
		if (dot == NULL || outcome_parse(dot + 1, &outcome) == -1)
			return;
		for (c = 0; c < CLASS_MAX; c++)
			if (strncmp(where, class_str(c), (size_t)(dot - where)) == 0)
				policy->actions[c][outcome].action = ACTION_TAG;	/* to find the next */
		snprintf(path, sizeof(path), "actions.%s", where);
		place = place_of(r, path);
		if (place == NULL || place->file == NULL) {
			snprintf(path, sizeof(path), "actions.default.%s", dot + 1);
			place = place_of(r, path);
			if (said[outcome]++)
				continue;
		}
		conf_error(r->errs, place, "%s: tempfail cannot help, as a retry would find the same: "
		    "want \"tag\", \"quarantine\", \"reject\" or \"accept\"", path);
		fail(r);
	}
}

/* Reports would show none of his mail, and nobody would know why. */
static void
confirmable_check(struct reading *r)
{
	const struct policy	*policy = &r->conf->front->policy;
	const struct partner	*p;
	size_t			 i;

	if (r->src.closed || (policy->trusted_authserv_ids != NULL && policy->trusted_authserv_ids[0] != NULL))
		return;
	for (i = 0; i < policy->partners.count; i++) {
		p = &policy->partners.list[i];
		if (p->domains != NULL && p->networks.count == 0 && p->certificates == NULL)
			conf_error(&r->partners.over, NULL, "note: partner %s: nothing can confirm that mail is his: there are neither "
			    "networks nor certificates nor trusted_authserv_ids", p->name);
	}
}

/* What the partners need of other settings. */
static void
partners_check(struct reading *r)
{
	const struct policy	*policy = &r->conf->front->policy;
	const struct conf_place	*place = place_of(r, "trusted_authserv_ids");
	char			*const *id;

	if (r->partners.graded.file != NULL && policy->partners.count > 0 && policy->profile == NULL) {
		conf_error(r->errs, &r->partners.graded, "partner %s: asks for a grade, but TLS is not graded: there is no profile",
		    r->partners.graded_name);
		fail(r);
	}
	confirmable_check(r);
	for (id = policy->trusted_authserv_ids; id != NULL && *id != NULL; id++)
		if (strcasecmp(*id, r->conf->front->authserv_id) == 0) {
			conf_error(r->errs, place, "trusted_authserv_ids: \"%s\" is authserv_id, under which hopward itself writes "
			    "and removes all that came before: give hopward a name of its own", *id);
			fail(r);
		}
}

static void
relations_check(struct reading *r)
{
	struct conf	*conf = r->conf;

	if (conf->front->spool_message > conf->front->spool_total) {
		const struct conf_place *place = place_of(r, "spool.message");
		if (place->file == NULL)
			place = place_of(r, "spool.total");
		conf_error(r->errs, place, "spool.message: is more than spool.total");
		fail(r);
	}
	/* libclamav cuts it to this without a word. */
	if (conf->scan->MaxFileSize > 2147483647ull) {
		conf_error(r->errs, place_of(r, "clamav.MaxFileSize"),
		    "clamav.MaxFileSize: libclamav takes no more than \"2147483647B\"");
		fail(r);
	}
	/* The wire holds this many, ours and the raw message among them. */
	if (conf->scan->max_parts > SCAN_PARTS_MAX - 2) {
		conf_error(r->errs, place_of(r, "mime.max_parts"), "mime.max_parts: want at most %d", SCAN_PARTS_MAX - 2);
		fail(r);
	}
	if (strcmp(conf->parent.control_socket, strchr(conf->start.socket, ':') + 1) == 0) {
		conf_error(r->errs, place_of(r, "control_socket"), "control_socket: is the same as socket");
		fail(r);
	}
}

/* ---- the profile ---- */

/* The default profile of a program that was never installed; by values, so that printed text says the same. */
static int
profile_uninstalled(const struct front_settings *front)
{
	struct stat	 st;

	return strcmp(front->profile_name, conf_key_find("profile")->def) == 0 &&
	    strcmp(front->profiles, PROFILES_DEFAULT) == 0 && stat(PROFILES_DEFAULT, &st) == -1 && errno == ENOENT;
}

static void
profile_load(struct reading *r)
{
	struct front_settings	*front = r->conf->front;
	const struct conf_place	*place = place_of(r, "profile");

	if (front->profile_name == NULL || profile_uninstalled(front))
		return;
	if ((front->profile = conf_profile_find(front->profiles, front->profile_name, r->errs)) == NULL) {
		if (place->file == NULL)
			place = place_of(r, "profiles");
		conf_error(r->errs, place, "profile: \"%s\" cannot be read, so nothing could be graded", front->profile_name);
		fail(r);
	}
	front->policy.profile = front->profile;
}

const char *
conf_ungraded(const struct conf *conf)
{
	if (conf->front->profile != NULL)
		return NULL;
	if (conf->front->profile_name == NULL)
		return "TLS is not graded: profile is empty";
	return "TLS is not graded: there is no " PROFILES_DEFAULT "; make install brings it, profiles = \"DIR\" names another";
}

/* ---- the whole ---- */

static int
defaults_read(struct reading *r)
{
	struct conf_place	 none = { NULL, 0 };
	size_t			 i;

	if (policy_init(&r->conf->front->policy) == -1) {
		conf_error(r->errs, NULL, "no memory");
		return fail(r);
	}
	for (i = 0; i < conf_keys_count; i++)
		if (conf_keys[i].def != NULL && (conf_keys[i].flags & KEY_FIRST))
			set_plain(r, &conf_keys[i], conf_keys[i].def, none);
	for (i = 0; i < conf_keys_count; i++)
		if (conf_keys[i].def != NULL && !(conf_keys[i].flags & KEY_FIRST))
			set_plain(r, &conf_keys[i], conf_keys[i].def, none);
	r->complete = !r->failed;
	return r->failed ? -1 : 0;
}

static int
reading_begin(struct reading *r, struct buf *errs)
{
	memset(r, 0, sizeof(*r));
	r->errs = errs;
	buf_init(&r->partners.over, CONF_NOTES_MAX);
	if ((r->conf = calloc(1, sizeof(*r->conf))) == NULL ||
	    (r->conf->front = calloc(1, sizeof(*r->conf->front))) == NULL ||
	    (r->conf->scan = calloc(1, sizeof(*r->conf->scan))) == NULL ||
	    (r->places = calloc(conf_keys_count, sizeof(*r->places))) == NULL) {
		conf_error(errs, NULL, "no memory");
		return fail(r);
	}
	return defaults_read(r);
}

static struct conf *
reading_end(struct reading *r)
{
	struct conf	*conf = r->conf;

	/* After mistakes as well: a refused value left the default in place. */
	if (r->complete && derive_names(conf) == -1) {
		conf_error(r->errs, NULL, "no memory");
		fail(r);
	} else if (r->complete) {
		derive_numbers(conf);
		profile_load(r);
		relations_check(r);
		partners_check(r);
		if (!r->failed && conf_rules_partners(&conf->front->policy.rules, &conf->front->policy.partners, r->rules,
		    r->errs) == -1)
			fail(r);
		actions_check(r);
	}
	if (!r->failed && r->partners.over.len > 0) {
		buf_add(r->errs, r->partners.over.data, r->partners.over.len);
		if (r->partners.over.failed)
			buf_addz(r->errs, "\nnote: there is more to tell than fits here\n");
	}
	buf_free(&r->partners.over);
	conf_tokens_free(&r->tokens);
	conf_source_free(&r->src);
	free(r->places);
	free(r->rules);
	if (r->failed) {
		conf_free(conf);
		return NULL;
	}
	return conf;
}

struct conf *
conf_read(const char *path, const char *const *overrides, struct buf *errs)
{
	struct reading	 r;

	if (reading_begin(&r, errs) == 0) {
		if (path != NULL) {
			if (conf_source_file(&r.src, path, errs) == -1)
				fail(&r);
			else
				source_read(&r);
		}
		overrides_read(&r, overrides);
	}
	return reading_end(&r);
}

struct conf *
conf_read_printed(const char *text, size_t len, struct buf *errs)
{
	struct reading	 r;

	if (reading_begin(&r, errs) == 0) {
		if (conf_source_text(&r.src, "settings", text, len, errs) == -1)
			fail(&r);
		else
			source_read(&r);
	}
	return reading_end(&r);
}

struct front_settings *
conf_front_read(int fd, char **err)
{
	struct buf		 text, errs;
	struct conf		*conf = NULL;
	struct front_settings	*front = NULL;
	char			 chunk[16384];
	ssize_t			 n;

	*err = NULL;
	buf_init(&text, CONF_TEXT_MAX);
	buf_init(&errs, 64 * 1024);
	/* pread: the descriptor's offset is shared with whoever wrote it. */
	while ((n = pread(fd, chunk, sizeof(chunk), (off_t)text.len)) > 0)
		if (buf_add(&text, chunk, (size_t)n) == -1)
			break;
	if (n != 0)
		conf_error(&errs, NULL, "cannot read the new settings");
	else if ((conf = conf_read_printed(text.data != NULL ? text.data : "", text.len, &errs)) != NULL) {
		front = conf->front;
		conf->front = NULL;
	}
	conf_free(conf);
	buf_free(&text);
	if (front == NULL)
		*err = buf_steal(&errs, NULL);
	buf_free(&errs);
	return front;
}
