/* SPDX-License-Identifier: ISC */
/* A value as somebody wrote it -> checked, into the member that the key table names; and the form of sockets. */

/*
 * Called for defaults, files and -o alike, so that all three pass the same
 * checks.  Every refusal is one line "FILE:LINE: key: got X, want Y".
 */

#include <sys/un.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_int.h"
#include "base/units.h"

#define LIST_ENTRIES_MAX 100000	/* of one list; each is compared with every message */

int
conf_value_add(struct conf_value *v, const char *text, size_t len, enum conf_kind kind, struct conf_place place)
{
	struct conf_item	*items;
	size_t			 size;

	if (v->count == v->size) {
		size = v->size == 0 ? 8 : v->size * 2;
		if ((items = reallocarray(v->items, size, sizeof(*items))) == NULL)
			return -1;
		v->items = items;
		v->size = size;
	}
	if ((v->items[v->count].text = strndup(text, len)) == NULL)
		return -1;
	v->items[v->count].kind = kind;
	v->items[v->count++].place = place;
	return 0;
}

void
conf_value_free(struct conf_value *v)
{
	size_t	 i;

	for (i = 0; i < v->count; i++)
		free(v->items[i].text);
	free(v->items);
	memset(v, 0, sizeof(*v));
}

/* ---- refusing ---- */

static void
got(enum conf_kind kind, const char *text, char *out, size_t size)
{
	size_t	 i;

	switch (kind) {
	case VALUE_STRING:
		snprintf(out, size, "\"%.80s%s\"", text, strlen(text) > 80 ? "..." : "");
		break;
	case VALUE_LIST:
		snprintf(out, size, "a list");
		break;
	case VALUE_GROUP:
		snprintf(out, size, "a group");
		break;
	default:
		snprintf(out, size, "%.80s", text);
	}
	for (i = 0; out[i] != '\0'; i++)
		if ((unsigned char)out[i] < ' ' || out[i] == 0x7f)
			out[i] = '?';
}

static int
refuse_item(const struct conf_key *key, const struct conf_item *item, const char *want, struct buf *errs)
{
	char	 text[128];

	got(item->kind, item->text, text, sizeof(text));
	conf_error(errs, &item->place, "%s: got %s, want %s", key->path, text, want);
	return -1;
}

static int
refuse(const struct conf_key *key, const struct conf_value *v, const char *want, struct buf *errs)
{
	char	 text[128];

	if ((v->kind == VALUE_STRING || v->kind == VALUE_NUMBER || v->kind == VALUE_BOOL) && v->count > 0)
		return refuse_item(key, &v->items[0], want, errs);
	got(v->kind, "", text, sizeof(text));
	conf_error(errs, &v->place, "%s: got %s, want %s", key->path, text, want);
	return -1;
}

static int
no_memory(const struct conf_key *key, const struct conf_place *place, struct buf *errs)
{
	conf_error(errs, place, "%s: no memory", key->path);
	return -1;
}

/* The one string of a value, or NULL. */
static const char *
only_string(const struct conf_value *v)
{
	return v->kind == VALUE_STRING && v->count == 1 ? v->items[0].text : NULL;
}

/* ---- the types ---- */

static int
set_string(void *member, const struct conf_key *key, const struct conf_value *v, struct buf *errs)
{
	const char	*s = only_string(v);
	char		**to = member, *copy = NULL, err[256];

	if (s == NULL)
		return refuse(key, v, "text in quotes", errs);
	if (key->check != NULL && key->check(s, err, sizeof(err)) == -1)
		return refuse(key, v, err, errs);
	if (!(s[0] == '\0' && (key->flags & KEY_NULL)) && (copy = strdup(s)) == NULL)
		return no_memory(key, &v->place, errs);
	free(*to);
	*to = copy;
	return 0;
}

static int
check_bounds(const struct conf_key *key, const struct conf_value *v, uint64_t n, struct buf *errs)
{
	char	 want[128], low[48], high[48];

	if (n >= key->min && (key->max == 0 || n <= key->max))
		return 0;
	if (key->type == KEY_SIZE) {
		units_size_str(key->min, low, sizeof(low));
		units_size_str(key->max, high, sizeof(high));
	} else if (key->type == KEY_TIME) {
		units_time_str(key->flags & KEY_MICRO ? key->min / 1000 : key->min, low, sizeof(low));
		units_time_str(key->flags & KEY_MICRO ? key->max / 1000 : key->max, high, sizeof(high));
	} else {
		snprintf(low, sizeof(low), "%llu", (unsigned long long)key->min);
		snprintf(high, sizeof(high), "%llu", (unsigned long long)key->max);
	}
	if (key->max == 0)
		snprintf(want, sizeof(want), "at least %s", low);
	else
		snprintf(want, sizeof(want), "%s to %s", low, high);
	return refuse(key, v, want, errs);
}

static int
set_units(void *member, const struct conf_key *key, const struct conf_value *v, struct buf *errs)
{
	const char	*s = only_string(v), *want;
	uint64_t	 n;
	int		 quoted = s != NULL;

	if (key->type == KEY_SIZE)
		want = quoted ? "a size such as \"25MB\"" : "a size in quotes, such as \"25MB\"";
	else
		want = quoted ? "a time such as \"90s\", \"5m\" or \"30d\"" : "a time in quotes, such as \"90s\"";
	if (s == NULL)
		return refuse(key, v, want, errs);
	if ((key->flags & KEY_AUTO) && strcmp(s, "auto") == 0) {
		*(uint64_t *)member = 0;
		return 0;
	}
	if ((key->type == KEY_SIZE ? units_size(s, &n) : units_time(s, &n)) == -1)
		return refuse(key, v, want, errs);
	if (key->flags & KEY_MICRO)
		n = n > UINT64_MAX / 1000 ? UINT64_MAX : n * 1000;
	if (check_bounds(key, v, n, errs) == -1)
		return -1;
	*(uint64_t *)member = n;
	return 0;
}

static int
set_mode(void *member, const struct conf_key *key, const struct conf_value *v, struct buf *errs)
{
	const char	*s = only_string(v);
	mode_t		 mode;

	if (s == NULL)
		return refuse(key, v, "permissions in quotes, such as \"0660\"", errs);
	if (units_mode(s, &mode) == -1)
		return refuse(key, v, "permissions in octal, such as \"0660\"", errs);
	*(mode_t *)member = mode;
	return 0;
}

static int
set_count(void *member, const struct conf_key *key, const struct conf_value *v, struct buf *errs)
{
	const char	*s = v->count == 1 && (v->kind == VALUE_STRING || v->kind == VALUE_NUMBER) ? v->items[0].text : NULL;
	char		*end;
	unsigned long long n = 0;
	int		 is_auto = s != NULL && v->kind == VALUE_STRING && (key->flags & KEY_AUTO) && strcmp(s, "auto") == 0;

	errno = 0;
	if (!is_auto && (s == NULL || !isdigit((unsigned char)s[0]) || (s[0] == '0' && s[1] != '\0') ||
	    (n = strtoull(s, &end, 10), errno != 0 || end[v->kind == VALUE_NUMBER ? strspn(end, "L") : 0] != '\0')))
		return refuse(key, v, key->flags & KEY_AUTO ? "a whole number or \"auto\"" : "a whole number", errs);
	if (!is_auto && check_bounds(key, v, n, errs) == -1)
		return -1;
	if (key->flags & KEY_WIDE)
		*(uint64_t *)member = n;
	else
		*(uint32_t *)member = (uint32_t)n;
	return 0;
}

static int
set_bool(void *member, const struct conf_key *key, const struct conf_value *v, struct buf *errs)
{
	int	 on;

	if (v->kind != VALUE_BOOL || v->count != 1)
		return refuse(key, v, "true or false, without quotes", errs);
	on = strcmp(v->items[0].text, "true") == 0;
	if (key->flags & KEY_WIDE)
		*(uint64_t *)member = (uint64_t)on;
	else
		*(int *)member = on;
	return 0;
}

static int
set_enum(void *member, const struct conf_key *key, const struct conf_value *v, struct buf *errs)
{
	const char	*s = only_string(v);
	char		 want[256];
	size_t		 i, len = 0;

	for (i = 0; key->choices[i].name != NULL; i++) {
		if (s != NULL && strcmp(s, key->choices[i].name) == 0) {
			*(int *)member = key->choices[i].value;
			return 0;
		}
		len += (size_t)snprintf(want + len, sizeof(want) - len, "%s\"%s\"", i == 0 ? "" :
		    key->choices[i + 1].name == NULL ? " or " : ", ", key->choices[i].name);
	}
	return refuse(key, v, want, errs);
}

static int
set_action(void *member, const struct conf_key *key, const struct conf_value *v, struct buf *errs)
{
	struct policy_action	 action, *cell = member;
	const char		*s = only_string(v);
	int			 c;

	if (s == NULL || policy_action_parse(s, &action) == -1)
		return refuse(key, v, "\"accept\", \"tag\", \"quarantine\", \"tempfail\", \"reject\", \"discard\", "
		    "or one of them behind \"watch:\"", errs);
	for (c = 0; c < (key->type == KEY_ACTION_ALL ? CLASS_MAX : 1); c++)
		cell[c * OUTCOME_MAX] = action;
	return 0;
}

/* ---- lists ---- */

/* Adds the entries of one file to `to`. */
static int
list_file(const struct conf_key *key, const struct conf_item *item, struct conf_source *src, struct conf_value *to,
    struct buf *errs)
{
	struct buf		 text;
	struct conf_place	 place = { NULL, 0 };
	char			*path = NULL;
	const char		*p, *nl, *hash;
	size_t			 left, len;
	int			 rc = -1;

	buf_init(&text, CONF_LIST_MAX + 1);
	if (src == NULL || src->closed) {
		conf_error(errs, &item->place, "%s: no file can be read here", key->path);
		goto out;
	}
	if ((path = conf_beside(item->place.file, item->text + 5)) == NULL ||
	    (place.file = conf_source_name(src, path)) == NULL) {
		conf_error(errs, &item->place, "%s: too many files, or no memory", key->path);
		goto out;
	}
	if (conf_slurp(path, CONF_LIST_MAX, &text, &item->place, errs) == -1)
		goto out;
	if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0) {
		place.line = 1;
		conf_error(errs, &place, "the file begins with a byte order mark (EF BB BF)\n"
		    "    hint: save it as UTF-8 without BOM");
		goto out;
	}
	for (p = text.data, left = text.len; left > 0;) {
		nl = memchr(p, '\n', left);
		len = nl != NULL ? (size_t)(nl - p) : left;
		place.line++;
		left -= len + (nl != NULL);
		if ((hash = memchr(p, '#', len)) != NULL)
			len = (size_t)(hash - p);
		while (len > 0 && isspace((unsigned char)*p)) {
			p++;
			len--;
		}
		while (len > 0 && isspace((unsigned char)p[len - 1]))
			len--;
		if (memchr(p, '\0', len) != NULL || (len >= 5 && memcmp(p, "file:", 5) == 0)) {
			conf_error(errs, &place, "%s: want an entry, no %s", key->path,
			    memchr(p, '\0', len) != NULL ? "NUL octet" : "further file");
			goto out;
		}
		if (len > 0 && conf_value_add(to, p, len, VALUE_STRING, place) == -1) {
			no_memory(key, &place, errs);
			goto out;
		}
		p = nl != NULL ? nl + 1 : p;
	}
	rc = 0;
out:
	free(path);
	buf_free(&text);
	return rc;
}

/* A list, or a single string for a list of one, with all files read. */
static int
list_resolve(const struct conf_key *key, const struct conf_value *v, struct conf_source *src, struct conf_value *to,
    struct buf *errs)
{
	size_t	 i;
	int	 rc = 0;

	memset(to, 0, sizeof(*to));
	to->kind = VALUE_LIST;
	to->place = v->place;
	if (v->kind != VALUE_LIST && v->kind != VALUE_STRING)
		return refuse(key, v, "a list of strings, such as [ \"a\", \"b\" ]", errs);
	for (i = 0; i < v->count; i++) {
		if (v->items[i].kind != VALUE_STRING)
			rc = refuse_item(key, &v->items[i], "text in quotes", errs);
		else if (strncmp(v->items[i].text, "file:", 5) == 0) {
			if (list_file(key, &v->items[i], src, to, errs) == -1)
				rc = -1;
		} else if (conf_value_add(to, v->items[i].text, strlen(v->items[i].text), VALUE_STRING,
		    v->items[i].place) == -1)
			return no_memory(key, &v->place, errs);
	}
	if (to->count > LIST_ENTRIES_MAX) {
		conf_error(errs, &v->place, "%s: got %zu entries, want at most %d", key->path, to->count,
		    LIST_ENTRIES_MAX);
		rc = -1;
	}
	return rc;
}

static int
list_check(const struct conf_key *key, struct conf_value *list, struct buf *errs)
{
	char	 err[256], *p;
	size_t	 i;
	int	 rc = 0;

	for (i = 0; i < list->count; i++) {
		p = list->items[i].text;
		if ((key->flags & KEY_LOWER) && p[0] == '.')	/* ".exe" is what people write */
			memmove(p, p + 1, strlen(p));
		if (key->flags & KEY_LOWER)
			for (; *p != '\0'; p++)
				*p = (char)tolower((unsigned char)*p);
		if (key->check != NULL && key->check(list->items[i].text, err, sizeof(err)) == -1)
			rc = refuse_item(key, &list->items[i], err, errs);
	}
	return rc;
}

static int
store_list(char ***to, struct conf_value *list)
{
	char	**strings, **p;
	size_t	  i;

	if ((strings = calloc(list->count + 1, sizeof(*strings))) == NULL)
		return -1;
	for (i = 0; i < list->count; i++) {
		strings[i] = list->items[i].text;
		list->items[i].text = NULL;
	}
	for (p = *to; p != NULL && *p != NULL; p++)
		free(*p);
	free(*to);
	*to = strings;
	return 0;
}

static int
store_joined(char **to, const struct conf_value *list)
{
	struct buf	 joined;
	size_t		 i;

	buf_init(&joined, CONF_TEXT_MAX);
	for (i = 0; i < list->count; i++) {
		if (i > 0)
			buf_addc(&joined, ',');
		buf_addz(&joined, list->items[i].text);
	}
	if (joined.failed)
		return -1;
	free(*to);
	*to = buf_steal(&joined, NULL);
	return 0;
}

/* An address with a length that leaves a part of it out: 0, or -1 and the network it lies in, of which nobody knows if it is meant. */
static int
host_bits(const struct cidr *net, struct cidr *meant)
{
	unsigned int	 i;

	*meant = *net;
	for (i = net->bits; i < 128; i++)
		meant->addr[i / 8] &= (uint8_t)~(0x80u >> i % 8);
	return memcmp(meant->addr, net->addr, sizeof(net->addr)) == 0 ? 0 : -1;
}

static int
store_net(struct cidr *net, const struct conf_key *key, const struct conf_item *item, struct buf *errs)
{
	char		 want[2 * CIDR_TEXT_MAX + 64], network[CIDR_TEXT_MAX + 1], host[CIDR_TEXT_MAX + 1];
	struct cidr	 meant, one;

	if (cidr_parse(item->text, net) == -1)
		return refuse_item(key, item, "a network such as \"192.0.2.0/24\" or \"2001:db8::/32\"", errs);
	if (host_bits(net, &meant) == 0)
		return 0;
	one = *net;
	one.bits = 128;
	snprintf(want, sizeof(want), "\"%s\" for the network, or \"%s\" for the one address",
	    cidr_str(&meant, network, sizeof(network)), cidr_str(&one, host, sizeof(host)));
	return refuse_item(key, item, want, errs);
}

static int
store_nets(struct cidr_list *to, const struct conf_key *key, const struct conf_value *list, struct buf *errs)
{
	struct cidr	*nets;
	size_t		 i;
	int		 rc = 0;

	if ((nets = calloc(list->count + 1, sizeof(*nets))) == NULL)
		return no_memory(key, &list->place, errs);
	for (i = 0; i < list->count; i++)
		if (store_net(&nets[i], key, &list->items[i], errs) == -1)
			rc = -1;
	if (rc == -1) {
		free(nets);
		return -1;
	}
	free(to->nets);
	to->nets = nets;
	to->count = list->count;
	return 0;
}

static int
set_list(void *member, const struct conf_key *key, const struct conf_value *v, struct conf_source *src,
    struct buf *errs)
{
	struct conf_value	 list;
	int			 rc = -1;

	if (list_resolve(key, v, src, &list, errs) == -1 || list_check(key, &list, errs) == -1)
		goto out;
	if (key->type == KEY_NETS)
		rc = store_nets(member, key, &list, errs);
	else if ((rc = key->type == KEY_LIST ? store_list(member, &list) : store_joined(member, &list)) == -1)
		no_memory(key, &v->place, errs);
out:
	conf_value_free(&list);
	return rc;
}

/* From the file they come as a tree; a text can only say that there are none. */
static int
set_groups(void *member, const struct conf_key *key, const struct conf_value *v, struct buf *errs)
{
	const char	*s = only_string(v);

	if (s == NULL || s[0] != '\0') {
		conf_error(errs, &v->place, "%s: is a list of groups, which only a file can hold", key->path);
		return -1;
	}
	if (key->type == KEY_RULES)
		rules_free(member);
	else
		partners_free(member);
	return 0;
}

int
conf_value_set(struct conf *conf, const struct conf_key *key, const struct conf_value *v, struct conf_source *src,
    struct buf *errs)
{
	return conf_value_store(conf_key_member(conf, key), key, v, src, errs);
}

int
conf_value_store(void *member, const struct conf_key *key, const struct conf_value *v, struct conf_source *src,
    struct buf *errs)
{
	switch (key->type) {
	case KEY_STRING:
		return set_string(member, key, v, errs);
	case KEY_SIZE:
	case KEY_TIME:
		return set_units(member, key, v, errs);
	case KEY_MODE:
		return set_mode(member, key, v, errs);
	case KEY_COUNT:
		return set_count(member, key, v, errs);
	case KEY_BOOL:
		return set_bool(member, key, v, errs);
	case KEY_ENUM:
		return set_enum(member, key, v, errs);
	case KEY_LIST:
	case KEY_NETS:
	case KEY_JOINED:
		return set_list(member, key, v, src, errs);
	case KEY_ACTION:
	case KEY_ACTION_ALL:
		return set_action(member, key, v, errs);
	case KEY_PARTNERS:
	case KEY_RULES:
		return set_groups(member, key, v, errs);
	}
	return -1;
}

/* ---- sockets ---- */

static int
socket_port(const char *s)
{
	char		*end;
	unsigned long	 n = strtoul(s, &end, 10);

	return isdigit((unsigned char)s[0]) && *end == '\0' && n >= 1 && n <= 65535;
}

static int
socket_unix(const char *path, char **out, char *err, size_t errlen)
{
	if (path[0] != '/') {
		snprintf(err, errlen, "an absolute path of the socket, such as \"unix:/run/hopward/hopward.sock\"");
		return -1;
	}
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		snprintf(err, errlen, "a path of at most %zu octets, which the kernel's addresses hold",
		    sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
		return -1;
	}
	return asprintf(out, "unix:%s", path) == -1 ? -1 : 0;
}

/* "PORT@HOST", "PORT", "HOST:PORT", "[HOST]:PORT" */
static int
socket_inet(const char *family, const char *s, char **out, char *err, size_t errlen)
{
	char	 host[256];
	const char *port, *from, *colon;
	size_t	 len;
	int	 v6 = strcmp(family, "inet6") == 0;

	if ((from = strchr(s, '@')) != NULL) {
		if ((size_t)(from - s) >= sizeof(host) || from[1] == '\0')
			goto bad;
		memcpy(host, s, (size_t)(from - s));
		host[from - s] = '\0';
		if (!socket_port(host))
			goto bad;
		return asprintf(out, "%s:%s", family, s) == -1 ? -1 : 0;
	}
	/* A port alone would be open on every address: whoever wants that writes 0.0.0.0. */
	if ((colon = strrchr(s, ':')) == NULL || !socket_port(colon + 1))
		goto bad;
	port = colon + 1;
	len = (size_t)(colon - s);
	if (s[0] == '[') {
		if (len < 3 || s[len - 1] != ']')
			goto bad;
		s++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(host))
		goto bad;
	memcpy(host, s, len);
	host[len] = '\0';
	return asprintf(out, "%s:%s@%s", strchr(host, ':') != NULL ? "inet6" : family, port, host) == -1 ? -1 : 0;
bad:
	snprintf(err, errlen, "%s:PORT@HOST or inet:HOST:PORT, such as \"%s\"", family,
	    v6 ? "inet6:8891@::1" : "inet:8891@127.0.0.1");
	return -1;
}

int
conf_socket(const char *spec, char **libmilter, char *err, size_t errlen)
{
	const char	*p;

	*libmilter = NULL;
	snprintf(err, errlen, "a socket");
	for (p = spec; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f) {
			snprintf(err, errlen, "a socket without blanks, such as \"unix:/run/hopward/hopward.sock\"");
			return -1;
		}
	if (spec[0] == '/')
		return socket_unix(spec, libmilter, err, errlen);
	if (strncmp(spec, "unix:", 5) == 0)
		return socket_unix(spec + 5, libmilter, err, errlen);
	if (strncmp(spec, "local:", 6) == 0)
		return socket_unix(spec + 6, libmilter, err, errlen);
	if (strncmp(spec, "inet:", 5) == 0)
		return socket_inet("inet", spec + 5, libmilter, err, errlen);
	if (strncmp(spec, "inet6:", 6) == 0)
		return socket_inet("inet6", spec + 6, libmilter, err, errlen);
	snprintf(err, errlen, "a socket such as \"unix:/run/hopward/hopward.sock\", \"inet:8891@127.0.0.1\" (libmilter) "
	    "or \"inet:127.0.0.1:8891\" (Postfix)");
	return -1;
}
