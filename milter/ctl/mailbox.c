/* SPDX-License-Identifier: ISC */
/* Files, folders, Maildirs and mbox files -> the messages in them, in a stable order. */
/*
 * Called by commands that take many messages.  Owns the list.  Reads names, and
 * of an mbox file the lines that begin with "From " behind an empty line, in
 * pieces and in linear time; lines are as they stand (">From " is kept, so that
 * octets that were signed stay what they were), Content-Length is not believed.
 * Does not follow links that it finds, nor look into messages.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/mailbox.h"

#define CHUNK	(256u * 1024)
#define FROM	"From "

/* What a folder is to the files in it; kept in fts_number. */
enum { FOLDER_PLAIN, FOLDER_MAILDIR, FOLDER_MAILS };

/* Takes file, or a piece of the same one as the item before.  0 or -1. */
static struct mailbox_item *
item_new(struct mailbox *m, char *file)
{
	struct mailbox_item *items;
	size_t size;

	if (m->count == MAILBOX_MAX) {
		errno = E2BIG;
		return NULL;
	}
	if (m->count == m->size) {
		size = m->size == 0 ? 64 : 2 * m->size;
		if ((items = reallocarray(m->items, size, sizeof(*items))) == NULL)
			return NULL;
		m->items = items;
		m->size = size;
	}
	memset(&m->items[m->count], 0, sizeof(*items));
	m->items[m->count].file = file;
	m->items[m->count].len = MAILBOX_WHOLE;
	return &m->items[m->count++];
}

static int
path_add(struct mailbox *m, const char *path, int found, int error)
{
	struct mailbox_item *it;
	char *copy = strdup(path);

	if (copy == NULL || (it = item_new(m, copy)) == NULL) {
		free(copy);
		return -1;
	}
	it->found = found;
	it->error = error;
	return 0;
}

/* ---- folders ---- */

static int
has_folder(const FTSENT *e, const char *name)
{
	struct stat st;
	char *path;
	int rc;

	if (asprintf(&path, "%s/%s", e->fts_accpath, name) == -1)
		return 0;
	rc = lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
	free(path);
	return rc;
}

/* 1: its files are to be read, or it has folders that are. */
static int
folder_enter(FTSENT *e)
{
	int maildir = has_folder(e, "cur") && has_folder(e, "new");

	e->fts_number = maildir ? FOLDER_MAILDIR : FOLDER_PLAIN;
	if (e->fts_level == FTS_ROOTLEVEL || e->fts_parent->fts_number == FOLDER_PLAIN)
		return 1;
	if (e->fts_parent->fts_number == FOLDER_MAILS)
		return 0;
	if (strcmp(e->fts_name, "cur") == 0 || strcmp(e->fts_name, "new") == 0) {
		e->fts_number = FOLDER_MAILS;
		return 1;
	}
	return maildir;
}

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int
folder_add(struct mailbox *m, const char *path)
{
	char *copy = strdup(path), *const paths[] = { copy, NULL };
	FTS *fts = NULL;
	FTSENT *e;
	int rc = -1;

	m->folders = 1;
	if (copy == NULL || (fts = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name)) == NULL)
		goto out;
	for (rc = 0, errno = 0; rc == 0 && (e = fts_read(fts)) != NULL; errno = 0)
		switch (e->fts_info) {
		case FTS_D:
			if (!folder_enter(e))
				fts_set(fts, e, FTS_SKIP);
			break;
		case FTS_F:
			if (e->fts_parent->fts_number != FOLDER_MAILDIR)
				rc = path_add(m, e->fts_path, 1, 0);
			break;
		case FTS_DNR:
		case FTS_ERR:
		case FTS_NS:
			rc = path_add(m, e->fts_path, 1, e->fts_errno != 0 ? e->fts_errno : EIO);
			break;
		}
	if (rc == 0 && errno != 0)
		rc = path_add(m, path, 1, errno);
out:
	if (fts != NULL)
		fts_close(fts);
	free(copy);
	return rc;
}

/* ---- mbox ---- */

struct mbox {
	struct mailbox	*m;
	char		*file;
	uint64_t	 at;		/* octets read */
	uint64_t	 line;		/* where the line begins */
	uint64_t	 blank;		/* where the empty line before it begins; the line itself: there is none */
	char		 head[sizeof(FROM) - 1];	/* of the line */
	uint32_t	 messages;
};

static void
mbox_close(struct mbox *b, uint64_t end)
{
	struct mailbox_item *it;

	if (b->messages == 0)
		return;
	it = &b->m->items[b->m->count - 1];
	it->len = end > it->from ? end - it->from : 0;
}

/* A whole line has been read, up to b->at.  0 or -1; 1: this is no mbox. */
static int
mbox_line(struct mbox *b)
{
	uint64_t len = b->at - b->line;		/* its line feed included */
	struct mailbox_item *it;

	if (len > sizeof(b->head) && memcmp(b->head, FROM, sizeof(b->head)) == 0 && (b->line == 0 || b->blank != b->line)) {
		mbox_close(b, b->blank);
		if ((it = item_new(b->m, b->file)) == NULL)
			return -1;
		it->number = ++b->messages;
		it->from = b->at;
	} else if (b->messages == 0)
		return 1;
	b->blank = len == 1 || (len == 2 && b->head[0] == '\r') ? b->line : b->at;
	b->line = b->at;
	return 0;
}

static int
mbox_chunk(struct mbox *b, const char *p, size_t n)
{
	const char *nl;
	size_t take, used;
	int rc;

	while (n > 0) {
		nl = memchr(p, '\n', n);
		take = nl != NULL ? (size_t)(nl - p) + 1 : n;
		used = b->at - b->line < sizeof(b->head) ? (size_t)(b->at - b->line) : sizeof(b->head);
		memcpy(b->head + used, p, take < sizeof(b->head) - used ? take : sizeof(b->head) - used);
		b->at += take;
		p += take;
		n -= take;
		if (nl != NULL && (rc = mbox_line(b)) != 0)
			return rc;
	}
	return 0;
}

static int
mbox_read(struct mbox *b, int fd)
{
	char *chunk = malloc(CHUNK);
	ssize_t n;
	int rc = chunk == NULL ? -1 : 0;

	while (rc == 0) {
		if ((n = read(fd, chunk, CHUNK)) == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			rc = n == 0 ? 0 : -1;
			break;
		}
		rc = mbox_chunk(b, chunk, (size_t)n);
	}
	free(chunk);
	return rc;
}

static int
mbox_add(struct mailbox *m, const char *path)
{
	struct mbox b = { .m = m };
	struct mailbox_item *it;
	struct stat st;
	int fd, rc = 0, error = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1 || fstat(fd, &st) == -1)
		error = errno;
	else if (!S_ISREG(st.st_mode))
		error = S_ISDIR(st.st_mode) ? EISDIR : ESPIPE;
	if (error == 0 && (b.file = strdup(path)) == NULL)
		rc = -1;
	else if (error == 0 && st.st_size > 0) {
		rc = mbox_read(&b, fd);
		mbox_close(&b, b.at);
	}
	if (rc == -1 && errno != ENOMEM && errno != E2BIG) {
		error = errno;
		rc = 0;
	}
	if (b.messages == 0)
		free(b.file);
	if (error != 0)
		rc = path_add(m, path, 0, error);
	else if (rc == 1 || (rc == 0 && b.messages == 0 && st.st_size > 0)) {
		if ((rc = path_add(m, path, 0, EINVAL)) == 0) {
			it = &m->items[m->count - 1];
			it->why = "no mbox: its first line does not begin with \"From \"";
		}
	}
	if (fd != -1)
		close(fd);
	return rc;
}

int
mailbox_add(struct mailbox *m, const char *path, int mbox)
{
	struct stat st;

	if (mbox)
		return mbox_add(m, path);
	if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return folder_add(m, path);
	return path_add(m, path, 0, 0);
}

void
mailbox_free(struct mailbox *m)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (m->items[i].number <= 1)	/* further ones of an mbox have the first one's */
			free(m->items[i].file);
	free(m->items);
	memset(m, 0, sizeof(*m));
}
