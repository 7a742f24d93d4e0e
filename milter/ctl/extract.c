/* SPDX-License-Identifier: ISC */
/* hopwardctl extract: the objects of all readings of one message as files, for an analyst. */
/*
 * The message goes to a hopward-scan of its own that was started to hand out
 * (runner.c): a worker behind the scanner's walls walks the MIME; what comes
 * back is octets and words about them, both a stranger's.  This program writes
 * the octets and looks at none of them.  Names are made here, of the path and the digest
 * that was taken here; what the message calls a file stands in the index alone.
 * Does not: unpack archives (their members are the engine's), run or open
 * what it wrote, write over anything.
 */
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/message.h"
#include "ctl/runner.h"
#include "judge/name.h"

#define INDEX_MAX	(64u * 1024 * 1024)	/* octets: SCAN_PARTS_MAX parts with long names */
#define PATH_OCTETS	64		/* of a part's path in a file name; the digest tells long ones apart */
#define DIGEST_OCTETS	6		/* likewise, twelve digits */
#define FILE_NAME_MAX	(PATH_OCTETS + 2 * DIGEST_OCTETS + NAME_EXT_MAX + 16)

static const char prefix[] = "Received: by hopward; Thu, 1 Jan 1970 00:00:00 +0000\r\n";

static const char help[] =
    "usage: hopwardctl extract [--json] [--no-engine] [--database DIR] FILE DIR\n"
    "\n"
    "Writes every object that some reading of the message holds to files in DIR, which must be\n"
    "new to it or is made, and index.json and index.txt beside them.\n"
    "  --no-engine      do not scan: no signatures are needed, and it is quick\n"
    "  --database DIR   signatures from there\n"
    "Members of archives are not unpacked.  Nothing is opened or run; do not do it either:\n"
    "what is in the files may be malicious.\n"
    "Exit: 0 all objects are there, 1 some are not (the index says which), 64 and above an error.\n"
    "\n"
    "Example:\n"
    "  hopwardctl extract suspicious.eml /tmp/suspicious\n";

enum { KEY_NO_ENGINE = 256, KEY_DATABASE };

/* One object that came, or was said to. */
struct written {
	struct scan_object *object;
	char		 name[FILE_NAME_MAX];
	const char	*why;		/* static: not written; NULL */
	int		 forged;	/* its digest is not what the scanner said */
};

struct extract_run {
	const struct ctl *ctl;
	struct conf	*conf;
	const char	*file, *dir, *database;
	int		 no_engine;
	struct runner	*runner;
	struct task	 task;
	uint64_t	 size;		/* of the file */
	int		 dirfd, dirmade;
	struct written	*list;
	size_t		 count, alloc;
	int		 fd;		/* of the object that is being written; -1: its octets are dropped */
	uint64_t	 left;
	uint64_t	 total;		/* octets written */
	EVP_MD_CTX	*digest;
	int		 error;		/* errno of a write; then no more is taken */
	int		 missing;	/* objects that are not there */
};

/* ---- names ---- */

/* "2>1.1" is "2+1.1", "exact:3" is "exact-3": letters, digits, and in the middle ".+-" and '_'. */
static void
name_make(const struct part *p, char *out, size_t size)
{
	char path[PATH_OCTETS + 1], ext[NAME_EXT_MAX + 1], hex[2 * DIGEST_OCTETS + 1];
	size_t i;

	for (i = 0; i < PATH_OCTETS && p->path[i] != '\0'; i++) {
		unsigned char c = (unsigned char)p->path[i];

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
			path[i] = (char)c;
		else
			path[i] = i == 0 ? '_' : c == '>' || c == '/' ? '+' : c == ':' ? '-' : c == '.' ? '.' : '_';
	}
	path[i] = '\0';
	for (i = 0; i < DIGEST_OCTETS; i++)
		snprintf(hex + 2 * i, 3, "%02x", p->sha256[i]);
	name_extension(p->name, ext, sizeof(ext));
	snprintf(out, size, "%s-%s%s%s", path, hex, ext[0] != '\0' ? "." : "", ext);
}

/* ---- what comes back ---- */

static struct written *
written_new(struct extract_run *run)
{
	struct written *list;
	size_t n;

	if (run->count == run->alloc) {
		n = run->alloc == 0 ? 32 : 2 * run->alloc;
		if ((list = reallocarray(run->list, n, sizeof(*list))) == NULL)
			return NULL;
		run->list = list;
		run->alloc = n;
	}
	memset(&run->list[run->count], 0, sizeof(*run->list));
	return &run->list[run->count++];
}

static void
part_take(struct part *to, const struct part *from)
{
	*to = *from;
#define TAKE(m) to->m = from->m != NULL ? strdup(from->m) : NULL
	TAKE(path);
	TAKE(name);
	TAKE(names);
	TAKE(type);
	TAKE(view);
	TAKE(decoder);
	TAKE(real_type);
	TAKE(signature);
	TAKE(detail);
#undef TAKE
}

/* All its octets are there.  0, or -1: they are not on the disk. */
static int
object_end(struct extract_run *run)
{
	struct written *w = &run->list[run->count - 1];
	unsigned char md[EVP_MAX_MD_SIZE];

	EVP_DigestFinal_ex(run->digest, md, NULL);
	w->forged = w->why == NULL && memcmp(md, w->object->part.sha256, sizeof(w->object->part.sha256)) != 0;
	if (run->fd != -1 && close(run->fd) == -1)
		run->error = errno;
	run->fd = -1;
	return run->error != 0 ? -1 : 0;
}

static int
on_object(void *arg, const struct scan_object *o)
{
	struct extract_run *run = arg;
	struct written *w = written_new(run);

	if (w == NULL || (w->object = calloc(1, sizeof(*w->object))) == NULL) {
		run->count -= w != NULL;
		run->error = ENOMEM;
		return -1;
	}
	w->object->number = o->number;
	part_take(&w->object->part, &o->part);
	if (w->object->part.path == NULL) {
		run->error = ENOMEM;
		return -1;
	}
	run->left = o->part.size;
	EVP_DigestInit_ex(run->digest, EVP_sha256(), NULL);
	if (o->part.size > run->conf->scan->max_decoded || run->total > run->conf->scan->max_decoded - o->part.size)
		w->why = "mime.max_decoded: all files together would be larger";
	else {
		name_make(&o->part, w->name, sizeof(w->name));
		run->fd = openat(run->dirfd, w->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (run->fd == -1) {
			run->error = errno;
			w->why = "cannot be made";
			return -1;
		}
		run->total += o->part.size;
	}
	run->missing += w->why != NULL;
	return run->left == 0 ? object_end(run) : 0;
}

static int
on_octets(void *arg, const void *data, size_t len)
{
	struct extract_run *run = arg;
	const char *p = data;
	size_t done = 0;
	ssize_t n;

	EVP_DigestUpdate(run->digest, data, len);
	while (run->fd != -1 && done < len) {
		if ((n = write(run->fd, p + done, len - done)) == -1) {
			if (errno == EINTR)
				continue;
			run->error = errno;
			run->list[run->count - 1].why = "cut: it could not be written";
			return -1;
		}
		done += (size_t)n;
	}
	run->left -= len;
	return run->left == 0 ? object_end(run) : 0;
}

/* ---- the index ---- */

static const struct written *
written_find(const struct extract_run *run, uint32_t number)
{
	size_t low = 0, high = run->count, mid;

	while (low < high) {	/* they came in order */
		mid = low + (high - low) / 2;
		if (run->list[mid].object->number == number)
			return &run->list[mid];
		if (run->list[mid].object->number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* The same octets under an earlier path.  The list of a hostile message may be long: its digests are sorted first. */
static int
by_digest(const void *a, const void *b)
{
	const struct written *x = *(const struct written *const *)a, *y = *(const struct written *const *)b;
	int c = memcmp(x->object->part.sha256, y->object->part.sha256, sizeof(x->object->part.sha256));

	return c != 0 ? c : x->object->number < y->object->number ? -1 : x->object->number > y->object->number;
}

static const struct written *
written_like(const struct written *const *sorted, size_t n, const struct part *p)
{
	size_t low = 0, mid;

	while (low < n) {
		mid = low + (n - low) / 2;
		if (memcmp(sorted[mid]->object->part.sha256, p->sha256, sizeof(p->sha256)) < 0)
			low = mid + 1;
		else
			n = mid;
	}
	return sorted[low] != NULL && memcmp(sorted[low]->object->part.sha256, p->sha256, sizeof(p->sha256)) == 0 ? sorted[low] : NULL;
}

/* Which file has its octets; *why there is none, or what is odd about it. */
static const char *
file_of(const struct extract_run *run, const struct written *const *sorted, uint32_t number, const struct part *p,
    const char **why)
{
	const struct written *w = written_find(run, number);

	*why = NULL;
	if (number == 0)
		*why = "the message itself: it is the file that was given";
	else if (p->member)
		*why = "a member of an archive: the engine unpacks it, and keeps nothing";
	else if (w == NULL && (w = written_like(sorted, run->count, p)) != NULL)
		*why = w->why == NULL ? "the same octets as an object before" : w->why;
	else if (w == NULL)
		*why = "it did not come";
	else if (w->forged)
		*why = "its digest is not the one that the scanner told: take the scanner for hijacked";
	else
		*why = w->why;
	return w != NULL && w->name[0] != '\0' ? w->name : NULL;
}

static void
json_names(struct json *j, const char *names)
{
	size_t n;

	json_begin_array(j, "names");
	for (; names != NULL && *names != '\0'; names += n + (names[n] != '\0')) {
		n = strcspn(names, "\n");
		json_strn(j, NULL, names, n);
	}
	json_end_array(j);
}

static void
json_entry(struct json *j, const struct part *p, const char *file, const char *why, const char *outcome)
{
	json_begin_object(j, NULL);
	json_str(j, "file", file);
	json_str(j, "why", why);
	json_str(j, "path", p->path);
	json_str(j, "view", p->view != NULL ? p->view : "strict");
	json_str(j, "decoder", p->decoder);
	json_str(j, "name", p->name);
	json_names(j, p->names);
	json_str(j, "type", p->type);
	json_str(j, "real_type", p->real_type);
	json_u64(j, "size", p->size);
	if (p->member)
		json_put_null(j, "sha256");
	else
		json_hex(j, "sha256", p->sha256, sizeof(p->sha256));
	json_bool(j, "member", p->member);
	json_bool(j, "encrypted", p->encrypted);
	json_str(j, "outcome", outcome);
	json_str(j, "signature", outcome != NULL ? p->signature : NULL);
	json_str(j, "detail", outcome != NULL ? p->detail : NULL);
	json_end_object(j);
}

static void
text_entry(struct buf *b, const struct part *p, const char *file, const char *why, const char *outcome)
{
	char size[32], other[1024];
	const char *next;
	size_t len;

	text_add(b, file != NULL ? file : "(no file)", TEXT_UNLIMITED);
	buf_addz(b, "\n    part ");
	text_add(b, p->path, TEXT_UNLIMITED);
	buf_addf(b, ", %s, view %s%s%s", text_size(p->size, size, sizeof(size)), p->view != NULL ? p->view : "strict",
	    p->decoder != NULL ? ", decoded by " : "", p->decoder != NULL ? p->decoder : "");
	buf_addz(b, "\n    declared ");
	text_add(b, p->type != NULL ? p->type : "nothing", TEXT_UNLIMITED);
	buf_addz(b, ", really ");
	text_add(b, p->real_type != NULL ? p->real_type : "unknown", TEXT_UNLIMITED);
	if (p->name != NULL) {
		buf_addz(b, "\n    called \"");
		text_add(b, p->name, TEXT_UNLIMITED);
		buf_addc(b, '"');
	}
	for (next = p->names; next != NULL && *next != '\0'; next += len + (next[len] != '\0')) {
		len = strcspn(next, "\n");
		snprintf(other, sizeof(other), "%.*s", (int)(len < sizeof(other) ? len : sizeof(other) - 1), next);
		buf_addz(b, "\n    and \"");
		text_add(b, other, TEXT_UNLIMITED);
		buf_addc(b, '"');
	}
	if (outcome != NULL) {
		buf_addf(b, "\n    %s", outcome);
		if (p->signature != NULL || p->detail != NULL) {
			buf_addz(b, " (");
			text_add(b, p->signature != NULL ? p->signature : p->detail, TEXT_UNLIMITED);
			buf_addc(b, ')');
		}
	}
	if (why != NULL)
		buf_addf(b, "\n    %s", why);
	buf_addz(b, "\n\n");
}

/* Number i of the entries: the result's parts, or without a result what came. */
static const struct part *
entry(const struct extract_run *run, size_t i, uint32_t *number)
{
	if (run->task.result != NULL) {
		*number = (uint32_t)i;
		return &run->task.result->parts[i];
	}
	*number = run->list[i].object->number;
	return &run->list[i].object->part;
}

static void
index_fill(struct extract_run *run, struct buf *js, struct buf *text)
{
	const struct written **sorted = calloc(run->count + 1, sizeof(struct written *));
	const struct scan_result *r = run->task.result;
	size_t i, n = r != NULL ? r->parts_count : run->count;
	const char *file, *why, *outcome;
	const struct part *p;
	struct json j;
	uint32_t number;

	if (sorted == NULL) {
		js->failed = text->failed = 1;
		return;
	}
	for (i = 0; i < run->count; i++)
		sorted[i] = &run->list[i];
	qsort(sorted, run->count, sizeof(struct written *), by_digest);
	json_begin(&j, js);
	json_begin_object(&j, NULL);
	json_str(&j, "message", run->file);
	json_u64(&j, "size", run->size);
	json_bool(&j, "engine", !run->no_engine);
	json_bool(&j, "complete", r != NULL && r->ambiguity != AMBIGUITY_LIMIT);
	json_str(&j, "failed", r != NULL ? NULL : outcome_str(run->task.failed));
	json_str(&j, "failed_detail", r != NULL ? NULL : run->task.detail);
	json_begin_array(&j, "objects");
	for (i = 0; i < n; i++) {
		p = entry(run, i, &number);
		file = file_of(run, sorted, number, p, &why);
		outcome = r == NULL || run->no_engine ? NULL : outcome_str(p->outcome);
		run->missing += r != NULL && number != 0 && !p->member && file == NULL && written_find(run, number) == NULL;
		json_entry(&j, p, file, why, outcome);
		text_entry(text, p, file, why, outcome);
	}
	json_end_array(&j);
	json_end_object(&j);
	buf_addc(js, '\n');
	free(sorted);
}

static int
file_put(const struct extract_run *run, const char *name, const struct buf *b)
{
	int fd = openat(run->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t done = 0;
	ssize_t n = 0;

	while (fd != -1 && !b->failed && done < b->len && n != -1) {
		if ((n = write(fd, b->data + done, b->len - done)) > 0)
			done += (size_t)n;
		else if (n == -1 && errno == EINTR)
			n = 0;
	}
	if (fd == -1 || n == -1 || (close(fd) == -1)) {
		ctl_warn(run->ctl, "%s/%s: %s", run->dir, name, strerror(errno));
		return -1;
	}
	if (b->failed)
		ctl_warn(run->ctl, "%s/%s: more than can be written", run->dir, name);
	return b->failed ? -1 : 0;
}

static int
index_write(struct extract_run *run)
{
	struct buf js, text, out;
	size_t i, files = 0;
	int code;

	buf_init(&js, INDEX_MAX);
	buf_init(&text, INDEX_MAX);
	buf_init(&out, INDEX_MAX);
	index_fill(run, &js, &text);
	code = file_put(run, "index.json", &js) == -1 || file_put(run, "index.txt", &text) == -1 ? EX_CANTCREAT : 0;
	if (code == 0 && run->ctl->json)
		buf_add(&out, js.data, js.len);
	else if (code == 0) {
		buf_add(&out, text.data != NULL ? text.data : "", text.len);
		for (i = 0; i < run->count; i++)
			files += run->list[i].name[0] != '\0';
		text_add(&out, run->dir, TEXT_UNLIMITED);
		buf_addf(&out, ": %zu file%s, index.json and index.txt.\n", files, files == 1 ? "" : "s");
		text_colour(&out, &run->ctl->out, TEXT_YELLOW, "They may be malicious: do not open them outside a sandbox.");
		buf_addc(&out, '\n');
	}
	ctl_put(&out);
	buf_free(&js);
	buf_free(&text);
	buf_free(&out);
	return code;
}

/* ---- the run ---- */

/* DIR, made if it is not there: nobody else may be able to put a file or a link in our way. */
static int
directory_open(struct extract_run *run)
{
	struct stat st;

	if (!(run->dirmade = mkdir(run->dir, 0700) == 0) && errno != EEXIST) {
		ctl_warn(run->ctl, "%s: %s", run->dir, strerror(errno));
		return EX_CANTCREAT;
	}
	if ((run->dirfd = open(run->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 || fstat(run->dirfd, &st) == -1) {
		ctl_warn(run->ctl, "%s: %s", run->dir, strerror(errno));
		return EX_CANTCREAT;
	}
	if ((st.st_mode & S_IWOTH) || (st.st_uid != geteuid() && geteuid() != 0)) {
		ctl_warn(run->ctl, "%s: others may write there; name a directory of your own, or one that does not exist", run->dir);
		return EX_CANTCREAT;
	}
	if (faccessat(run->dirfd, "index.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    faccessat(run->dirfd, "index.txt", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		ctl_warn(run->ctl, "%s: has an index already; nothing is written over", run->dir);
		return EX_CANTCREAT;
	}
	return 0;
}

/* One message needs no more; and an engine only where there are signatures. */
static int
settings_fit(struct extract_run *run)
{
	struct scan_settings *s = run->conf->scan;
	struct stat st;
	char *copy;

	s->hand_out = 1;
	s->workers_small = s->workers_large = 1;
	s->spares = 0;
	if (run->database != NULL) {
		if ((copy = realpath(run->database, NULL)) == NULL) {
			ctl_warn(run->ctl, "--database %s: %s", run->database, strerror(errno));
			return EX_NOINPUT;
		}
		free(s->database);
		s->database = copy;
	}
	if (!run->no_engine && (s->database == NULL || stat(s->database, &st) == -1)) {
		ctl_warn(run->ctl, "no signatures in %s: nothing is scanned", s->database != NULL ? s->database : "any directory");
		run->no_engine = 1;
	}
	if (run->no_engine) {
		free(s->database);
		s->database = NULL;
	}
	return message_scanner(run->ctl, run->conf);
}

static void
tick(void *arg)
{
	struct extract_run *run = arg;

	if (!run->no_engine && run->ctl->err.terminal && run->ctl->err.width != TEXT_UNLIMITED)
		fputs("\rloading signatures ...\r", stderr);
}

static int
message_go(struct extract_run *run)
{
	const struct task_sink sink = { on_object, on_octets, run };
	int sig = 0;

	switch (message_load(run->runner, &run->task, run->file, prefix, run->conf->front->spool_message, MESSAGE_WHOLE, &run->size)) {
	case 1:
		ctl_warn(run->ctl, "%s: larger than spool.message", run->file);
		return EX_DATAERR;
	case -1:
		if (runner_stopped(run->runner) != 0)
			return 128 + runner_stopped(run->runner);
		ctl_warn(run->ctl, "%s: %s", run->file, strerror(errno));
		return EX_NOINPUT;
	}
	run->task.sink = &sink;
	runner_put(run->runner, &run->task);
	while (!run->task.done && sig == 0)
		sig = runner_step(run->runner, 1000);
	return sig != 0 ? 128 + sig : 0;
}

/* What the message came to, after its task is done. */
static int
outcome_tell(struct extract_run *run)
{
	size_t i;
	int code = 0;

	if (run->fd != -1)
		close(run->fd);
	if (run->left > 0 && run->count > 0 && run->list[run->count - 1].why == NULL)
		run->list[run->count - 1].why = "cut: the scanner ended in the middle";
	run->fd = -1;
	if (run->error != 0) {
		ctl_warn(run->ctl, "%s: %s", run->dir, strerror(run->error));
		return EX_IOERR;
	}
	for (i = 0; i < run->count; i++)
		code |= run->list[i].forged;
	if (run->task.result == NULL) {
		ctl_warn(run->ctl, "%s: %s (%s); the objects that came before are there", run->file, outcome_str(run->task.failed), run->task.detail);
		message_scanner_said(run->ctl, run->runner);
		code = 1;
	} else if (run->task.result->ambiguity == AMBIGUITY_LIMIT) {
		/* Which one, part 0 says only where nothing graver was found of it. */
		ctl_warn(run->ctl, "%s: a bound was reached (%s): objects are cut or missing", run->file,
		    run->task.result->parts[0].outcome == OUTCOME_LIMIT && run->task.result->parts[0].detail != NULL ?
		    run->task.result->parts[0].detail : "one of mime.*");
		code = 1;
	}
	return code;
}

static int
extract_message(struct extract_run *run)
{
	char err[512] = "";
	int code, wrote;

	if ((code = settings_fit(run)) != 0 || (code = directory_open(run)) != 0)
		return code;
	if ((run->digest = EVP_MD_CTX_new()) == NULL)
		return EX_OSERR;
	run->runner = runner_start(run->conf, tick, run, &code, err, sizeof(err));
	if (run->runner == NULL) {
		if (code < 128)
			ctl_warn(run->ctl, "no scanner: %s%s", err, run->no_engine ? "" : " (--no-engine needs no signatures)");
		return code;
	}
	code = message_go(run);
	if (code == 0) {
		code = outcome_tell(run);
		wrote = index_write(run);
		if (code < 2)
			code = wrote != 0 ? wrote : code | (run->missing > 0);
	}
	task_free(&run->task);
	runner_free(run->runner);
	return code;
}

static int
extract_options(struct extract_run *run, struct ctl *ctl, const struct ctl_command *self, int argc, char **argv, int *code)
{
	static const struct option longs[] = {
		CTL_LONG,
		{ "no-engine", no_argument, NULL, KEY_NO_ENGINE },
		{ "database", required_argument, NULL, KEY_DATABASE },
		CTL_END
	};
	int ch;

	while ((ch = ctl_getopt(ctl, self, argc, argv, CTL_SHORT, longs, code)) != -1)
		switch (ch) {
		case KEY_NO_ENGINE:
			run->no_engine = 1;
			break;
		case KEY_DATABASE:
			run->database = optarg;
			break;
		default:
			return -1;
		}
	if (argc - optind != 2)
		*code = ctl_usage(ctl, self, "extract wants FILE DIR");
	else if (run->no_engine && run->database != NULL)
		*code = ctl_usage(ctl, self, "--no-engine excludes --database");
	else {
		run->file = argv[optind];
		run->dir = argv[optind + 1];
		return 0;
	}
	return -1;
}

static int
extract_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	struct extract_run run = { .ctl = ctl, .dirfd = -1, .fd = -1 };
	int code = EX_OSERR;
	size_t i;

	run.task.fd = run.task.reply = -1;
	if (extract_options(&run, ctl, self, argc, argv, &code) == 0 && (run.conf = ctl_conf(ctl, &code)) != NULL)
		code = extract_message(&run);
	for (i = 0; i < run.count; i++)
		scan_object_free(run.list[i].object);
	free(run.list);
	EVP_MD_CTX_free(run.digest);
	if (run.dirfd != -1)
		close(run.dirfd);
	if (code >= 2 && run.dirmade)
		rmdir(run.dir);		/* where nothing is in it */
	conf_free(run.conf);
	return code;
}

const struct ctl_command command_extract = {
	"extract", "write the objects of a message to files, for an analyst", help, extract_run
};
