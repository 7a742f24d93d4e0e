/* SPDX-License-Identifier: ISC */
/* Accuracy of the Received reader: labelled fields of each known family, value by value, as written and folded everywhere. */

/*
 * tests/corpus/families/NAME.txt holds fields as they stand in mail;
 * "X-Family:" names the writer of those that follow.  NAME.want has one line
 * for each Received: "NAME=VALUE" between tabs, what is not there left out.
 * The labels were written by hand from the formats before the reader was run
 * on them; `iana` is what the cipher as written means.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/suite.h"
#include "scan/header.h"
#include "scan/received.h"

#define CORPUS		"tests/corpus/families/"
#define FILE_MAX	(1u << 20)
#define VALUE_MAX	256

#define VALUES(X)	X(tls) X(helo) X(rdns) X(ip) X(by) X(with) X(version) X(norm) X(cipher) X(iana) X(bits) X(auth) X(time)

enum value {
#define X(name) VALUE_##name,
	VALUES(X)
#undef X
	VALUE_COUNT
};

static const char *const	value_names[VALUE_COUNT] = {
#define X(name) #name,
	VALUES(X)
#undef X
};

struct values {
	char	of[VALUE_COUNT][VALUE_MAX];	/* "" where there is none */
};

struct tally {
	size_t	fields, families, bad[VALUE_COUNT], bad_all;
};

static char *
slurp(const char *name, const char *ending, size_t *len)
{
	char	 path[200], *p = malloc(FILE_MAX);
	FILE	*f;

	snprintf(path, sizeof(path), CORPUS "%s.%s", name, ending);
	if ((f = fopen(path, "rb")) == NULL || p == NULL)
		fail_msg("%s cannot be read (tests run in the top directory)", path);
	*len = fread(p, 1, FILE_MAX - 1, f);
	p[*len] = '\0';
	fclose(f);
	return p;
}

/* ---- what is wanted ---- */

static void
want_value(struct values *v, const char *s, size_t n, const char *where)
{
	const char	*is = memchr(s, '=', n);
	size_t		 i, name = is != NULL ? (size_t)(is - s) : n;

	for (i = 0; i < VALUE_COUNT; i++)
		if (is != NULL && strlen(value_names[i]) == name && memcmp(value_names[i], s, name) == 0) {
			snprintf(v->of[i], VALUE_MAX, "%.*s", (int)(n - name) - 1, is + 1);
			return;
		}
	fail_msg("%s: \"%.*s\" is no label", where, (int)n, s);
}

/* Takes a line off *line. */
static void
want_line(struct values *v, const char **line, const char *where)
{
	const char	*s = *line;
	size_t		 n;

	memset(v, 0, sizeof(*v));
	if (*s == '\0')
		fail_msg("%s has no label", where);
	while (*s != '\n' && *s != '\0') {
		n = strcspn(s, "\t\n");
		want_value(v, s, n, where);
		s += n + (s[n] == '\t');
	}
	*line = s + (*s == '\n');
}

/* ---- what is got ---- */

static void
got_text(struct values *v, enum value i, const char *text)
{
	snprintf(v->of[i], VALUE_MAX, "%s", text != NULL ? text : "");
}

static void
got_values(const uint8_t *value, size_t len, struct values *v)
{
	static const char *const	tls[] = { "unknown", "no", "yes" };
	struct received			hop;
	struct suite			s;
	uint8_t				*copy = malloc(len > 0 ? len : 1);	/* so that the sanitizers see each octet beyond */

	assert_non_null(copy);
	memcpy(copy, value, len);
	assert_int_equal(received_read(copy, len, &hop), 0);
	free(copy);
	memset(v, 0, sizeof(*v));
	got_text(v, VALUE_tls, tls[hop.tls]);
	got_text(v, VALUE_helo, hop.helo);
	got_text(v, VALUE_rdns, hop.rdns);
	got_text(v, VALUE_ip, hop.ip);
	got_text(v, VALUE_by, hop.by);
	got_text(v, VALUE_with, hop.with);
	got_text(v, VALUE_version, hop.version);
	got_text(v, VALUE_norm, hop.version_norm);
	got_text(v, VALUE_cipher, hop.cipher);
	if (hop.cipher != NULL) {
		suite_read(hop.cipher, hop.version, &s);
		if (suite_iana(&s, v->of[VALUE_iana], SUITE_IANA_MAX) == -1)
			v->of[VALUE_iana][0] = '\0';
	}
	if (hop.bits > 0)
		snprintf(v->of[VALUE_bits], VALUE_MAX, "%u", hop.bits);
	got_text(v, VALUE_auth, hop.auth ? "1" : "");
	if (hop.has_time)
		snprintf(v->of[VALUE_time], VALUE_MAX, "%" PRIu64, hop.time);
	received_clear(&hop);
}

static void
compare(const struct values *got, const struct values *want, const char *where, struct tally *t)
{
	size_t	i;

	for (i = 0; i < VALUE_COUNT; i++)
		if (strcmp(got->of[i], want->of[i]) != 0) {
			print_error("%s: %s: got \"%s\", want \"%s\"\n", where, value_names[i], got->of[i], want->of[i]);
			t->bad[i]++;
			t->bad_all++;
		}
}

/* The value with each run of white space as CR LF TAB. */
static size_t
fold(const uint8_t *value, size_t len, uint8_t *out)
{
	size_t	i, n = 0;
	int	space = 0;

	while (len > 0 && strchr(" \t\r\n", value[len - 1]) != NULL)
		len--;
	for (i = 0; i < len; i++) {
		if (value[i] == ' ' || value[i] == '\t' || value[i] == '\r' || value[i] == '\n') {
			space = 1;
			continue;
		}
		if (space) {
			memcpy(out + n, "\r\n\t", 3);
			n += 3;
			space = 0;
		}
		out[n++] = value[i];
	}
	memcpy(out + n, "\r\n", 2);
	return n + 2;
}

/* ---- the corpus ---- */

static void
corpus_file(const char *name, int folded, struct tally *t)
{
	struct header_reader	 r;
	struct header_field	 f;
	struct values		 got, want;
	size_t			 len, want_len, n, line = 1, at = 0, number = 0;
	char			*msg = slurp(name, "txt", &len), *labels = slurp(name, "want", &want_len), where[200];
	const char		*label = labels;
	uint8_t			*wide = malloc(3 * FILE_MAX);

	assert_non_null(wide);
	header_start(&r, (const uint8_t *)msg, 0, len);
	while (header_next(&r, &f) == HEADER_FIELD) {
		for (; at < f.name; at++)
			line += msg[at] == '\n';
		if (!header_is(&r, &f, "Received")) {
			t->families++;
			continue;
		}
		snprintf(where, sizeof(where), "%s%s.txt:%zu (%s.want:%zu)%s", CORPUS, name, line, name, ++number,
		    folded ? ", folded" : "");
		want_line(&want, &label, where);
		if (folded) {
			n = fold((uint8_t *)msg + f.value, f.end - f.value, wide);
			got_values(wide, n, &got);
		} else {
			got_values((uint8_t *)msg + f.value, f.end - f.value, &got);
		}
		compare(&got, &want, where, t);
		t->fields++;
	}
	if (*label != '\0')
		fail_msg("%s.want has more lines than %s.txt has fields", name, name);
	free(wide);
	free(msg);
	free(labels);
}

static void
all(int folded)
{
	struct tally	t;
	size_t		i;

	memset(&t, 0, sizeof(t));
	corpus_file("known", folded, &t);
	corpus_file("odd", folded, &t);
	for (i = 0; i < VALUE_COUNT; i++)
		if (t.bad[i] > 0)
			print_error("%s: %zu of %zu fields differ\n", value_names[i], t.bad[i], t.fields);
	assert_true(t.fields >= 500 && t.families >= 87);
	if (t.bad_all > 0)
		fail_msg("got %zu values that are not as labelled, want none", t.bad_all);
}

static void
as_written(void **state)
{
	(void)state;
	all(0);
}

static void
folded_everywhere(void **state)
{
	(void)state;
	all(1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_written),
		cmocka_unit_test(folded_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
