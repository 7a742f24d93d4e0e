/* SPDX-License-Identifier: ISC */
/* For the tests of the configuration: files in a directory of their own, and readings of them as text. */
#ifndef HOPWARD_TESTS_CONF_FILES_H
#define HOPWARD_TESTS_CONF_FILES_H

#include <sys/stat.h>

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf.h"
#include "conf_int.h"

static char	dir[64];	/* of this program, absolute */

static int
files_setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test-conf-XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
file_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
files_teardown(void **state)
{
	(void)state;
	return nftw(dir, file_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Path of a file below the directory; a ring of buffers, as several are used at once. */
static inline const char *
in_dir(const char *name)
{
	static char	 path[8][256];
	static int	 n;

	n = (n + 1) % 8;
	snprintf(path[n], sizeof(path[n]), "%s/%s", dir, name);
	return path[n];
}

static inline const char *
file_write(const char *name, const char *text)
{
	const char	*path = in_dir(name);
	FILE		*f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	return path;
}

/* The text with every "/tmp/test-conf-XXXXXX/" taken out. */
static inline char *
without_dir(const char *text)
{
	char	*out = calloc(1, strlen(text) + 1), *to = out;
	size_t	 len = strlen(dir);

	assert_non_null(out);
	while (*text != '\0')
		if (strncmp(text, dir, len) == 0 && text[len] == '/')
			text += len + 1;
		else
			*to++ = *text++;
	return out;
}

/* Reads a text as "c.conf"; gives the configuration or NULL, and what was said in *said (to be freed). */
static inline struct conf *
read_text(const char *text, const char *const *overrides, char **said)
{
	struct buf	 errs;
	struct conf	*conf;

	buf_init(&errs, 1024 * 1024);
	conf = conf_read(text != NULL ? file_write("c.conf", text) : NULL, overrides, &errs);
	*said = without_dir(errs.data != NULL ? errs.data : "");
	buf_free(&errs);
	return conf;
}

/* A reading that must go well. */
static inline struct conf *
read_good(const char *text, const char *const *overrides)
{
	char		*said;
	struct conf	*conf = read_text(text, overrides, &said);

	if (conf == NULL || said[0] != '\0')
		fail_msg("got %s, want no complaint of\n%s", said, text != NULL ? text : "(empty)");
	free(said);
	return conf;
}

/* A reading that must say exactly this. */
static inline void
want_said(const char *text, const char *const *overrides, const char *want)
{
	char		*said;
	struct conf	*conf = read_text(text, overrides, &said);

	if (conf != NULL || strcmp(said, want) != 0)
		fail_msg("%s\ngot  (%s)\n%s\nwant\n%s", text, conf != NULL ? "accepted" : "refused", said, want);
	conf_free(conf);
	free(said);
}

static inline char *
printed(const struct conf *conf)
{
	struct buf	 out;

	buf_init(&out, CONF_TEXT_MAX);
	assert_int_equal(conf_print(conf, &out), 0);
	return buf_steal(&out, NULL);
}

#endif
