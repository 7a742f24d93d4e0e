/* SPDX-License-Identifier: ISC */
/* Finds where a stream's chain is: from its newest seal and the lines behind that. */
/*
 * Called at the opening of a ledger, and by who wants an anchor.  Looks back from
 * the end for the line of type "seal" or "seal-init", then chains from there:
 * the work of one epoch, however long the stream is.  It takes the leaves as
 * they stand: whether they are those of their lines is what verify proves.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "record/ledger_int.h"
#include "record/seal_int.h"

#define DAYS_MAX	4096	/* files without a seal that are gone through: eleven years of one that was never closed */

struct search {
	const struct ledger	*l;
	uint64_t		 left;		/* lines that may still be looked at */
	int			 sync;
	char			 (*days)[DAY_LEN + 1];	/* looked into, the newest first */
	size_t			 count;
	off_t			 start;		/* of the seal, in the last of them */
	enum seal_kind		 kind;
	struct seal		 seal;
};

/* ---- back to the seal ---- */

/* The seal at [start, end), if it is one. */
static enum seal_kind
seal_at(struct search *s, int fd, off_t start, off_t end)
{
	char text[SEAL_BODY_MAX + PREFIX_MAX + 1];
	ssize_t n;

	if (end - start >= (off_t)sizeof(text) || (n = pread(fd, text, (size_t)(end - start), start)) != end - start)
		return SEAL_NONE;
	text[n - 1] = '\0';
	return seal_parse(text, s->l->stream, &s->seal);
}

/* 1: found, 0: not in this file, or no line more may be looked at; -1 with errno. */
static int
file_search(struct search *s, int fd)
{
	off_t end, start;
	struct stat st;
	uint64_t seq;

	if ((s->sync && fdatasync(fd) == -1) || fstat(fd, &st) == -1)
		return -1;
	for (end = st.st_size; end > 0 && s->left > 0; end = start, s->left--) {
		if ((start = ledger_line_start(fd, end)) == -1)
			return -1;
		if (!ledger_line_whole(s->l, fd, start, end, &seq) || (s->kind = seal_at(s, fd, start, end)) == SEAL_NONE)
			continue;
		s->start = start;
		return 1;
	}
	return 0;
}

static int
day_open(const struct ledger *l, const char *day)
{
	char *path = ledger_path(l, day);
	int fd;

	if (path == NULL)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	free(path);
	return fd;
}

static int
seal_search(struct search *s)
{
	char before[DAY_LEN + 1] = "", day[DAY_LEN + 1];
	int fd, found, rc = 0, saved;

	while (rc == 0 && s->left > 0 && s->count < DAYS_MAX && (found = ledger_newest_day(s->l, before, day)) != 0) {
		if (found == -1 || (fd = day_open(s->l, day)) == -1)
			return -1;
		memcpy(s->days[s->count++], day, sizeof(day));
		memcpy(before, day, sizeof(before));
		rc = file_search(s, fd);
		saved = errno;
		close(fd);
		errno = saved;
	}
	return rc;
}

/* ---- and forward from it ---- */

/* Of a whole line: its leaf.  0 or -1. */
static int
line_leaf(const char *line, uint64_t *seq, uint8_t leaf[LEDGER_LEAF_LEN])
{
	char begin[PREFIX_MAX + 1];
	const char *p;

	snprintf(begin, sizeof(begin), "%.*s", PREFIX_MAX, line);
	if (strncmp(begin, "{\"seq\":", 7) != 0 || begin[7] < '0' || begin[7] > '9' ||
	    (p = strstr(begin, "\"leaf\":\"")) == NULL)
		return -1;
	*seq = strtoull(begin + 7, NULL, 10);
	return seal_unhex(p + 8, leaf, LEDGER_LEAF_LEN);
}

static void
chain_begin(const struct search *s, struct position *p)
{
	memset(p, 0, sizeof(*p));
	p->sealed_ms = s->seal.time_ms;
	memcpy(p->public_key, s->seal.next, SEAL_KEY_LEN);
	if (s->kind == SEAL_INIT) {
		seal_chain_init(&p->chain, s->l->stream, s->seal.next, s->seal.seq - 1);
		p->base = s->seal.seq - 1;
		p->epoch = 1;
	} else {
		memcpy(p->chain.value, s->seal.chain, SEAL_CHAIN_LEN);
		p->chain.seq = s->seal.seq - 1;
		p->base = s->seal.seq;
		p->epoch = s->seal.epoch + 1;
	}
}

/* Each line is no longer than TORN_MAX: the search backwards went over all of them. */
static int
file_chain(const struct ledger *l, int fd, off_t from, struct position *p)
{
	uint8_t leaf[LEDGER_LEAF_LEN];
	char *line = NULL;
	size_t size = 0;
	uint64_t seq, strange = 0;
	ssize_t n;
	FILE *f;
	int rc;

	if ((f = fdopen(fd, "r")) == NULL) {
		close(fd);
		return -1;
	}
	rc = fseeko(f, from, SEEK_SET);
	while (rc == 0 && (n = getline(&line, &size, f)) > 0) {
		if (line[n - 1] != '\n')
			break;		/* being written, or torn */
		if (line_leaf(line, &seq, leaf) == -1)
			strange++;
		else
			seal_chain_add(&p->chain, seq, leaf);
	}
	if (ferror(f))
		rc = -1;
	if (strange > 0)
		log_warn("records: %s: %" PRIu64 " lines behind the last seal are no records: not in the chain", l->stream, strange);
	free(line);
	fclose(f);
	return rc;
}

int
ledger_chain_find(const struct ledger *l, uint64_t lines, int sync, struct position *p)
{
	struct search s = { .l = l, .left = lines, .sync = sync };
	size_t i;
	int fd, rc;

	if ((s.days = calloc(DAYS_MAX, sizeof(*s.days))) == NULL)
		return -1;
	if ((rc = seal_search(&s)) == 1) {
		chain_begin(&s, p);
		for (i = s.count; rc == 1 && i > 0; i--)
			if ((fd = day_open(l, s.days[i - 1])) == -1 || file_chain(l, fd, i == s.count ? s.start : 0, p) == -1)
				rc = -1;
	}
	free(s.days);
	return rc;
}

int
ledger_anchor(const char *directory, const char *stream, struct seal_chain *chain, char *err, size_t errlen)
{
	struct ledger l = { .fd = -1 };
	struct position p;
	int rc;

	snprintf(l.stream, sizeof(l.stream), "%s", stream);
	if ((l.directory = strdup(directory)) == NULL || (rc = ledger_chain_find(&l, LEDGER_SCAN_MAX, 0, &p)) == -1) {
		snprintf(err, errlen, "%s: records of \"%s\": %s", directory, stream, strerror(errno));
		rc = -1;
	} else if (rc == 1)
		*chain = p.chain;
	free(l.directory);
	return rc;
}
