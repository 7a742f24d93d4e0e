/* SPDX-License-Identifier: ISC */
/* One worker: takes a job from its queue, walks and scans the message, answers with facts, dies. */
/*
 * Runs in the child that scanner.c forked, single-threaded.  A spare until its
 * ticket comes.  It tells main the job's deadline before it touches a byte, as
 * it cannot watch its own; with messages_per_worker 1 it has by then closed
 * the queue and its end to main, so that it can read and forge nothing but
 * its own message.  It ends by _exit(): atexit handlers are main's.
 *
 * Every object is scanned once per digest: the same octets under another name
 * get the same finding and the same members.  What a part came to is a fact, never an action.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "base/clock.h"
#include "base/fdpass.h"
#include "base/log.h"
#include "base/wire.h"
#include "scan/authres.h"
#include "scan/header.h"
#include "scan/member.h"
#include "scan/names.h"
#include "scan/received.h"
#include "scan/sandbox.h"
#include "scan/walk.h"
#include "scan/worker.h"

#define NAME_MAX_OCTETS	1024	/* with SCAN_PARTS_MAX parts a result still fits into SCAN_REPLY_MAX */
#define TYPE_MAX_OCTETS	256
#define MEMBER_NAME_MAX	512	/* libclamav's are shorter */
/* Kept back from the time that is left, so that an answer is sent before main would kill. */
#define RESERVE_MIN_NS	20000000ULL
#define RESERVE_MAX_NS	1000000000ULL

/* Where an object of the walker lies among the parts; its members follow it. */
struct place {
	uint32_t	part;
	uint32_t	members;
};

/* One job's state, while walk_message() hands out the objects. */
struct work {
	const struct worker_env	*env;
	struct scan_job		 job;
	int			 reply;
	uint64_t		 stop_ns;	/* no object is begun after this */
	struct part		*parts;
	uint32_t		 count, size;
	struct place		*places;	/* by the number of the object */
	uint32_t		 places_count, places_size;
	uint32_t		 members;	/* parts that are members */
	struct scan_result	 hops;		/* its members of the top header block alone */
	int			 left;		/* nobody waits for the answer */
};

/* ---- notes to main: encode and decode stand side by side ---- */

int
worker_note_encode(const struct worker_note *n, struct buf *out)
{
	wire_put_u8(out, (uint8_t)n->kind);
	wire_put_u64(out, n->id);
	wire_put_u64(out, n->deadline_ns);
	return out->failed ? -1 : 0;
}

int
worker_note_decode(const void *p, size_t len, struct worker_note *n)
{
	struct wire	w;

	wire_init(&w, p, len);
	n->kind = (enum worker_note_kind)wire_u8(&w);
	n->id = wire_u64(&w);
	n->deadline_ns = wire_u64(&w);
	return wire_end(&w) == 0 && (n->kind == WORKER_NOTE_JOB || n->kind == WORKER_NOTE_DONE) ? 0 : -1;
}

static int
note_send(int channel, enum worker_note_kind kind, const struct scan_job *job)
{
	struct worker_note	n = { kind, job->id, job->deadline_ns };
	struct buf		b;
	int			rc;

	buf_init(&b, WORKER_NOTE_WIRE_MAX);
	rc = worker_note_encode(&n, &b) == 0 ? fdpass_send(channel, b.data, b.len, NULL, 0, 0) : -1;
	buf_free(&b);
	return rc;
}

int
worker_scratch(const struct scan_settings *s, pid_t pid, char *path, size_t size)
{
	int	n;

	n = snprintf(path, size, "%s/w%ld", s->scratch != NULL ? s->scratch : "/nonexistent", (long)pid);
	return n > 0 && (size_t)n < size ? 0 : -1;
}

/* ---- parts ---- */

/* A copy of at most `max` octets that does not end inside a UTF-8 sequence; NULL stays NULL. */
static char *
copy_cut(const char *s, size_t max)
{
	size_t	n;

	if (s == NULL)
		return NULL;
	n = strnlen(s, max + 1);
	if (n > max)
		for (n = max; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
			continue;
	return strndup(s, n);
}

static void
set_text(char **to, const char *s)
{
	free(*to);
	*to = s[0] != '\0' ? strdup(s) : NULL;
}

/* Makes the part's outcome graver, never better. */
static void
part_note(struct part *p, enum outcome outcome, const char *detail)
{
	if (p->outcome == outcome || outcome_worse(p->outcome, outcome) == p->outcome)
		return;
	p->outcome = outcome;
	set_text(&p->signature, "");
	set_text(&p->detail, detail);
}

/* The whole message could not be looked at: said once, at the message itself. */
static void
work_note(struct work *w, enum outcome outcome, const char *detail)
{
	part_note(&w->parts[0], outcome, detail);
}

static struct part *
part_new(struct work *w, const char *path)
{
	struct part	*p;
	uint32_t	 size;

	if (w->count == w->size) {
		size = w->size == 0 ? 16 : w->size * 2;
		if ((p = reallocarray(w->parts, size, sizeof(*p))) == NULL)
			return NULL;
		w->parts = p;
		w->size = size;
	}
	p = &w->parts[w->count];
	memset(p, 0, sizeof(*p));
	if ((p->path = copy_cut(path, TYPE_MAX_OCTETS)) == NULL)
		return NULL;
	w->count++;
	return p;
}

static void
part_scan(struct work *w, struct part *p, const uint8_t *data, size_t len, int raw)
{
	struct engine_finding	 f;
	const char		*magic;
	uint64_t		 now = clock_mono_ns();

	engine_time_limit(w->env->engine, now < w->stop_ns ? (w->stop_ns - now) / 1000000 + 1 : 1);
	engine_scan(w->env->engine, data, len, raw, p->name, &f);
	p->outcome = f.outcome;
	set_text(&p->signature, f.signature);
	set_text(&p->detail, f.detail);
	if (f.real_type[0] != '\0' && strcmp(f.real_type, "CL_TYPE_BINARY_DATA") != 0 &&
	    strcmp(f.real_type, "CL_TYPE_ANY") != 0)
		set_text(&p->real_type, f.real_type);
	else if ((magic = type_of(w->env->types, data, len)) != NULL)
		p->real_type = copy_cut(magic, TYPE_MAX_OCTETS);
	else
		set_text(&p->real_type, f.real_type);
}

static void
part_like(struct part *p, const struct part *q)
{
	p->outcome = q->outcome;
	set_text(&p->signature, q->signature != NULL ? q->signature : "");
	set_text(&p->detail, q->detail != NULL ? q->detail : "");
	set_text(&p->real_type, q->real_type != NULL ? q->real_type : "");
}

/*
 * For the tests: settings->test_hook is "VERB:NAME", and a part of that name
 * makes the worker misbehave.  NULL in production; harmless even if set, as it
 * can only cost the message that names it.
 */
static void
test_hook(struct work *w, const char *name)
{
	const char	*hook = w->env->settings->test_hook, *colon;
	size_t		 len;

	if (hook == NULL || name == NULL || (colon = strchr(hook, ':')) == NULL || strcmp(colon + 1, name) != 0)
		return;
	len = (size_t)(colon - hook);
	if (strncmp(hook, "abort", len) == 0)
		abort();
	if (strncmp(hook, "exit", len) == 0)
		_exit(3);
	if (strncmp(hook, "stop", len) == 0)
		raise(SIGSTOP);
	if (strncmp(hook, "late", len) == 0)
		w->stop_ns = clock_mono_ns();
	if (strncmp(hook, "sleep", len) == 0)
		for (;;)
			pause();
}

static int
asker_gone(int reply)
{
	struct pollfd	p = { .fd = reply, .events = POLLRDHUP };

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/* The octets of a new object go out before the engine touches them: what kills it is what an analyst wants.  0 or -1. */
static int
object_send(struct work *w, const struct part *p, const uint8_t *data, size_t len)
{
	struct scan_object	 o = { w->count - 1, *p };
	struct buf		 b;
	size_t			 n;
	int			 rc;

	buf_init(&b, SCAN_OCTETS_MAX);
	rc = scan_object_encode(&o, &b) == 0 ? frame_write(w->reply, SCAN_REPLY_OBJECT, b.data, b.len) : -1;
	buf_free(&b);
	for (; rc == 0 && len > 0; data += n, len -= n) {
		n = len < SCAN_OCTETS_MAX ? len : SCAN_OCTETS_MAX;
		rc = frame_write(w->reply, SCAN_REPLY_OCTETS, data, n);
	}
	return rc;
}

/* ---- members of containers ---- */

/* A new part for the member number n of the container, with all but what was found; NULL: no memory, or too many. */
static struct part *
member_new(struct work *w, uint32_t container, size_t n)
{
	const struct part	*c = &w->parts[container];
	struct part		*p;
	char			 path[TYPE_MAX_OCTETS + 1];

	if (w->members == SCAN_MEMBERS_MAX || w->count == SCAN_PARTS_MAX) {
		part_note(&w->parts[container], OUTCOME_LIMIT, "members");
		return NULL;
	}
	snprintf(path, sizeof(path), "%s/%zu", c->path, n);
	if ((p = part_new(w, path)) == NULL) {
		work_note(w, OUTCOME_NOT_SCANNED, "no memory");
		return NULL;
	}
	w->members++;
	p->member = 1;
	c = &w->parts[container];
	p->view = c->view != NULL ? strdup(c->view) : NULL;
	return p;
}

/* What the engine has just seen inside the object.  Returns how many parts that gave. */
static uint32_t
members_add(struct work *w, uint32_t container)
{
	const struct layer_member	*m;
	struct part			*p;
	size_t				 i, count;

	m = engine_members(w->env->engine, &count);
	for (i = 0; i < count; i++) {
		if ((p = member_new(w, container, i + 1)) == NULL)
			break;
		p->name = m[i].name != NULL ? member_name(m[i].name, MEMBER_NAME_MAX) : NULL;
		p->names = m[i].other != NULL ? member_name(m[i].other, MEMBER_NAME_MAX) : NULL;
		p->size = m[i].size;
		p->encrypted = m[i].encrypted;
		p->outcome = m[i].outcome;
		set_text(&p->signature, m[i].signature != NULL ? m[i].signature : "");
		set_text(&p->detail, m[i].detail != NULL ? m[i].detail : "");
		set_text(&p->real_type, m[i].real_type);
	}
	return (uint32_t)i;
}

/* The same octets again have the same members. */
static uint32_t
members_like(struct work *w, uint32_t container, const struct place *first)
{
	const struct part	*q;
	struct part		*p;
	uint32_t		 i, from = first->part + 1, count = first->members;

	for (i = 0; i < count; i++) {
		if ((p = member_new(w, container, i + 1)) == NULL)
			break;
		q = &w->parts[from + i];
		p->name = q->name != NULL ? strdup(q->name) : NULL;
		p->names = q->names != NULL ? strdup(q->names) : NULL;
		p->size = q->size;
		p->encrypted = q->encrypted;
		part_like(p, q);
	}
	return i;
}

/* Remembers where the object that comes now will lie.  NULL: no memory. */
static struct place *
place_new(struct work *w)
{
	struct place	*p;
	uint32_t	 size;

	if (w->places_count == w->places_size) {
		size = w->places_size == 0 ? 16 : w->places_size * 2;
		if ((p = reallocarray(w->places, size, sizeof(*p))) == NULL)
			return NULL;
		w->places = p;
		w->places_size = size;
	}
	p = &w->places[w->places_count++];
	p->part = w->count;
	p->members = 0;
	return p;
}

static int
has_within(const struct work *w, const char *path)
{
	size_t		len = strlen(path);
	uint32_t	i;

	for (i = 0; i < w->count; i++)
		if (strncmp(w->parts[i].path, path, len) == 0 && w->parts[i].path[len] == '>')
			return 1;
	return 0;
}

static void
part_free(struct part *p)
{
	free(p->path);
	free(p->name);
	free(p->names);
	free(p->type);
	free(p->view);
	free(p->decoder);
	free(p->real_type);
	free(p->signature);
	free(p->detail);
}

/* A mail within that the walker has read itself has its parts, and needs the engine's view of the same not. */
static void
members_prune(struct work *w)
{
	uint32_t	i, to = 0;
	int		drop = 0;

	for (i = 0; i < w->count; i++) {
		if (!w->parts[i].member)
			drop = w->parts[i].real_type != NULL &&
			    (strcmp(w->parts[i].real_type, "CL_TYPE_MAIL") == 0 ||
			    strcmp(w->parts[i].real_type, "CL_TYPE_MHTML") == 0) &&
			    i + 1 < w->count && w->parts[i + 1].member && has_within(w, w->parts[i].path);
		if (drop && w->parts[i].member) {
			part_free(&w->parts[i]);
			continue;
		}
		if (to != i)
			w->parts[to] = w->parts[i];
		to++;
	}
	w->count = to;
}

/* ---- objects ---- */

/* Called by walk_message() for each object.  0: go on. */
static int
on_object(void *arg, const struct walk_object *o)
{
	struct work	*w = arg;
	struct part	*p;
	uint32_t	 at, members;

	if (asker_gone(w->reply)) {
		w->left = 1;
		return 1;
	}
	if (w->count == SCAN_PARTS_MAX) {
		work_note(w, OUTCOME_LIMIT, "parts");
		return 1;
	}
	if (clock_mono_ns() >= w->stop_ns) {
		work_note(w, OUTCOME_TIMEOUT, "deadline");
		return 1;
	}
	at = w->count;
	if (place_new(w) == NULL || (p = part_new(w, o->path)) == NULL) {
		work_note(w, OUTCOME_NOT_SCANNED, "no memory");
		return 1;
	}
	p->name = copy_cut(o->name, NAME_MAX_OCTETS);
	p->names = copy_cut(o->names, NAMES_OCTETS_MAX);
	p->type = copy_cut(o->type, TYPE_MAX_OCTETS);
	p->view = o->view != VIEW_STRICT ? strdup(view_str(o->view)) : NULL;
	p->decoder = o->format != NULL || o->decode != DECODE_IDENTITY ?
	    strdup(o->format != NULL ? o->format : decode_str(o->decode)) : NULL;
	p->size = o->len;
	memcpy(p->sha256, o->sha256, sizeof(p->sha256));
	if (w->env->settings->hand_out && o->first + 1 >= w->places_count && object_send(w, p, o->data, o->len) == -1) {
		w->left = 1;	/* half an object may stand on the socket: nothing can follow */
		return 1;
	}
	test_hook(w, p->name);
	if (o->first + 1 < w->places_count) {
		part_like(p, &w->parts[w->places[o->first].part]);
		members = members_like(w, at, &w->places[o->first]);
	} else {
		part_scan(w, p, o->data, o->len, 0);
		members = members_add(w, at);
	}
	w->places[w->places_count - 1].members = members;
	return 0;
}

/* ---- one message ---- */

static void
work_walk(struct work *w, const uint8_t *msg, struct walk_report *report)
{
	const struct scan_settings	*s = w->env->settings;
	const struct walk_limits	 limits = {
		s->max_depth, s->max_parts, s->max_header_bytes, s->max_decoded, s->max_boundaries
	};
	size_t				 skip = w->job.prefix_len;

	if (walk_message(msg + skip, w->job.size - skip, &limits, on_object, w, report) == -1)
		work_note(w, OUTCOME_NOT_SCANNED, "mime: no memory");
	if (report->limit != NULL)
		work_note(w, OUTCOME_LIMIT, report->limit);
}

/* Earlier hops and what was said of the sender, from the top header block.  Facts beside the scan: without memory there are fewer of them. */
static void
work_hops(struct work *w, const uint8_t *msg)
{
	size_t	skip = w->job.prefix_len, len = w->job.size - skip;

	if (len > w->env->settings->max_header_bytes) {
		len = (size_t)w->env->settings->max_header_bytes;
		w->hops.header_cut = header_length(msg + skip, len) == len;
	}
	if (received_block(msg + skip, len, &w->hops) == -1)
		log_warn("job %llu: no memory for its Received fields", (unsigned long long)w->job.id);
	else if (authres_block(msg + skip, len, &w->hops) == -1)
		log_warn("job %llu: no memory for its Authentication-Results fields", (unsigned long long)w->job.id);
}

/* The sealed memfd, mapped; *err says what is wrong with it otherwise.  An empty one gives "". */
static const uint8_t *
message_map(int fd, const struct scan_job *job, const char **err)
{
	const int	 seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	struct stat	 st;
	void		*p;
	int		 have;

	*err = NULL;
	/* Without the seals the sender could change what was scanned, or cut it under our feet (SIGBUS). */
	if ((have = fcntl(fd, F_GET_SEALS)) == -1 || (have & seals) != seals)
		*err = "job: not sealed";
	else if (fstat(fd, &st) == -1 || st.st_size < 0 || (uint64_t)st.st_size != job->size)
		*err = "job: size differs";
	if (*err != NULL)
		return NULL;
	if (job->size == 0)
		return (const uint8_t *)"";
	if ((p = mmap(NULL, job->size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0)) == MAP_FAILED) {
		*err = "job: no memory";
		return NULL;
	}
	return p;
}

static uint64_t
cpu_us(void)
{
	struct rusage	ru;

	if (getrusage(RUSAGE_SELF, &ru) == -1)
		return 0;
	return (uint64_t)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000 +
	    (uint64_t)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec);
}

static int
result_send(struct work *w, const struct walk_report *report, uint64_t start_ns, uint64_t start_cpu)
{
	struct scan_result	 r = { 0 };
	struct buf		 b;
	char			*reasons[REASONS_MAX];
	uint32_t		 i;
	int			 rc = -1;

	r.parts = w->parts;
	r.parts_count = w->count;
	r.received = w->hops.received;
	r.received_count = w->hops.received_count;
	r.received_more = w->hops.received_more;
	r.header_cut = w->hops.header_cut;
	r.authres = w->hops.authres;
	r.authres_count = w->hops.authres_count;
	r.authres_more = w->hops.authres_more;
	r.tls_required_no = w->hops.tls_required_no;
	r.ambiguity = report->ambiguity;
	r.views = report->views;
	for (i = 0; i < report->reasons_count && i < REASONS_MAX; i++)
		reasons[i] = (char *)(uintptr_t)report->reasons[i];	/* only read */
	r.reasons = reasons;
	r.reasons_count = i;
	r.scan_us = (clock_mono_ns() - start_ns) / 1000;
	r.cpu_us = cpu_us() - start_cpu;
	buf_init(&b, SCAN_REPLY_MAX);
	if (scan_result_encode(&r, &b) == -1)
		log_error("job %llu: result of %u parts cannot be encoded", (unsigned long long)w->job.id, w->count);
	else if ((rc = frame_write(w->reply, SCAN_REPLY_RESULT, b.data, b.len)) == -1)
		rc = asker_gone(w->reply) ? 0 : -1;
	buf_free(&b);
	return rc;
}

static uint64_t
stop_time(uint64_t now, uint64_t deadline)
{
	uint64_t	reserve = (deadline - now) / 8;

	if (reserve < RESERVE_MIN_NS)
		reserve = RESERVE_MIN_NS;
	if (reserve > RESERVE_MAX_NS)
		reserve = RESERVE_MAX_NS;
	return deadline > reserve ? deadline - reserve : 0;
}

static void
work_free(struct work *w)
{
	uint32_t	i;

	for (i = 0; i < w->count; i++)
		part_free(&w->parts[i]);
	free(w->places);
	for (i = 0; i < w->hops.received_count; i++)
		received_clear(&w->hops.received[i]);
	for (i = 0; i < w->hops.authres_count; i++)
		authres_clear(&w->hops.authres[i]);
	free(w->hops.received);
	free(w->hops.authres);
	free(w->parts);
}

/* Borrows both descriptors.  0, or -1: no answer could be given. */
static int
message_scan(const struct worker_env *env, const struct scan_job *job, int memfd, int reply)
{
	struct work		 w = { .env = env, .job = *job, .reply = reply };
	struct walk_report	 report = { 0 };
	const uint8_t		*msg = NULL;
	const char		*err;
	uint64_t		 start = clock_mono_ns(), cpu = cpu_us();
	int			 rc = -1;

	w.stop_ns = stop_time(start, job->deadline_ns);
	if (part_new(&w, "0") == NULL)
		goto out;
	w.parts[0].type = strdup("message/rfc822");
	w.parts[0].size = job->size - job->prefix_len;
	if ((msg = message_map(memfd, job, &err)) == NULL) {
		log_error("%s (job %llu, %llu octets)", err, (unsigned long long)job->id, (unsigned long long)job->size);
		work_note(&w, OUTCOME_NOT_SCANNED, err);
	} else {
		/* Our own Received line is no part of what is recorded as the message. */
		SHA256(msg + job->prefix_len, job->size - job->prefix_len, w.parts[0].sha256);
		part_scan(&w, &w.parts[0], msg, job->size, 1);
		work_walk(&w, msg, &report);
		/* Objects that were handed out are numbered as parts. */
		if (!env->settings->hand_out)
			members_prune(&w);
		work_hops(&w, msg);
	}
	rc = w.left ? 0 : result_send(&w, &report, start, cpu);
out:
	if (msg != NULL && job->size > 0)
		munmap((void *)(uintptr_t)msg, job->size);
	work_free(&w);
	return rc;
}

/* ---- the worker's life ---- */

/* Expired or abandoned jobs are dropped unread.  0, or -1. */
static int
job_do(const struct worker_env *env, const struct scan_job *job, int memfd, int reply)
{
	if (asker_gone(reply))
		return 0;
	if (clock_mono_ns() >= job->deadline_ns) {
		(void)frame_write(reply, SCAN_REPLY_EXPIRED, NULL, 0);
		return 0;
	}
	return message_scan(env, job, memfd, reply);
}

/* Waits for a job.  1: got one, fds[0] the message, fds[1] the reply; 0: the queue has ended; -1: not a job. */
static int
job_take(int queue, struct scan_job *job, int fds[2])
{
	char	wire[SCAN_JOB_WIRE_MAX];
	ssize_t	len;
	int	n = 0, i;

	if ((len = fdpass_recv(queue, wire, sizeof(wire), fds, 2, &n, 0)) == 0)
		return 0;
	if (len > 0 && n == 2 && scan_job_decode(wire, (size_t)len, job) == 0)
		return 1;
	if (len > 0)
		for (i = 0; i < n; i++)
			close(fds[i]);
	log_error("queue: %s", len == -1 ? strerror(errno) : "a packet that is no job");
	return -1;
}

static int
ticket_wait(int channel)
{
	unsigned char	ticket;
	ssize_t		n;

	do
		n = recv(channel, &ticket, 1, 0);
	while (n == -1 && errno == EINTR);
	return n == 1 && ticket < QUEUES ? ticket : -1;
}

/* Everything of main's but the queues and this worker's channel: other workers' ends, the reports, the control stream. */
static void
close_others(const struct worker_env *env, int channel)
{
	unsigned int	keep[3] = { (unsigned int)env->queue[QUEUE_SMALL], (unsigned int)env->queue[QUEUE_LARGE], (unsigned int)channel };
	unsigned int	from = STDERR_FILENO + 1, low, i;

	for (;;) {
		low = ~0u;
		for (i = 0; i < 3; i++)
			if (keep[i] >= from && keep[i] < low)
				low = keep[i];
		if (low == ~0u)
			break;
		if (low > from)
			close_range(from, low - 1, 0);
		from = low + 1;
	}
	close_range(from, ~0u, 0);
}

void
worker_run(const struct worker_env *env, int channel)
{
	struct scan_job	 job;
	char		 scratch[4096];
	uint32_t	 left = env->settings->messages_per_worker > 0 ? env->settings->messages_per_worker : 1;
	int		 fds[2], queue, other, walled = 0;

	/* Main may have died before this took effect. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 || getppid() != env->main)
		_exit(1);
	/* The log's socket goes with the rest; left to itself, syslog(3) would write to whatever gets its number. */
	closelog();
	close_others(env, channel);
	log_open("hopward-scan", env->log_stderr, 0);
	if ((queue = ticket_wait(channel)) == -1)
		_exit(0);
	other = env->queue[queue == QUEUE_SMALL ? QUEUE_LARGE : QUEUE_SMALL];
	queue = env->queue[queue];
	close(other);
	/* Where the directory cannot be made, the engine's own failure becomes the finding: not scanned. */
	if (worker_scratch(env->settings, getpid(), scratch, sizeof(scratch)) == -1 ||
	    engine_scratch(env->engine, scratch) == -1)
		_exit(1);
	if (mkdir(scratch, 0700) == -1 && env->engine != NULL)
		log_error("scratch: cannot make %s: %s", scratch, strerror(errno));
	while (left-- > 0) {
		switch (job_take(queue, &job, fds)) {
		case 0:
			_exit(0);
		case -1:
			continue;
		}
		if (note_send(channel, WORKER_NOTE_JOB, &job) == -1)
			_exit(1);
		if (left == 0) {
			close(queue);
			close(channel);
		}
		if (!walled && sandbox_enter(scratch) == -1)
			_exit(1);
		walled = 1;
		if (job_do(env, &job, fds[0], fds[1]) == -1)
			_exit(1);
		close(fds[0]);
		close(fds[1]);
		if (left > 0 && note_send(channel, WORKER_NOTE_DONE, &job) == -1)
			_exit(1);
	}
	_exit(0);
}
