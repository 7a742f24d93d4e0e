/* SPDX-License-Identifier: ISC */
/* What TLS each confirmed peer has always come with, so that the first time without it is seen. */
/*
 * Called by any thread of the front (seen, counts) and by the one that saves.
 * Owns its table and its file.  Who is a peer and whether it is confirmed is
 * not known here, and nothing is raised here.
 *
 * Names are found in a balanced tree and not by a hash: they are a stranger's
 * choice.  A peer without a habit goes before one with a habit when the table
 * is full, so that thousands of fresh domains, each with a pass of SPF, cannot
 * make it forget those who have always come.
 *
 * The file is lines of text:
 *	hopward-peers 1
 *	graded-by PROFILE
 *	NAME MESSAGES GRADE SINCE LAST ALARMS	(not seen for longest first)
 *	end COUNT
 * It names domains and networks, no persons.
 */
#include <sys/queue.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "record/peers.h"

#define FILE_HEAD	"hopward-peers 1"
#define LINE_ROOM	(PEER_NAME_MAX + 96)	/* a name and five numbers */
#define FILE_ROOM	1024			/* head, profile and end */
#define PROFILE_MAX	200
#define FIELDS		6
/* Each alarm doubles what makes the next habit, so often: one server of many without TLS is not to raise one a day. */
#define DOUBLINGS_MAX	6

enum { FRESH, HABIT, LISTS };

struct peer {
	char			*name;		/* lies behind it */
	TAILQ_ENTRY(peer)	 entry;
	int			 list;
	uint32_t		 messages;	/* under TLS, in a row */
	uint32_t		 alarms;
	enum grade		 low;		/* of these messages; unknown: none had one */
	int64_t			 since, last;
};
TAILQ_HEAD(peer_list, peer);

struct peers {
	struct peers_settings	 settings;
	pthread_mutex_t		 file_lock;	/* held over a save; taken before the other */
	pthread_mutex_t		 lock;		/* of all that follows */
	void			*tree;		/* of search.h */
	struct peer_list	 lists[LISTS];	/* seen last: first */
	uint64_t		 held[LISTS];
	char			 profile[PROFILE_MAX + 1];	/* that the grades are by; "": none yet */
	uint64_t		 alarms, evicted, forgotten;
	uint64_t		 changes, saved;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct peer *)a)->name, ((const struct peer *)b)->name);
}

/* ---- the table; all under the lock ---- */

static struct peer *
find(const struct peers *p, char *name)
{
	struct peer key = { .name = name };
	void *const *node = tfind(&key, &p->tree, by_name);

	return node != NULL ? *node : NULL;
}

static int
habit(const struct peers *p, const struct peer *peer)
{
	uint32_t doublings = peer->alarms < DOUBLINGS_MAX ? peer->alarms : DOUBLINGS_MAX;

	return peer->messages >= (uint64_t)p->settings.messages << doublings;
}

static void
unlist(struct peers *p, struct peer *peer)
{
	TAILQ_REMOVE(&p->lists[peer->list], peer, entry);
	p->held[peer->list]--;
}

static void
enlist(struct peers *p, struct peer *peer)
{
	peer->list = habit(p, peer) ? HABIT : FRESH;
	TAILQ_INSERT_HEAD(&p->lists[peer->list], peer, entry);
	p->held[peer->list]++;
}

static void
drop(struct peers *p, struct peer *peer)
{
	tdelete(peer, &p->tree, by_name);
	unlist(p, peer);
	free(peer);
	p->changes++;
}

static int
stale(const struct peers *p, const struct peer *peer, int64_t now)
{
	return p->settings.forget_ms > 0 && peer->last < now &&
	    (uint64_t)(now - peer->last) > p->settings.forget_ms / 1000;
}

static void
forget(struct peers *p, int64_t now)
{
	struct peer *peer;
	int i;

	for (i = 0; i < LISTS; i++)
		while ((peer = TAILQ_LAST(&p->lists[i], peer_list)) != NULL && stale(p, peer, now)) {
			drop(p, peer);
			p->forgotten++;
		}
}

/* Makes room for one. */
static void
evict(struct peers *p, int64_t now)
{
	struct peer *peer;

	if (p->held[FRESH] + p->held[HABIT] >= p->settings.max)
		forget(p, now);
	while (p->held[FRESH] + p->held[HABIT] >= p->settings.max) {
		if ((peer = TAILQ_LAST(&p->lists[FRESH], peer_list)) == NULL)
			peer = TAILQ_LAST(&p->lists[HABIT], peer_list);
		drop(p, peer);
		p->evicted++;
	}
}

/* In no list yet.  NULL: no memory. */
static struct peer *
peer_new(struct peers *p, const char *name)
{
	struct peer *peer;
	size_t len = strlen(name);

	if ((peer = calloc(1, sizeof(*peer) + len + 1)) == NULL)
		return NULL;
	peer->name = (char *)(peer + 1);
	memcpy(peer->name, name, len + 1);
	if (tsearch(peer, &p->tree, by_name) == NULL) {
		free(peer);
		return NULL;
	}
	return peer;
}

/* Lower case; 0, or -1: not to be kept.  White space would break the file's lines. */
static int
name_keep(const char *name, char *out)
{
	size_t i;

	for (i = 0; name[i] != '\0'; i++) {
		if (i == PEER_NAME_MAX || (unsigned char)name[i] <= ' ' || name[i] == 0x7f)
			return -1;
		out[i] = (char)tolower((unsigned char)name[i]);
	}
	out[i] = '\0';
	return i > 0 ? 0 : -1;
}

/* ---- a message ---- */

static void
raise_alarm(struct peers *p, struct peer *peer, int tls, enum grade now, struct peers_alarm *a)
{
	snprintf(a->peer, sizeof(a->peer), "%s", peer->name);
	a->tls = tls;
	a->was = peer->low;
	a->now = now;
	a->messages = peer->messages;
	a->since = peer->since;
	if (peer->alarms < UINT32_MAX)
		peer->alarms++;
	peer->messages = 0;
	p->alarms++;
}

/* 1: an alarm. */
static int
seen_clear(struct peers *p, struct peer *peer, struct peers_alarm *a)
{
	int raised = 0;

	if (habit(p, peer)) {
		raise_alarm(p, peer, 0, GRADE_NONE, a);
		raised = 1;
	}
	peer->messages = 0;
	return raised;
}

static int
seen_tls(struct peers *p, struct peer *peer, enum grade grade, int64_t now, struct peers_alarm *a)
{
	int raised = 0;

	if (grade <= GRADE_NONE || grade >= GRADE_MAX)
		grade = GRADE_UNKNOWN;
	if (grade != GRADE_UNKNOWN && peer->low != GRADE_UNKNOWN && (int)grade <= (int)peer->low - 2 &&
	    habit(p, peer)) {
		raise_alarm(p, peer, 1, grade, a);
		raised = 1;
	}
	if (peer->messages == 0) {
		peer->since = now;
		peer->low = GRADE_UNKNOWN;
	}
	if (peer->messages < UINT32_MAX)
		peer->messages++;
	if (grade != GRADE_UNKNOWN && (peer->low == GRADE_UNKNOWN || grade < peer->low))
		peer->low = grade;
	return raised;
}

/* In clear, one that has nothing to be remembered is not kept: 0. */
static int
seen(struct peers *p, char *name, int tls, enum grade grade, int64_t now, struct peers_alarm *a)
{
	struct peer *peer = find(p, name);
	int raised;

	if (peer != NULL && stale(p, peer, now)) {
		drop(p, peer);
		p->forgotten++;
		peer = NULL;
	}
	if (peer != NULL)
		unlist(p, peer);
	else if (tls == HOP_TLS_NO)
		return 0;
	else {
		evict(p, now);
		if ((peer = peer_new(p, name)) == NULL)
			return 0;
	}
	raised = tls == HOP_TLS_NO ? seen_clear(p, peer, a) : seen_tls(p, peer, grade, now, a);
	peer->last = now;
	enlist(p, peer);
	p->changes++;
	if (peer->messages == 0 && peer->alarms == 0)
		drop(p, peer);
	return raised;
}

int
peers_seen(struct peers *p, const char *name, int tls, enum grade grade, int64_t now, struct peers_alarm *a)
{
	char kept[PEER_NAME_MAX + 1];
	int raised;

	memset(a, 0, sizeof(*a));
	if ((tls != HOP_TLS_NO && tls != HOP_TLS_YES) || name_keep(name, kept) == -1)
		return 0;
	pthread_mutex_lock(&p->lock);
	raised = seen(p, kept, tls, grade, now, a);
	pthread_mutex_unlock(&p->lock);
	return raised;
}

/* As the file's line can hold it. */
static void
profile_keep(const char *profile, char *out)
{
	size_t i;

	for (i = 0; profile != NULL && profile[i] != '\0' && i < PROFILE_MAX; i++)
		out[i] = profile[i] > ' ' && profile[i] < 0x7f ? profile[i] : '_';
	out[i] = '\0';
}

void
peers_graded_by(struct peers *p, const char *profile)
{
	char kept[PROFILE_MAX + 1];
	struct peer *peer;
	int i;

	profile_keep(profile, kept);
	pthread_mutex_lock(&p->lock);
	if (strcmp(kept, p->profile) != 0) {
		for (i = 0; i < LISTS; i++)
			TAILQ_FOREACH(peer, &p->lists[i], entry)
				peer->low = GRADE_UNKNOWN;
		memcpy(p->profile, kept, sizeof(kept));
		p->changes++;
	}
	pthread_mutex_unlock(&p->lock);
}

void
peers_counts(struct peers *p, struct peers_counts *c)
{
	pthread_mutex_lock(&p->lock);
	c->habits = p->held[HABIT];
	c->peers = p->held[FRESH] + p->held[HABIT];
	c->alarms = p->alarms;
	c->evicted = p->evicted;
	c->forgotten = p->forgotten;
	pthread_mutex_unlock(&p->lock);
}

/* ---- reading the file: it may hold anything ---- */

static int
number(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (*s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' || n > (max - (uint64_t)(*s - '0')) / 10)
			return -1;
		n = n * 10 + (uint64_t)(*s - '0');
	}
	*out = n;
	return 0;
}

/* Cuts a line at its single spaces.  0, or -1: not that many words. */
static int
split(char *line, char **words, size_t want)
{
	size_t n;

	for (n = 0; n < want; n++) {
		words[n] = line;
		if ((line = strchr(line, ' ')) == NULL)
			return n + 1 == want ? 0 : -1;
		*line++ = '\0';
	}
	return -1;
}

static int
read_peer(struct peers *p, char *line, int64_t now)
{
	uint64_t messages, since, last, alarms;
	char *w[FIELDS], name[PEER_NAME_MAX + 1];
	struct peer *peer;
	enum grade low;

	if (split(line, w, FIELDS) == -1 || name_keep(w[0], name) == -1 || find(p, name) != NULL ||
	    number(w[1], UINT32_MAX, &messages) == -1 || grade_parse(w[2], &low) == -1 || low == GRADE_NONE ||
	    number(w[3], INT64_MAX, &since) == -1 || number(w[4], INT64_MAX, &last) == -1 ||
	    number(w[5], UINT32_MAX, &alarms) == -1)
		return -1;
	/* What lies ahead was written under a clock that was wrong, and would never be forgotten. */
	if (last > (uint64_t)now)
		last = (uint64_t)now;
	if (since > last)
		since = last;
	evict(p, now);
	if ((peer = peer_new(p, name)) == NULL)
		return -1;
	peer->messages = (uint32_t)messages;
	peer->alarms = (uint32_t)alarms;
	peer->low = low;
	peer->since = (int64_t)since;
	peer->last = (int64_t)last;
	enlist(p, peer);
	if (stale(p, peer, now)) {
		drop(p, peer);
		p->forgotten++;
	}
	return 0;
}

/* The next line, or NULL: none that is ended. */
static char *
next_line(char **at)
{
	char *line = *at, *end = strchr(line, '\n');

	if (end == NULL)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return line;
}

/* 0, or -1 with the number of the line that makes no sense. */
static int
read_text(struct peers *p, char *text, int64_t now, unsigned int *at_line)
{
	char *line, *w[2];
	uint64_t peers = 0, want;

	*at_line = 1;
	if ((line = next_line(&text)) == NULL || strcmp(line, FILE_HEAD) != 0)
		return -1;
	++*at_line;
	if ((line = next_line(&text)) == NULL || split(line, w, 2) == -1 || strcmp(w[0], "graded-by") != 0)
		return -1;
	profile_keep(strcmp(w[1], "-") == 0 ? "" : w[1], p->profile);
	for (++*at_line; (line = next_line(&text)) != NULL; ++*at_line, peers++) {
		if (strncmp(line, "end ", 4) == 0)
			return number(line + 4, UINT64_MAX, &want) == 0 && want == peers && *text == '\0' ? 0 : -1;
		if (read_peer(p, line, now) == -1)
			return -1;
	}
	return -1;	/* torn */
}

/* The whole file as text.  1: there is none; -1 with err. */
static int
slurp(const struct peers *p, char **text, char *err, size_t errlen)
{
	/* Not settings.max: it may have been lowered since. */
	uint64_t max = FILE_ROOM + (uint64_t)PEERS_MAX * LINE_ROOM;
	struct stat st;
	ssize_t n = 0;
	size_t len = 0;
	int fd, rv = -1;

	*text = NULL;
	/* NONBLOCK: a FIFO in its place must not hold up the start. */
	if ((fd = open(p->settings.file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		if (errno == ENOENT)
			return 1;
		snprintf(err, errlen, "%s", strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) == -1)
		snprintf(err, errlen, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		snprintf(err, errlen, "no regular file");
	else if ((uint64_t)st.st_size > max)
		snprintf(err, errlen, "%llu octets, want at most %llu", (unsigned long long)st.st_size,
		    (unsigned long long)max);
	else if ((*text = malloc((size_t)st.st_size + 1)) == NULL)
		snprintf(err, errlen, "no memory");
	else {
		while (len < (size_t)st.st_size && (n = read(fd, *text + len, (size_t)st.st_size - len)) > 0)
			len += (size_t)n;
		(*text)[len] = '\0';
		if (n == -1)
			snprintf(err, errlen, "%s", strerror(errno));
		else if (memchr(*text, '\0', len) != NULL)
			snprintf(err, errlen, "it holds a NUL");
		else
			rv = 0;
	}
	close(fd);
	return rv;
}

static void
empty(struct peers *p)
{
	struct peer *peer;
	int i;

	for (i = 0; i < LISTS; i++)
		while ((peer = TAILQ_FIRST(&p->lists[i])) != NULL)
			drop(p, peer);
	p->profile[0] = '\0';
	p->evicted = p->forgotten = 0;
}

static void
set_aside(struct peers *p, const char *why, char *err, size_t errlen)
{
	const char *file = p->settings.file;
	char bad[PATH_MAX];

	if ((size_t)snprintf(bad, sizeof(bad), "%s.bad", file) < sizeof(bad) && rename(file, bad) == 0)
		snprintf(err, errlen, "%s: %s; it is set aside as %s, and all peers begin anew", file, why, bad);
	else
		snprintf(err, errlen, "%s: %s; it could not be set aside (%s), and all peers begin anew", file, why,
		    strerror(errno));
}

static void
read_file(struct peers *p, int64_t now, char *err, size_t errlen)
{
	char why[256] = "", *text = NULL;
	unsigned int line;
	int rv;

	if ((rv = slurp(p, &text, why, sizeof(why))) == 0 && (rv = read_text(p, text, now, &line)) == -1)
		snprintf(why, sizeof(why), "line %u makes no sense", line);
	if (rv == -1) {
		empty(p);
		set_aside(p, why, err, errlen);
	}
	free(text);
}

int
peers_open(const struct peers_settings *settings, int64_t now, struct peers **out, char *err, size_t errlen)
{
	struct peers *p;
	int i;

	*out = NULL;
	err[0] = '\0';
	if ((p = calloc(1, sizeof(*p))) == NULL || (p->settings.file = strdup(settings->file != NULL ?
	    settings->file : "")) == NULL) {
		snprintf(err, errlen, "no memory");
		free(p);
		return -1;
	}
	p->settings.max = settings->max > 0 ? settings->max : 1;
	p->settings.messages = settings->messages > 0 ? settings->messages : 1;
	p->settings.forget_ms = settings->forget_ms;
	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->file_lock, NULL);
	for (i = 0; i < LISTS; i++)
		TAILQ_INIT(&p->lists[i]);
	if (p->settings.file[0] != '\0')
		read_file(p, now, err, errlen);
	*out = p;
	return 0;
}

void
peers_close(struct peers *p)
{
	if (p == NULL)
		return;
	empty(p);
	pthread_mutex_destroy(&p->file_lock);
	pthread_mutex_destroy(&p->lock);
	free(p->settings.file);
	free(p);
}

/* ---- writing it ---- */

static void
write_text(const struct peers *p, struct buf *b)
{
	const struct peer *peer;
	int i;

	buf_addf(b, FILE_HEAD "\ngraded-by %s\n", p->profile[0] != '\0' ? p->profile : "-");
	for (i = 0; i < LISTS; i++)
		TAILQ_FOREACH_REVERSE(peer, &p->lists[i], peer_list, entry)
			buf_addf(b, "%s %u %s %lld %lld %u\n", peer->name, peer->messages, grade_str(peer->low),
			    (long long)peer->since, (long long)peer->last, peer->alarms);
	buf_addf(b, "end %llu\n", (unsigned long long)(p->held[FRESH] + p->held[HABIT]));
}

/* So that the new name itself outlives a crash of the machine. */
static int
sync_directory(const char *file)
{
	char copy[PATH_MAX];
	int fd, rv;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", file) >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if ((fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	rv = fsync(fd);
	close(fd);
	return rv;
}

/* 0, or -1 with errno; what was there stays whole. */
static int
write_file(const char *file, const struct buf *b)
{
	char fresh[PATH_MAX];
	size_t done = 0;
	ssize_t n = 0;
	int fd, saved;

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", file) >= sizeof(fresh)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if ((fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)) == -1)
		return -1;
	while (done < b->len && (n = write(fd, b->data + done, b->len - done)) > 0)
		done += (size_t)n;
	if (done < b->len || fsync(fd) == -1 || rename(fresh, file) == -1) {
		saved = n == 0 ? EIO : errno;
		close(fd);
		unlink(fresh);
		errno = saved;
		return -1;
	}
	close(fd);
	return sync_directory(file);
}

int
peers_save(struct peers *p, int64_t now, char *err, size_t errlen)
{
	struct buf b;
	uint64_t changes;
	int rv = 0;

	pthread_mutex_lock(&p->file_lock);
	pthread_mutex_lock(&p->lock);
	forget(p, now);
	buf_init(&b, FILE_ROOM + (p->held[FRESH] + p->held[HABIT]) * LINE_ROOM);
	changes = p->changes;
	if (changes != p->saved && p->settings.file[0] != '\0') {
		write_text(p, &b);
		rv = b.failed ? -1 : 1;
	}
	pthread_mutex_unlock(&p->lock);
	if (rv == -1)
		snprintf(err, errlen, "%s: no memory", p->settings.file);
	else if (rv == 1 && (rv = write_file(p->settings.file, &b)) == -1)
		snprintf(err, errlen, "%s: %s", p->settings.file, strerror(errno));
	else if (rv == 0 && b.len > 0) {
		pthread_mutex_lock(&p->lock);
		p->saved = changes;
		pthread_mutex_unlock(&p->lock);
	}
	buf_free(&b);
	pthread_mutex_unlock(&p->file_lock);
	return rv;
}
