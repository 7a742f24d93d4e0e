/* SPDX-License-Identifier: ISC */
/* hopwardctl verify: proves the records, or says which line of which file was altered, removed, added, reordered, cut off or re-sealed. */
/*
 * Reads files, and the configuration only where no file is named; asks no daemon and
 * needs no rights but to read.  Each stream's files are given to record/verify.c from
 * the oldest to the newest, one line in memory at a time.  With --since or --month all
 * files are read, but those outside the time only for seals and for what says that lines expired or were erased.
 */
#include <sys/stat.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/verify.h"
#include "ctl/when.h"
#include "record/reader.h"

#define DAY_LEN		10
#define DAY_MS		86400000u
#define PUBLICS_MAX	64		/* --public: a first key for each time that sealing began */
#define ANCHORS_MAX	100000		/* a line a day for centuries */
#define LOGS_MAX	1024
#define ANCHOR_LINE_MAX	4096
#define PROGRESS_NS	200000000u
#define FOUND		1		/* exit code */

static const char help[] =
    "usage: hopwardctl verify [--stream S] [--since T] [--until T] [--month YYYY-MM] [--public HEX|FILE]...\n"
    "                         [--anchor LINE|FILE]... [--mta-log FILE]... [--json] [DIR|FILE]...\n"
    "\n"
    "Proves that the records are whole and as they were written, or names each line that was altered,\n"
    "removed, added, reordered, cut off or re-sealed; and says up to where all is proved, and what lies behind.\n"
    "  S is mail, collect or acts; by default all that a directory holds\n"
    "  T is a time as \"hopwardctl log\" takes it; the seals before and after it are read nevertheless\n"
    "  --public  the first key, as \"hopwardctl seal init\" showed it; without it the records' own is taken\n"
    "  --anchor  a line that was kept elsewhere, \"STREAM SEQ HEX\", or a file (a syslog, too) with such lines\n"
    "  --mta-log the MTA's log (- is standard input): lists the mail it took without asking hopward\n"
    "Exit: 0 nothing found, 1 something found, 65 what cannot be read, 66 a file that is not there.\n"
    "\n"
    "Example:\n"
    "  hopwardctl verify --month 2026-10 --public first.key --anchor anchors.log --mta-log /var/log/mail.log\n";

enum { KEY_STREAM = 256, KEY_SINCE, KEY_UNTIL, KEY_MONTH, KEY_PUBLIC, KEY_ANCHOR, KEY_MTA_LOG };

struct input {
	char	*path;
	char	 stream[LEDGER_STREAM_MAX + 1];	/* "": the first line says */
	char	 day[DAY_LEN + 1];		/* "": none */
	size_t	 order;				/* as it was named */
};

struct anchor {
	char			stream[LEDGER_STREAM_MAX + 1];
	struct verify_anchor	a;
};

struct run {
	struct ctl	*ctl;
	const char	*stream;
	uint64_t	 since, until;
	char		 since_day[DAY_LEN + 1], until_day[DAY_LEN + 1];
	uint8_t		 publics[PUBLICS_MAX][SEAL_KEY_LEN];
	size_t		 publics_count;
	struct anchor	*anchors;
	size_t		 anchors_count;
	const char	*logs[LOGS_MAX];
	size_t		 logs_count;
	struct input	*inputs;
	size_t		 inputs_count;
	int		 part;		/* a file was named, not a directory */
	struct verify_mta *mta;
	/* of the stream that is read */
	char		 now[LEDGER_STREAM_MAX + 1];
	uint64_t	 shown, shown_not;
	uint64_t	 gone;		/* records whose queue ids are not known */
	uint64_t	 octets, progress_ns;
	int		 progress;	/* a line of it stands on the terminal */
	int		 found, unreadable, missing;
};

/* ---- keys and anchors ---- */

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 64 hexadecimal digits that neither side goes on with more; 0: none begin here. */
static int
hex_at(const char *from, const char *p, const char *end, uint8_t out[32])
{
	size_t i;

	if (end - p < 64 || (p > from && isalnum((unsigned char)p[-1])) || (end - p > 64 && isalnum((unsigned char)p[64])))
		return 0;
	for (i = 0; i < 32; i++) {
		if (digit(p[2 * i]) < 0 || digit(p[2 * i + 1]) < 0)
			return 0;
		out[i] = (uint8_t)(digit(p[2 * i]) << 4 | digit(p[2 * i + 1]));
	}
	return 1;
}

static int
public_add(struct run *run, const char *text, size_t len)
{
	const char *p, *end = text + len;
	int n = 0;

	for (p = text; end - p >= 64; p++)
		if (run->publics_count < PUBLICS_MAX && hex_at(text, p, end, run->publics[run->publics_count])) {
			run->publics_count++;
			n++;
			p += 63;
		}
	return n;
}

/* The last word in front of p, and p at its beginning. */
static size_t
word_before(const char *from, const char **p)
{
	const char *end;

	while (*p > from && ((*p)[-1] == ' ' || (*p)[-1] == '\t'))
		(*p)--;
	for (end = *p; *p > from && (*p)[-1] != ' ' && (*p)[-1] != '\t'; )
		(*p)--;
	return (size_t)(end - *p);
}

/* "... STREAM SEQ HEX".  1: taken, 0: no anchor, -1: no memory. */
static int
anchor_add(struct run *run, const char *text, size_t len)
{
	struct anchor a, *more;
	const char *p, *hex = NULL, *q;
	size_t n, i;

	memset(&a, 0, sizeof(a));
	for (p = text; text + len - p >= 64; p++)
		if (hex_at(text, p, text + len, a.a.chain))
			hex = p;
	if (hex == NULL)
		return 0;
	(void)hex_at(text, hex, text + len, a.a.chain);
	q = hex;
	if ((n = word_before(text, &q)) == 0 || n > 19)
		return 0;
	for (i = 0; i < n; i++) {
		if (q[i] < '0' || q[i] > '9')
			return 0;
		a.a.seq = a.a.seq * 10 + (uint64_t)(q[i] - '0');
	}
	if ((n = word_before(text, &q)) == 0 || n > LEDGER_STREAM_MAX || a.a.seq == 0 || run->anchors_count == ANCHORS_MAX)
		return 0;
	memcpy(a.stream, q, n);
	if ((more = reallocarray(run->anchors, run->anchors_count + 1, sizeof(a))) == NULL)
		return -1;
	run->anchors = more;
	more[run->anchors_count++] = a;
	return 1;
}

/* Each line of a file; how many of them were taken, or -1 with errno. */
static int
each_line(struct run *run, const char *path, int (*add)(struct run *, const char *, size_t))
{
	char line[ANCHOR_LINE_MAX];
	FILE *f = fopen(path, "re");
	int n = 0, got;

	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL && n >= 0)
		n = (got = add(run, line, strcspn(line, "\r\n"))) == -1 ? -1 : n + got;
	if (ferror(f))
		n = -1;
	fclose(f);
	return n;
}

static int
take_kept(struct run *run, const struct ctl_command *self, const char *what, int (*add)(struct run *, const char *, size_t))
{
	int n = add(run, optarg, strlen(optarg));

	if (n > 0)
		return EX_OK;
	if (n == 0 && (n = each_line(run, optarg, add)) > 0)
		return EX_OK;
	if (n == 0) {
		ctl_warn(run->ctl, "%s: there is no %s in it", optarg, what);
		return EX_DATAERR;
	}
	if (errno == ENOENT && strchr(optarg, '/') == NULL)
		return ctl_usage(run->ctl, self, "\"%s\" is neither %s nor a file", optarg, what);
	ctl_warn(run->ctl, "%s: %s", optarg, strerror(errno));
	return EX_NOINPUT;
}

static int
by_seq(const void *a, const void *b)
{
	const struct verify_anchor *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Those of a stream, by seq; malloc'ed. */
static struct verify_anchor *
anchors_of(const struct run *run, const char *stream, size_t *count)
{
	struct verify_anchor *a = calloc(run->anchors_count + 1, sizeof(*a));
	size_t i;

	*count = 0;
	for (i = 0; a != NULL && i < run->anchors_count; i++)
		if (strcmp(run->anchors[i].stream, stream) == 0)
			a[(*count)++] = run->anchors[i].a;
	if (a != NULL)
		qsort(a, *count, sizeof(*a), by_seq);
	return a;
}

/* ---- which files ---- */

/* STREAM-YYYY-MM-DD[.seals].jsonl[.zst]: its stream and day.  0: it has none. */
static int
path_read(const char *path, struct input *in)
{
	static const char form[] = "-dddd-dd-dd", end[] = ".jsonl", seals[] = ".seals";
	const char *base = strrchr(path, '/');
	size_t len, i, n;

	base = base != NULL ? base + 1 : path;
	len = strlen(base);
	if (len > 4 && strcmp(base + len - 4, READER_COMPRESSED) == 0)
		len -= 4;
	if (len < sizeof(end) || memcmp(base + len - (sizeof(end) - 1), end, sizeof(end) - 1) != 0)
		return 0;
	len -= sizeof(end) - 1;
	if (len >= sizeof(seals) && memcmp(base + len - (sizeof(seals) - 1), seals, sizeof(seals) - 1) == 0)
		len -= sizeof(seals) - 1;
	if (len <= sizeof(form) - 1 || (n = len - (sizeof(form) - 1)) > LEDGER_STREAM_MAX)
		return 0;
	for (i = 0; form[i] != '\0'; i++)
		if (i > 0 && i <= DAY_LEN && form[i] == 'd' ? base[n + i] < '0' || base[n + i] > '9' : base[n + i] != form[i])
			return 0;
	if (strspn(base, "abcdefghijklmnopqrstuvwxyz0123456789-") < n)
		return 0;
	memcpy(in->stream, base, n);
	in->stream[n] = '\0';
	memcpy(in->day, base + n + 1, DAY_LEN);
	in->day[DAY_LEN] = '\0';
	return 1;
}

/* Takes in->path. */
static int
input_add(struct run *run, struct input *in)
{
	struct input *p = reallocarray(run->inputs, run->inputs_count + 1, sizeof(*p));

	if (p == NULL || in->path == NULL) {
		free(in->path);
		return -1;
	}
	run->inputs = p;
	in->order = run->inputs_count;
	p[run->inputs_count++] = *in;
	return 0;
}

static int
add_directory(struct run *run, const char *dir)
{
	struct input in;
	struct dirent *e;
	int rc = 0, any = 0;
	DIR *d;

	if ((d = opendir(dir)) == NULL)
		return -1;
	while (rc == 0 && (errno = 0, e = readdir(d)) != NULL) {
		memset(&in, 0, sizeof(in));
		if (!path_read(e->d_name, &in) || (run->stream != NULL && strcmp(in.stream, run->stream) != 0))
			continue;
		any = 1;
		if (asprintf(&in.path, "%s/%s", dir, e->d_name) == -1)
			in.path = NULL;
		rc = input_add(run, &in);
	}
	closedir(d);
	if (rc == 0 && !any) {
		ctl_warn(run->ctl, "%s: there are no files of records%s%s", dir, run->stream != NULL ? " of " : "", run->stream != NULL ? run->stream : "");
		run->missing = 1;
	}
	return rc;
}

static int
add_path(struct run *run, const char *path)
{
	struct input in = { 0 };
	struct stat st;

	if (strcmp(path, "-") != 0 && stat(path, &st) == -1)
		return -1;
	if (strcmp(path, "-") != 0 && S_ISDIR(st.st_mode))
		return add_directory(run, path);
	run->part = 1;
	if (path_read(path, &in) && run->stream != NULL && strcmp(in.stream, run->stream) != 0)
		return 0;
	if (run->stream != NULL)
		snprintf(in.stream, sizeof(in.stream), "%s", run->stream);
	in.path = strdup(path);
	return input_add(run, &in);
}

/* By stream, those without one last; then by day, then as they were named. */
static int
by_stream(const void *a, const void *b)
{
	const struct input *x = a, *y = b;
	int rc;

	if (x->stream[0] == '\0' || y->stream[0] == '\0')
		rc = (x->stream[0] == '\0') - (y->stream[0] == '\0');
	else
		rc = strcmp(x->stream, y->stream);
	if (rc == 0)
		rc = strcmp(x->day, y->day);
	if (rc == 0 && x->day[0] != '\0')
		rc = strcmp(x->path, y->path);
	return rc != 0 ? rc : x->order < y->order ? -1 : x->order > y->order;
}

/* ---- reading ---- */

static void
progress_clear(struct run *run)
{
	if (run->progress)
		fputs("\r\033[K", stderr);
	run->progress = 0;
}

static void
progress_show(struct run *run, const char *path)
{
	uint64_t now = clock_mono_ns();
	const char *base = strrchr(path, '/');
	char size[32];

	if (!run->ctl->err.terminal || now - run->progress_ns < PROGRESS_NS)
		return;
	run->progress_ns = now;
	fprintf(stderr, "\r\033[K%.60s: %s", base != NULL ? base + 1 : path, text_size(run->octets, size, sizeof(size)));
	fflush(stderr);
	run->progress = 1;
}

static void
take_finding(void *arg, const struct verify_finding *f)
{
	struct run *run = arg;

	if (f->kind == VERIFY_UNREADABLE || f->kind == VERIFY_NEWER)
		run->unreadable = 1;
	else if (f->kind != VERIFY_CLOCK)
		run->found = 1;
	if (run->shown++ >= VERIFY_SHOWN_MAX) {
		run->shown_not++;
		return;
	}
	progress_clear(run);
	verify_show_finding(run->ctl, run->now, f);
}

static void
take_line(void *arg, const struct line *l)
{
	struct run *run = arg;

	if (run->mta != NULL && strcmp(l->stream, "mail") == 0)
		verify_mta_record(run->mta, l);
}

/* What the reader passed over without a word: empty lines. */
static int
lines_empty(struct verify *v, uint64_t *due, uint64_t number)
{
	for (; *due < number; (*due)++)
		if (verify_bad_line(v, *due, "is empty") == -1)
			return -1;
	*due = number + 1;
	return 0;
}

static int
read_lines(struct run *run, struct verify *v, struct reader *r, const char *path)
{
	struct reader_line l;
	enum reader_got got;
	uint64_t due = 1;
	int rc = 0;

	while (rc == 0 && ((got = reader_next(r, &l)) == READER_LINE || got == READER_LONG)) {
		if ((rc = lines_empty(v, &due, l.number)) == 0)
			rc = got == READER_LINE ? verify_line(v, l.number, l.text, l.len, 1) :
			    verify_bad_line(v, l.number, "is longer than any line of records");
		if (got == READER_LINE)
			run->octets += l.len;
		if ((l.number & 1023) == 0)
			progress_show(run, path);
	}
	if (rc != 0)
		return rc;
	if (got == READER_BAD)
		return verify_broken(v, due, reader_why(r));
	got = reader_rest(r, &l);
	if ((rc = lines_empty(v, &due, l.number)) != 0)
		return rc;
	return got == READER_REST ? verify_line(v, l.number, l.text, l.len, 0) :
	    got == READER_LONG ? verify_bad_line(v, l.number, "is longer than any line of records") : 0;
}

/* Outside the time that was asked for, and behind the first seal after it? */
static int
is_quick(const struct run *run, const struct input *in, const struct verify *v, uint64_t *until_seals)
{
	if (in->day[0] == '\0')
		return 0;
	if (run->since_day[0] != '\0' && strcmp(in->day, run->since_day) < 0)
		return 1;
	if (run->until_day[0] == '\0' || strcmp(in->day, run->until_day) <= 0) {
		*until_seals = verify_seals(v);
		return 0;
	}
	return verify_seals(v) > *until_seals;
}

static int
read_file(struct run *run, struct verify *v, const struct input *in, uint64_t *until_seals)
{
	struct reader *r;
	int rc;

	if (verify_file(v, in->path, is_quick(run, in, v, until_seals)) == -1)
		return -1;
	if (reader_open(in->path, VERIFY_LINE_MAX, &r) == -1) {
		if (errno == ENOMEM)
			return -1;
		progress_clear(run);
		ctl_warn(run->ctl, "%s: %s", in->path, strerror(errno));
		run->missing = 1;
		return 0;
	}
	rc = read_lines(run, v, r, in->path);
	reader_close(r);
	return rc;
}

/*
 * A day that is there twice, plain and compressed, or whole and with its seals alone: what there is less of is
 * made first and the other removed then.  By name the fullest comes first.
 */
static int
is_twin(const struct input *a, const struct input *b)
{
	const char *x = strrchr(a->path, '/'), *y = strrchr(b->path, '/');
	size_t n = x != NULL ? (size_t)(x - a->path) : 0;

	return a->day[0] != '\0' && strcmp(a->day, b->day) == 0 && n == (y != NULL ? (size_t)(y - b->path) : 0) &&
	    strncmp(a->path, b->path, n) == 0;
}

/* The files of one stream, inputs[at..at+n). */
static int
run_stream(struct run *run, size_t at, size_t n)
{
	struct verify_settings set = { .publics = run->publics, .publics_count = run->publics_count, .part = run->part,
	    .found = take_finding, .line = take_line, .arg = run };
	const struct verify_report *report;
	struct verify_anchor *anchors;
	struct verify *v = NULL;
	uint64_t until_seals = 0, files = 0;
	int rc = -1;
	size_t i, last = at;

	snprintf(run->now, sizeof(run->now), "%s", run->inputs[at].stream);
	set.stream = run->now[0] != '\0' ? run->now : NULL;
	run->shown = run->shown_not = 0;
	if ((anchors = anchors_of(run, set.stream != NULL ? set.stream : run->anchors_count > 0 ? run->anchors[0].stream : "", &set.anchors_count)) == NULL)
		return -1;
	set.anchors = anchors;
	if ((v = verify_new(&set)) == NULL)
		goto out;
	for (i = at; i < at + n; i++) {
		if (i > at && is_twin(&run->inputs[last], &run->inputs[i])) {
			ctl_warn(run->ctl, "%s: not read, since %s is there, too", run->inputs[i].path, run->inputs[last].path);
			continue;
		}
		last = i;
		files++;
		if (read_file(run, v, &run->inputs[i], &until_seals) == -1)
			goto out;
	}
	if (verify_end(v, &report) == -1)
		goto out;
	progress_clear(run);
	verify_show_report(run->ctl, report, files, run->shown_not);
	run->gone += report->erased + report->expired + report->found[VERIFY_REMOVED] + report->found[VERIFY_CUT] + report->found[VERIFY_ALTERED];
	rc = 0;
out:
	verify_free(v);
	free(anchors);
	return rc;
}

/* ---- the run ---- */

static int
run_logs(struct run *run)
{
	size_t i;
	int code, worst = EX_OK;

	for (i = 0; i < run->logs_count; i++)
		if ((code = verify_mta_log(run->mta, run->logs[i])) != EX_OK)
			worst = code;
	if (verify_mta_end(run->mta, run->gone) > 0)
		run->found = 1;
	return worst;
}

static int
run_all(struct run *run)
{
	int code = EX_OK;
	size_t i, n;

	if (run->inputs_count > 0)	/* else nothing is to be sorted */
		qsort(run->inputs, run->inputs_count, sizeof(*run->inputs), by_stream);
	if (run->logs_count > 0 && (run->mta = verify_mta_new(run->ctl, run->since, run->until)) == NULL)
		return EX_OSERR;
	for (i = 0; i < run->inputs_count; i += n) {
		for (n = 1; i + n < run->inputs_count && strcmp(run->inputs[i + n].stream, run->inputs[i].stream) == 0; n++)
			continue;
		if (run_stream(run, i, n) == -1) {
			ctl_warn(run->ctl, "no memory");
			return EX_OSERR;
		}
	}
	if (run->logs_count > 0)
		code = run_logs(run);
	if (run->found)
		return FOUND;
	if (run->missing)
		return EX_NOINPUT;
	return code != EX_OK ? code : run->unreadable ? EX_DATAERR : EX_OK;
}

static void
day_text(uint64_t ms, char out[DAY_LEN + 1])
{
	time_t t = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL && strftime(text, sizeof(text), "%Y-%m-%d", &tm) == DAY_LEN)
		memcpy(out, text, DAY_LEN + 1);
}

/* "2026-10": of UTC, as the files are. */
static int
take_month(struct run *run, const struct ctl_command *self)
{
	char text[40];
	int year, month, n = 0;

	if (sscanf(optarg, "%4d-%2d%n", &year, &month, &n) != 2 || optarg[n] != '\0' || n != 7 || month < 1 || month > 12)
		return ctl_usage(run->ctl, self, "--month wants YYYY-MM, got \"%s\"", optarg);
	snprintf(text, sizeof(text), "%04d-%02d-01T00:00:00Z", year, month);
	if (when_rfc3339(text, strlen(text), &run->since) == -1)
		return ctl_usage(run->ctl, self, "--month wants YYYY-MM, got \"%s\"", optarg);
	month++;
	snprintf(text, sizeof(text), "%04d-%02d-01T00:00:00Z", month > 12 ? year + 1 : year, month > 12 ? 1 : month);
	(void)when_rfc3339(text, strlen(text), &run->until);
	run->until--;
	return EX_OK;
}

static int
take_time(struct run *run, const struct ctl_command *self, const char *name, int end, uint64_t *out)
{
	if (when_parse(optarg, clock_wall_ms(), end, out) == 0)
		return EX_OK;
	return ctl_usage(run->ctl, self, "%s: \"%s\" is no time; write 2026-10-01, \"2026-10-01 12:30\", today or 2h", name, optarg);
}

static int
take_option(struct run *run, const struct ctl_command *self, int key)
{
	switch (key) {
	case KEY_STREAM:
		run->stream = optarg;
		if (strspn(optarg, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(optarg) || strlen(optarg) > LEDGER_STREAM_MAX || *optarg == '\0')
			return ctl_usage(run->ctl, self, "\"%s\" is no name of a stream", optarg);
		return EX_OK;
	case KEY_SINCE:
		return take_time(run, self, "--since", 0, &run->since);
	case KEY_UNTIL:
		return take_time(run, self, "--until", 1, &run->until);
	case KEY_MONTH:
		return take_month(run, self);
	case KEY_PUBLIC:
		return take_kept(run, self, "a public key (64 hexadecimal digits)", public_add);
	case KEY_ANCHOR:
		return take_kept(run, self, "an anchor (STREAM SEQ HEX)", anchor_add);
	default:
		if (run->logs_count == LOGS_MAX)
			return ctl_usage(run->ctl, self, "more than %d logs", LOGS_MAX);
		run->logs[run->logs_count++] = optarg;
		return EX_OK;
	}
}

static int
options(struct run *run, const struct ctl_command *self, int argc, char **argv, int *code)
{
	static const struct option longs[] = {
		CTL_LONG,
		{ "stream", required_argument, NULL, KEY_STREAM },
		{ "since", required_argument, NULL, KEY_SINCE },
		{ "until", required_argument, NULL, KEY_UNTIL },
		{ "month", required_argument, NULL, KEY_MONTH },
		{ "public", required_argument, NULL, KEY_PUBLIC },
		{ "anchor", required_argument, NULL, KEY_ANCHOR },
		{ "mta-log", required_argument, NULL, KEY_MTA_LOG },
		CTL_END
	};
	int ch;

	while ((ch = ctl_getopt(run->ctl, self, argc, argv, CTL_SHORT, longs, code)) != -1)
		if (ch == CTL_STOP || (*code = take_option(run, self, ch)) != 0)
			return -1;
	if (run->until != 0 && run->until < run->since) {
		*code = ctl_usage(run->ctl, self, "--until is before --since");
		return -1;
	}
	if (run->since != 0)
		day_text(run->since, run->since_day);
	if (run->until != 0)
		day_text(run->until, run->until_day);
	return 0;
}

/* The files that were named, or the configuration's directory. */
static int
inputs_find(struct run *run, char **argv, int argc)
{
	struct conf *conf;
	int i, code = EX_OK;

	if (optind == argc) {
		if ((conf = ctl_conf(run->ctl, &code)) == NULL)
			return code;
		if (add_directory(run, conf->start.ledger.directory) == -1) {
			ctl_warn(run->ctl, "%s: %s", conf->start.ledger.directory, strerror(errno));
			code = errno == EACCES ? EX_NOPERM : EX_NOINPUT;
		}
		conf_free(conf);
		return code;
	}
	for (i = optind; i < argc; i++)
		if (add_path(run, argv[i]) == -1) {
			if (errno == ENOMEM)
				return EX_OSERR;
			ctl_warn(run->ctl, "%s: %s", argv[i], strerror(errno));
			run->missing = 1;
		}
	return EX_OK;
}

static int
verify_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	struct run *run = calloc(1, sizeof(*run));
	int code = EX_OK;
	size_t i;

	if (run == NULL)
		return EX_OSERR;
	run->ctl = ctl;
	if (options(run, self, argc, argv, &code) == 0 && (code = inputs_find(run, argv, argc)) == EX_OK)
		code = run_all(run);
	for (i = 0; i < run->inputs_count; i++)
		free(run->inputs[i].path);
	free(run->inputs);
	free(run->anchors);
	verify_mta_free(run->mta);
	free(run);
	return code;
}

const struct ctl_command command_verify = {
	"verify", "prove the records, or name each line that was tampered with", help, verify_run
};
