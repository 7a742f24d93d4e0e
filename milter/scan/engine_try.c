/* SPDX-License-Identifier: ISC */
/* Signature files of one's own: each is tried alone before it may join the official ones. */
/*
 * Called by engine_load.c.  A broken file makes libclamav refuse whatever it is
 * loaded with, or may even crash it: so each is loaded first into an engine
 * of its own in a child, and one that fails, or of which libclamav says an
 * error (a rule that it skipped), is named, left out, and no reason to do
 * without the others.  A file is tried as long as it takes: who started the
 * load bounds it.  Directories below are not looked into.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan/engine_int.h"

#define WHY_MAX		256	/* of libclamav's words */
#define OWN_MAX		4096	/* files; more is said (the last one is left out) */

/* What libclamav takes; `first`: lists of what is to be ignored in files that come later. */
static const struct kind {
	const char	*ext;
	int		 first;
} kinds[] = {
	{ "ign", 1 }, { "ign2", 1 }, { "cfg", 1 },
	{ "ndb", 0 }, { "ndu", 0 }, { "ldb", 0 }, { "ldu", 0 }, { "yar", 0 }, { "yara", 0 }, { "cdb", 0 }, { "pwdb", 0 },
	{ "hdb", 0 }, { "hdu", 0 }, { "hsb", 0 }, { "hsu", 0 }, { "mdb", 0 }, { "mdu", 0 }, { "msb", 0 }, { "msu", 0 },
	{ "fp", 0 }, { "sfp", 0 }, { "db", 0 }, { "sdb", 0 }, { "idb", 0 }, { "ioc", 0 }, { "ftm", 0 }, { "pdb", 0 },
	{ "wdb", 0 }, { "gdb", 0 }, { "cbc", 0 }, { "imp", 0 }, { "crb", 0 }, { "cvd", 0 }, { "cld", 0 }, { "cud", 0 },
};

int
own_next(const char **list, char *dir, size_t size)
{
	size_t	len;

	if (*list == NULL)
		return 0;
	*list += strspn(*list, ",");
	len = strcspn(*list, ",");
	if (len == 0 || len >= size)
		return 0;
	memcpy(dir, *list, len);
	dir[len] = '\0';
	*list += len;
	return 1;
}

static const struct kind *
file_kind(const char *name)
{
	const char	*dot = strrchr(name, '.');
	size_t		 i;

	if (dot == NULL || name[0] == '.')
		return NULL;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(dot + 1, kinds[i].ext) == 0)
			return &kinds[i];
	return NULL;
}

int
own_leave_out(struct own_file *f, const char *why)
{
	char	*p;

	free(f->why);
	if ((f->why = strndup(why, WHY_MAX)) == NULL)
		return -1;
	for (p = f->why; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	return 1;
}

static struct own_file *
own_add(struct own_files *own, const char *dir, const char *name, int first)
{
	struct own_file	*p;
	size_t		 size;

	if (own->count == own->size) {
		size = own->size == 0 ? 16 : own->size * 2;
		if ((p = reallocarray(own->list, size, sizeof(*p))) == NULL)
			return NULL;
		own->list = p;
		own->size = size;
	}
	p = &own->list[own->count];
	memset(p, 0, sizeof(*p));
	p->first = first;
	if (asprintf(&p->path, "%s%s%s", dir, name != NULL ? "/" : "", name != NULL ? name : "") == -1) {
		p->path = NULL;
		return NULL;
	}
	own->count++;
	return p;
}

static int
dir_find(struct own_files *own, const char *dir)
{
	const struct kind	*kind;
	struct own_file		*f;
	struct dirent		**names;
	int			 i, n, rc = 0;

	if ((n = scandir(dir, &names, NULL, alphasort)) == -1) {
		f = own_add(own, dir, NULL, 0);
		return f != NULL && own_leave_out(f, strerror(errno)) == 1 ? 0 : -1;
	}
	for (i = 0; i < n; i++) {
		if (rc == 0 && (kind = file_kind(names[i]->d_name)) != NULL && own->count <= OWN_MAX) {
			if ((f = own_add(own, dir, names[i]->d_name, kind->first)) == NULL)
				rc = -1;
			else if (own->count > OWN_MAX && own_leave_out(f, "too many files, as those after it") == -1)
				rc = -1;
			else if (f->why == NULL && access(f->path, R_OK) == -1 && own_leave_out(f, strerror(errno)) == -1)
				rc = -1;
		}
		free(names[i]);
	}
	free(names);
	return rc;
}

int
own_find(const struct scan_settings *s, struct own_files *own)
{
	const char	*p = s->extra_databases;
	char		 dir[PATH_MAX];

	while (own_next(&p, dir, sizeof(dir)))
		if (dir_find(own, dir) == -1)
			return -1;
	return 0;
}

void
own_free(struct own_files *own)
{
	while (own->count > 0) {
		free(own->list[--own->count].path);
		free(own->list[own->count].why);
	}
	free(own->list);
	own->list = NULL;
	own->size = 0;
}

/* ---- in the child: its standard output is the pipe ---- */

/* The first error is what a person wants to read. */
static void
on_error(enum cl_msg severity, const char *full, const char *msg, void *ctx)
{
	size_t	len = strcspn(msg, "\n");

	(void)full;
	(void)ctx;
	if (severity == CL_MSG_ERROR && (write(STDOUT_FILENO, msg, len) == -1 || write(STDOUT_FILENO, "\n", 1) == -1))
		_exit(1);
}

static void __attribute__((noreturn))
child(const struct scan_settings *s, const char *path, int out)
{
	struct cl_engine	*cl;
	unsigned int		 options, sigs = 0;
	cl_error_t		 rc;
	char			 err[WHY_MAX];

	if (dup2(out, STDOUT_FILENO) == -1)
		_exit(1);
	cl_set_clcb_msg(on_error);
	if ((cl = engine_empty(s, &options, err, sizeof(err))) == NULL) {
		dprintf(STDOUT_FILENO, "%s\n", err);
		_exit(1);
	}
	if ((rc = cl_load(path, cl, &sigs, options)) == CL_SUCCESS)
		rc = cl_engine_compile(cl);
	if (rc != CL_SUCCESS)
		dprintf(STDOUT_FILENO, "%s\n", cl_strerror(rc));
	_exit(rc != CL_SUCCESS);
}

/* ---- here ---- */

/* What a child says, to its end: of the first WHY_MAX octets the first line, which has the place, and the last, which sums up. */
static void
child_words(int fd, char *words, size_t size)
{
	char	chunk[4096], *first, *last;
	size_t	len = 0, take;
	ssize_t	n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0 || (n == -1 && errno == EINTR)) {
		take = n > 0 ? (size_t)n : 0;
		if (take > size - 1 - len)
			take = size - 1 - len;
		memcpy(words + len, chunk, take);
		len += take;
	}
	while (len > 0 && words[len - 1] == '\n')
		len--;
	words[len] = '\0';
	if ((first = strchr(words, '\n')) == NULL)
		return;
	last = strrchr(words, '\n') + 1;
	*first++ = ';';
	if (first < last)
		*first++ = ' ';
	memmove(first, last, strlen(last) + 1);
}

static void
file_try(const struct scan_settings *s, struct own_file *f)
{
	char	words[WHY_MAX + 1] = "", why[2 * WHY_MAX];
	int	pipes[2], status = 0;
	pid_t	pid, got;

	if (pipe(pipes) == -1) {
		own_leave_out(f, strerror(errno));
		return;
	}
	if ((pid = fork()) == 0) {
		close(pipes[0]);
		child(s, f->path, pipes[1]);
	}
	close(pipes[1]);
	if (pid == -1)
		own_leave_out(f, strerror(errno));
	else {
		child_words(pipes[0], words, sizeof(words));
		do
			got = waitpid(pid, &status, 0);
		while (got == -1 && errno == EINTR);
		if (got == pid && WIFSIGNALED(status)) {
			snprintf(why, sizeof(why), "libclamav died of it: %s", strsignal(WTERMSIG(status)));
			own_leave_out(f, why);
		} else if (got != pid || status != 0 || words[0] != '\0')
			own_leave_out(f, words[0] != '\0' ? words : "it cannot be loaded");
	}
	close(pipes[0]);
}

void
own_try(const struct scan_settings *s, struct own_files *own)
{
	size_t	i;

	for (i = 0; i < own->count; i++)
		if (own->list[i].why == NULL)
			file_try(s, &own->list[i]);
}
