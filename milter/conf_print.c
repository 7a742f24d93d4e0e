/* SPDX-License-Identifier: ISC */
/* The whole effective configuration as text that reads back to the same settings. */

/*
 * Printed from the settings, not from what was read: includes and file: lists
 * are resolved, empty names and "auto" have their value, shorthands are spelled
 * out.  A reading of it opens no file, asks for no host name.
 */

#include <stdio.h>
#include <string.h>

#include "conf_int.h"
#include "base/units.h"

void
conf_print_text(struct buf *out, const char *s)
{
	buf_addc(out, '"');
	for (; s != NULL && *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_addc(out, '\\');
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			buf_addf(out, "\\x%02x", (unsigned int)(unsigned char)*s);
		else
			buf_addc(out, *s);
	}
	buf_addc(out, '"');
}

void
conf_print_list(struct buf *out, char *const *list)
{
	size_t	 i;

	buf_addc(out, '[');
	for (i = 0; list != NULL && list[i] != NULL; i++) {
		buf_addz(out, i == 0 ? " " : ", ");
		conf_print_text(out, list[i]);
	}
	buf_addz(out, i == 0 ? "]" : " ]");
}

void
conf_print_nets(struct buf *out, const struct cidr_list *list)
{
	char	 text[CIDR_TEXT_MAX + 1];
	size_t	 i;

	buf_addc(out, '[');
	for (i = 0; i < list->count; i++)
		buf_addf(out, "%s\"%s\"", i == 0 ? " " : ", ", cidr_str(&list->nets[i], text, sizeof(text)));
	buf_addz(out, i == 0 ? "]" : " ]");
}

static void
print_joined(struct buf *out, const char *s)
{
	size_t	 n;
	int	 some = s != NULL && s[0] != '\0';

	buf_addz(out, some ? "[ " : "[");
	while (some) {
		n = strcspn(s, ",");
		buf_addf(out, "\"%.*s\"", (int)n, s);
		some = s[n] == ',';
		s += n + 1;
		if (some)
			buf_addz(out, ", ");
		else
			buf_addc(out, ' ');
	}
	buf_addc(out, ']');
}

static void
print_units(struct buf *out, const struct conf_key *key, uint64_t n)
{
	char	 text[48];

	if (n == 0 && (key->flags & KEY_AUTO))
		snprintf(text, sizeof(text), "auto");
	else if (key->type == KEY_SIZE)
		units_size_str(n, text, sizeof(text));
	else
		units_time_str(key->flags & KEY_MICRO ? n / 1000 : n, text, sizeof(text));
	buf_addf(out, "\"%s\"", text);
}

static void
print_value(struct buf *out, const struct conf_key *key, const void *member)
{
	const struct policy_action	*action = member;
	uint64_t			 n;
	size_t				 i;

	switch (key->type) {
	case KEY_STRING:
		conf_print_text(out, *(char *const *)member);
		break;
	case KEY_SIZE:
	case KEY_TIME:
		print_units(out, key, *(const uint64_t *)member);
		break;
	case KEY_MODE:
		buf_addf(out, "\"%04o\"", (unsigned int)*(const mode_t *)member);
		break;
	case KEY_COUNT:
		n = key->flags & KEY_WIDE ? *(const uint64_t *)member : *(const uint32_t *)member;
		/* libconfig's bare numbers have 32 bits, one for the sign */
		buf_addf(out, n > INT32_MAX ? "\"%llu\"" : "%llu", (unsigned long long)n);
		break;
	case KEY_BOOL:
		n = key->flags & KEY_WIDE ? *(const uint64_t *)member : (uint64_t)*(const int *)member;
		buf_addz(out, n ? "true" : "false");
		break;
	case KEY_ENUM:
		for (i = 0; key->choices[i].name != NULL; i++)
			if (key->choices[i].value == *(const int *)member)
				conf_print_text(out, key->choices[i].name);
		break;
	case KEY_LIST:
		conf_print_list(out, *(char **const *)member);
		break;
	case KEY_NETS:
		conf_print_nets(out, member);
		break;
	case KEY_JOINED:
		print_joined(out, *(char *const *)member);
		break;
	case KEY_ACTION:
		buf_addf(out, "\"%s%s\"", action->watch ? "watch:" : "", action_str(action->action));
		break;
	case KEY_PARTNERS:
		conf_partners_print(member, out);
		break;
	case KEY_RULES:
		conf_rules_print(member, out);
		break;
	case KEY_ACTION_ALL:
		break;
	}
}

/* Leaves and enters groups until the one of `path` is open. */
static void
print_group(struct buf *out, char *open, size_t size, const char *path)
{
	const char	*dot = strrchr(path, '.');
	size_t		 want = dot == NULL ? 0 : (size_t)(dot - path), have = strlen(open), n;
	char		*last;
	unsigned int	 depth = 0, i;
	const char	*p;

	for (p = open; *p != '\0'; p++)
		depth += *p == '.';
	depth += have > 0;
	while (have > 0 && !(want >= have && strncmp(open, path, have) == 0 && (want == have || path[have] == '.'))) {
		depth--;
		for (i = 0; i < depth; i++)
			buf_addc(out, '\t');
		buf_addz(out, "};\n");
		if ((last = strrchr(open, '.')) == NULL)
			last = open;
		*last = '\0';
		have = strlen(open);
	}
	while (have < want && want < size) {
		p = path + have + (have > 0);
		n = strcspn(p, ".");
		for (i = 0; i < depth; i++)
			buf_addc(out, '\t');
		buf_addf(out, "%.*s: {\n", (int)n, p);
		depth++;
		have = (size_t)(p - path) + n;
		memcpy(open, path, have);
		open[have] = '\0';
	}
}

int
conf_print(const struct conf *conf, struct buf *out)
{
	const struct conf_key	*key;
	char			 open[128] = "";
	const char		*p;
	size_t			 i;

	for (i = 0; i < conf_keys_count; i++) {
		key = &conf_keys[i];
		if (key->flags & KEY_FIRST)
			continue;
		print_group(out, open, sizeof(open), key->path);
		for (p = key->path; (p = strchr(p, '.')) != NULL; p++)
			buf_addc(out, '\t');
		p = strrchr(key->path, '.');
		buf_addf(out, "%s = ", p != NULL ? p + 1 : key->path);
		print_value(out, key, conf_key_member(conf, key));
		buf_addz(out, ";\n");
	}
	print_group(out, open, sizeof(open), "");
	return out->failed ? -1 : 0;
}
