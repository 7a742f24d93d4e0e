/* SPDX-License-Identifier: ISC */
/* The configuration's text with all includes expanded, each line knowing the file and line it came from. */

/*
 * libconfig 1.5 looks for every include in one directory, also for absolute
 * names; people expect it beside the including file.  So includes are expanded
 * here and libconfig reads one text.  The directive is recognised where
 * libconfig does it: at the start of a line, outside comments.  This file does
 * not know the syntax beyond comments and strings.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_int.h"

void
conf_error(struct buf *errs, const struct conf_place *place, const char *fmt, ...)
{
	va_list	 ap;

	if (place != NULL && place->file != NULL) {
		if (place->line > 0)
			buf_addf(errs, "%s:%u: ", place->file, place->line);
		else
			buf_addf(errs, "%s: ", place->file);
	}
	va_start(ap, fmt);
	buf_vaddf(errs, fmt, ap);
	va_end(ap);
	buf_addc(errs, '\n');
}

const char *
conf_source_name(struct conf_source *src, const char *name)
{
	char	**files, *copy;
	size_t	  i;

	for (i = 0; i < src->files_count; i++)
		if (strcmp(src->files[i], name) == 0)
			return src->files[i];
	if (src->files_count >= CONF_FILES_MAX || (copy = strdup(name)) == NULL)
		return NULL;
	if ((files = reallocarray(src->files, src->files_count + 1, sizeof(*files))) == NULL) {
		free(copy);
		return NULL;
	}
	src->files = files;
	src->files[src->files_count++] = copy;
	return copy;
}

static int
slurp_fd(int fd, size_t max, struct buf *out)
{
	char	 chunk[16384];
	ssize_t	 n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (out->len + (size_t)n > max) {
			errno = EFBIG;
			return -1;
		}
		if (buf_add(out, chunk, (size_t)n) == -1) {
			errno = ENOMEM;
			return -1;
		}
	}
	return 0;
}

int
conf_slurp(const char *path, size_t max, struct buf *out, const struct conf_place *from, struct buf *errs)
{
	struct stat	 st;
	const char	*why = NULL;
	int		 fd, rc = -1;

	/* O_NONBLOCK: a fifo without a writer must not hold the daemon. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 || fstat(fd, &st) == -1)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		why = S_ISDIR(st.st_mode) ? "is a directory" : "is no regular file";
	else if (slurp_fd(fd, max, out) == -1)
		why = errno == EFBIG ? "is larger than a configuration can be" : strerror(errno);
	else
		rc = 0;
	if (rc == -1)
		conf_error(errs, from, "cannot read %s: %s", path, why);
	if (fd != -1)
		close(fd);
	return rc;
}

char *
conf_beside(const char *file, const char *name)
{
	const char	*slash = strrchr(file, '/');
	char		*path;
	size_t		 dir, len = strlen(name);

	if (name[0] == '/' || slash == NULL)
		return strdup(name);
	dir = (size_t)(slash - file) + 1;
	if ((path = malloc(dir + len + 1)) == NULL)
		return NULL;
	memcpy(path, file, dir);
	memcpy(path + dir, name, len + 1);
	return path;
}

struct conf_place
conf_source_place(const struct conf_source *src, unsigned int line)
{
	struct conf_place none = { src->files_count > 0 ? src->files[0] : NULL, line };

	if (line == 0 || src->lines_count == 0)
		return none;
	if (line > src->lines_count)	/* libconfig stands behind the last newline */
		return src->lines[src->lines_count - 1];
	return src->lines[line - 1];
}

/* One file being expanded. */
struct level {
	struct buf	 text;
	size_t		 at;
	const char	*file;
	char		*path;
	unsigned int	 line;
	int		 comment;	/* inside a block comment */
};

static int
line_add(struct conf_source *src, const char *line, size_t len, const char *file, unsigned int number)
{
	struct conf_place	*lines;
	size_t			 size;

	if (src->lines_count == src->lines_size) {
		size = src->lines_size == 0 ? 256 : src->lines_size * 2;
		if ((lines = reallocarray(src->lines, size, sizeof(*lines))) == NULL)
			return -1;
		src->lines = lines;
		src->lines_size = size;
	}
	src->lines[src->lines_count].file = file;
	src->lines[src->lines_count++].line = number;
	if (buf_add(&src->text, line, len) == -1)
		return -1;
	return buf_addc(&src->text, '\n');
}

/* Is the next line inside a block comment? */
static int
line_comment(const char *p, size_t len, int comment)
{
	size_t	 i;
	int	 string = 0;

	for (i = 0; i < len; i++) {
		if (comment) {
			if (p[i] == '*' && i + 1 < len && p[i + 1] == '/') {
				comment = 0;
				i++;
			}
		} else if (string) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				string = 0;
		} else if (p[i] == '"')
			string = 1;
		else if (p[i] == '#' || (p[i] == '/' && i + 1 < len && p[i + 1] == '/'))
			return 0;
		else if (p[i] == '/' && i + 1 < len && p[i + 1] == '*') {
			comment = 1;
			i++;
		}
	}
	return comment;
}

/* 1 and the name if the line is an include, 0 if not, -1 if it is a wrong one (err says why). */
static int
line_include(const char *p, size_t len, const char **name, size_t *namelen, const char **err)
{
	const char	*end = p + len, *quote;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if ((size_t)(end - p) < 8 || memcmp(p, "@include", 8) != 0)
		return 0;
	p += 8;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	*err = "want the file's name in double quotes, as in  @include \"policy.conf\"";
	if (p == end || *p != '"' || (quote = memchr(p + 1, '"', (size_t)(end - p) - 1)) == NULL || quote == p + 1)
		return -1;
	*name = p + 1;
	*namelen = (size_t)(quote - *name);
	for (p = quote + 1; p < end && (*p == ' ' || *p == '\t' || *p == '\r'); p++)
		;
	*err = "nothing may follow an @include on its line, no semicolon either";
	if (p < end && *p != '#' && !(*p == '/' && p + 1 < end && p[1] == '/'))
		return -1;
	return 1;
}

/* What an editor left in front of or in the file; libconfig only says "syntax error". */
static int
file_check(const struct level *lv, struct buf *errs)
{
	struct conf_place	 place = { lv->file, 1 };
	const char		*p = lv->text.data, *nul;

	if (lv->text.len == 0)
		return 0;
	if (lv->text.len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		conf_error(errs, &place, "the file begins with a byte order mark (EF BB BF)\n"
		    "    hint: save it as UTF-8 without BOM, or: sed -i '1s/^\\xEF\\xBB\\xBF//' %s", lv->path);
		return -1;
	}
	if (lv->text.len >= 2 && (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0)) {
		conf_error(errs, &place, "the file is in UTF-16\n    hint: save it as UTF-8 without BOM");
		return -1;
	}
	if ((nul = memchr(p, '\0', lv->text.len)) != NULL) {
		for (; p < nul; p++)
			place.line += *p == '\n';
		conf_error(errs, &place, "a NUL octet: this is no text file");
		return -1;
	}
	return 0;
}

static void
level_free(struct level *lv)
{
	buf_free(&lv->text);
	free(lv->path);
	memset(lv, 0, sizeof(*lv));
}

/* Opens one more file on the stack. */
static int
level_open(struct conf_source *src, struct level *stack, size_t depth, const char *path,
    const struct conf_place *from, struct buf *errs)
{
	struct level	*lv = &stack[depth];
	size_t		 i;

	memset(lv, 0, sizeof(*lv));
	buf_init(&lv->text, CONF_FILE_MAX + 1);
	for (i = 0; i < depth; i++)
		if (strcmp(stack[i].path, path) == 0) {
			conf_error(errs, from, "%s includes itself", path);
			return -1;
		}
	if ((lv->path = strdup(path)) == NULL || (lv->file = conf_source_name(src, path)) == NULL) {
		conf_error(errs, from, "cannot include %s: %s", path,
		    src->files_count >= CONF_FILES_MAX ? "too many files" : strerror(ENOMEM));
		return -1;
	}
	if (conf_slurp(path, CONF_FILE_MAX, &lv->text, from, errs) == -1)
		return -1;
	return file_check(lv, errs);
}

static int
include_line(struct conf_source *src, struct level *stack, size_t depth, const char *name, size_t namelen,
    const struct conf_place *place, struct buf *errs)
{
	char	 copy[CONF_LINE_MAX], *path;
	int	 rc;

	if (src->closed) {
		conf_error(errs, place, "no file can be included here");
		return -1;
	}
	if (depth + 1 >= CONF_INCLUDE_MAX) {
		conf_error(errs, place, "includes are nested deeper than %d", CONF_INCLUDE_MAX);
		return -1;
	}
	if (namelen >= sizeof(copy)) {
		conf_error(errs, place, "the name of the included file is too long");
		return -1;
	}
	memcpy(copy, name, namelen);
	copy[namelen] = '\0';
	if ((path = conf_beside(stack[depth].path, copy)) == NULL) {
		conf_error(errs, place, "%s", strerror(ENOMEM));
		return -1;
	}
	if ((rc = level_open(src, stack, depth + 1, path, place, errs)) == -1)
		level_free(&stack[depth + 1]);
	free(path);
	return rc;
}

/*
 * Takes the next line of the topmost file.  1: a file was opened, 0: done, -1.
 * The include's own line stays, empty, so that libconfig's count has a place for it.
 */
static int
level_line(struct conf_source *src, struct level *stack, size_t depth, struct buf *errs)
{
	struct level		*lv = &stack[depth];
	struct conf_place	 place;
	const char		*p = lv->text.data + lv->at, *nl, *name, *err;
	size_t			 len = lv->text.len - lv->at, namelen;
	int			 rc = 0;

	if ((nl = memchr(p, '\n', len)) != NULL)
		len = (size_t)(nl - p);
	lv->at += len + (nl != NULL);
	place.file = lv->file;
	place.line = ++lv->line;
	if (!lv->comment && (rc = line_include(p, len, &name, &namelen, &err)) == -1) {
		conf_error(errs, &place, "@include: %s", err);
		return -1;
	}
	lv->comment = line_comment(p, len, lv->comment);
	if (line_add(src, p, rc == 1 ? 0 : len, lv->file, place.line) == -1) {
		conf_error(errs, &place, "the configuration is larger than %d octets, or memory lacks", CONF_TEXT_MAX);
		return -1;
	}
	if (rc == 1 && include_line(src, stack, depth, name, namelen, &place, errs) == -1)
		return -1;
	return rc;
}

static int
source_expand(struct conf_source *src, struct level *stack, struct buf *errs)
{
	size_t	 depth = 0;
	int	 rc = 0;

	for (;;) {
		struct level *lv = &stack[depth];

		if (lv->at >= lv->text.len) {
			/* It would swallow the rest of the including file. */
			if (lv->comment && depth > 0) {
				struct conf_place place = { lv->file, lv->line };
				conf_error(errs, &place, "a comment /* is not closed in this file");
				rc = -1;
			}
			level_free(lv);
			if (depth == 0)
				return rc;
			depth--;
			continue;
		}
		switch (level_line(src, stack, depth, errs)) {
		case 1:
			depth++;
			break;
		case -1:
			for (;; depth--) {
				level_free(&stack[depth]);
				if (depth == 0)
					return -1;
			}
		}
	}
}

static void
source_init(struct conf_source *src)
{
	memset(src, 0, sizeof(*src));
	buf_init(&src->text, CONF_TEXT_MAX);
}

int
conf_source_file(struct conf_source *src, const char *path, struct buf *errs)
{
	struct level	 stack[CONF_INCLUDE_MAX];

	source_init(src);
	if (level_open(src, stack, 0, path, NULL, errs) == -1) {
		level_free(&stack[0]);
		return -1;
	}
	return source_expand(src, stack, errs);
}

int
conf_source_text(struct conf_source *src, const char *name, const char *text, size_t len, struct buf *errs)
{
	struct level	 stack[CONF_INCLUDE_MAX];

	source_init(src);
	src->closed = 1;
	memset(&stack[0], 0, sizeof(stack[0]));
	buf_init(&stack[0].text, CONF_TEXT_MAX);
	if ((stack[0].path = strdup(name)) == NULL || (stack[0].file = conf_source_name(src, name)) == NULL ||
	    buf_add(&stack[0].text, text, len) == -1) {
		conf_error(errs, NULL, "%s: too large, or memory lacks", name);
		level_free(&stack[0]);
		return -1;
	}
	if (file_check(&stack[0], errs) == -1) {
		level_free(&stack[0]);
		return -1;
	}
	return source_expand(src, stack, errs);
}

void
conf_source_free(struct conf_source *src)
{
	size_t	 i;

	for (i = 0; i < src->files_count; i++)
		free(src->files[i]);
	free(src->files);
	free(src->lines);
	buf_free(&src->text);
	memset(src, 0, sizeof(*src));
}
