/* SPDX-License-Identifier: ISC */
/* hopwardctl hops: the route of a message in a file: who, how, how good, on whose word, how long it took. */
/*
 * Gives each file's header to a hopward-scan without an engine (runner.c), as
 * Received fields are a stranger's octets, and judges what comes back with the
 * daemon's judge (judge/route.c).  Needs no daemon, no root, no signatures.
 * Does not: believe a field because of a name in it, look at the message's body.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/hoptable.h"
#include "ctl/message.h"
#include "ctl/runner.h"
#include "judge/route.h"

#define OUT_MAX		(4u * 1024 * 1024)	/* octets printed of one file: 65 hops of ten texts */

static const char help[] =
    "usage: hopwardctl hops [--json] [--client IP] [--tls VERSION,CIPHER,BITS] [--internal NET]... FILE...\n"
    "\n"
    "Shows the route of a message (RFC 5322, one a file, - is standard input), newest hop first.\n"
    "  --client IP          who handed it over to us, as if it had come from there\n"
    "  --tls V,C,B          that connection's TLS, or: --tls none\n"
    "  --internal NET       hosts there write the truth, besides internal_networks; with --client; repeatable\n"
    "Without --client every hop is only claimed: a field proves nothing unless its writer is known.\n"
    "Exit: 0, 64 and above an error (66 a file, 69 no scanner).\n"
    "\n"
    "Example:\n"
    "  hopwardctl hops --client 192.0.2.1 --tls TLSv1.3,TLS_AES_256_GCM_SHA384,256 --internal 192.0.2.0/24 mail.eml\n";

enum { KEY_CLIENT = 256, KEY_TLS, KEY_INTERNAL };

struct hops_run {
	const struct ctl *ctl;
	struct conf	*conf;
	struct message_facts facts;	/* what the options say of the connection */
	char		*client, *tls;	/* what they point into */
	int		 observed;	/* they say something */
	const char	**nets;		/* of --internal */
	size_t		 nets_count;
	char		**files;
	size_t		 count;
	struct runner	*runner;
	struct buf	 out;
	int		 code;		/* an error's, once there is one */
};

/* ---- words for one hop ---- */

static const char *
first_of(const char *a, const char *b)
{
	return a != NULL && *a != '\0' ? a : b != NULL && *b != '\0' ? b : NULL;
}

static void
cell_from(const struct hops_run *run, const struct route_hop *h, char *out, size_t size)
{
	const struct received *r = h->received;
	const char *ip = r != NULL ? r->ip : run->facts.client_ip;
	const char *name = r != NULL ? first_of(r->rdns, r->helo) : run->facts.client_name;

	snprintf(out, size, "%s%s%s%s%s", name != NULL ? name : "", name != NULL && ip != NULL ? " " : "", ip != NULL ? "[" : "",
	    ip != NULL ? ip : "", ip != NULL ? "]" : "");
	if (out[0] == '\0')
		snprintf(out, size, "?");
}

static void
cell_by(const struct hops_run *run, const struct route_hop *h, char *out, size_t size)
{
	const char *by = h->received != NULL ? h->received->by : run->conf->front->gateway;

	snprintf(out, size, "%s", by != NULL ? by : "?");
}

/* ---- the table ---- */

/* A line, or two where the terminal has no room for one. */
static void
put_heading(struct buf *b, const struct hops_run *run, const char *file, const struct route *route)
{
	const char *name = strcmp(file, "-") == 0 ? "standard input" : file;
	struct buf hops, graded;

	buf_init(&hops, 1024);
	buf_init(&graded, 65536);
	if (route->count == 0)
		buf_addf(&hops, ": no Received field%s", route->cut ? " so far" : "");
	else
		buf_addf(&hops, ": %zu hop%s%s", route->count, route->count == 1 ? "" : "s", route->count == 1 ? "" : ", newest first");
	if (route->boundary != ROUTE_NONE)
		buf_addf(&graded, "hop %zu is the boundary; ", route->boundary);
	if (route->profile != NULL)
		buf_addf(&graded, "graded by %s/%s", route->profile->name, route->profile->version);
	else
		buf_addz(&graded, conf_ungraded(run->conf));
	text_colour(b, &run->ctl->out, TEXT_BOLD, name);
	buf_add(b, hops.data, hops.len);
	buf_addz(b, run->ctl->out.width != TEXT_UNLIMITED &&
	    strlen(name) + hops.len + 2 + graded.len > (size_t)run->ctl->out.width ? "\n    " : "; ");
	text_add(b, graded.data != NULL ? graded.data : "?", TEXT_UNLIMITED);
	buf_addc(b, '\n');
	buf_free(&hops);
	buf_free(&graded);
	if (route->more > 0)
		buf_addf(b, "    %" PRIu32 " more Received fields were not read\n", route->more);
	if (route->cut)
		buf_addf(b, "    the header was read only up to mime.max_header_bytes (%" PRIu64 " octets): more may follow\n",
		    run->conf->scan->max_header_bytes);
}

static void
row_fill(const struct hops_run *run, const struct route *route, const struct route_hop *h, struct hoptable_row *row)
{
	const struct received *r = h->received;
	const struct hoptable_how how = {
		.with = r != NULL ? r->with : NULL, .tls = h->hop.tls, .version = first_of(h->version, h->hop.version),
		.cipher = first_of(h->cipher, h->hop.cipher), .auth = r != NULL && r->auth, .loop = h->loop
	};

	cell_from(run, h, row->cells[HOPTABLE_FROM], HOPTABLE_CELL_MAX);
	cell_by(run, h, row->cells[HOPTABLE_BY], HOPTABLE_CELL_MAX);
	hoptable_how(&how, row->cells[HOPTABLE_HOW], HOPTABLE_CELL_MAX);
	if (h->has_delay)
		hoptable_delay(h->delay, row->cells[HOPTABLE_DELAY], HOPTABLE_CELL_MAX);
	row->grade = h->grade;
	row->evidence = h->hop.evidence;
	if (route->profile != NULL && h->hop.tls == HOP_TLS_YES && h->grade < GRADE_ACCEPTABLE)
		row->reason = h->grade_reason;
	if (r != NULL && r->odd)
		row->note = "odd: a client's words may stand among its writer's, so it has no address and trust ends there";
	else if (r != NULL && r->cut)
		row->note = "cut: it is longer than is read or shown";
}

static int
show_table(struct hops_run *run, const char *file, const struct route *route)
{
	struct hoptable_row *rows = calloc(route->count + 1, sizeof(*rows));
	size_t i;

	if (rows == NULL)
		return -1;
	for (i = 0; i < route->count; i++)
		row_fill(run, route, &route->hops[i], &rows[i]);
	put_heading(&run->out, run, file, route);
	hoptable_write(&run->out, &run->ctl->out, rows, route->count);
	free(rows);
	return 0;
}

/* ---- JSON ---- */

static void
json_number(struct json *j, const char *key, int there, int64_t n)
{
	if (there)
		json_i64(j, key, n);
	else
		json_put_null(j, key);
}

static void
json_tls(struct json *j, const struct route_hop *h)
{
	json_begin_object(j, "tls");
	json_str(j, "used", hop_tls_str(h->hop.tls));
	json_str(j, "version", h->hop.version);
	json_str(j, "cipher", h->hop.cipher);
	json_number(j, "bits", h->bits != 0, h->bits);
	json_str(j, "grade", grade_str(h->grade));
	json_str(j, "reason", h->hop.reason != NULL ? h->hop.reason : h->grade_reason);
	json_begin_object(j, "normalised");
	json_str(j, "version", h->version);
	json_str(j, "cipher", first_of(h->cipher, NULL));
	json_end_object(j);
	json_str(j, "words", h->received != NULL ? h->received->tls_words : NULL);
	json_end_object(j);
}

static void
json_hop(const struct hops_run *run, struct json *j, const struct route_hop *h)
{
	static const struct received none;
	const struct received *r = h->received != NULL ? h->received : &none;
	int observed = h->received == NULL;

	json_begin_object(j, NULL);
	json_tls(j, h);
	json_str(j, "with", r->with);
	json_begin_object(j, "from");
	json_str(j, "helo", r->helo);
	json_str(j, "rdns", observed ? run->facts.client_name : r->rdns);
	json_str(j, "ip", observed ? run->facts.client_ip : r->ip);
	json_end_object(j);
	json_begin_object(j, "by");
	json_str(j, "host", r->by);
	json_end_object(j);
	if (observed)
		json_put_null(j, "auth");
	else
		json_bool(j, "auth", r->auth);
	json_number(j, "time", r->has_time, (int64_t)r->time);
	json_str(j, "evidence", hop_evidence_str(h->hop.evidence));
	json_number(j, "delay", h->has_delay, h->delay);
	json_bool(j, "local", h->loop);
	json_bool(j, "odd", r->odd);
	json_bool(j, "cut", r->cut);
	json_str(j, "id", r->id);
	json_str(j, "writer", r->writer);
	json_end_object(j);
}

static void
show_json_route(struct hops_run *run, const char *file, const struct route *route)
{
	struct buf profile;
	struct json j;
	size_t i;

	buf_init(&profile, 1024);
	if (route->profile != NULL)
		buf_addf(&profile, "%s/%s", route->profile->name, route->profile->version);
	json_begin(&j, &run->out);
	json_begin_object(&j, NULL);
	json_str(&j, "file", file);
	json_begin_array(&j, "hops");
	for (i = 0; i < route->count; i++)
		json_hop(run, &j, &route->hops[i]);
	json_end_array(&j);
	json_number(&j, "boundary", route->boundary != ROUTE_NONE, (int64_t)route->boundary);
	json_str(&j, "profile", profile.data);
	json_u64(&j, "more", route->more);
	json_bool(&j, "header_cut", route->cut);
	json_end_object(&j);
	buf_addc(&run->out, '\n');
	buf_free(&profile);
}

static void
show_json_failure(struct hops_run *run, const char *file, const char *error)
{
	struct json j;

	if (!run->ctl->json)
		return;
	json_begin(&j, &run->out);
	json_begin_object(&j, NULL);
	json_str(&j, "file", file);
	json_str(&j, "error", error);
	json_end_object(&j);
	buf_addc(&run->out, '\n');
}

/* ---- one file ---- */

static int
show(struct hops_run *run, const char *file, const struct scan_result *result)
{
	struct message_facts facts = run->facts;
	struct route *route = malloc(sizeof(*route));
	struct hop observed;
	int rc = 0;

	if (route == NULL)
		return -1;
	facts.scan = result;
	hops_observed(&facts, 0, 0, &observed);
	route_judge(&facts, run->observed ? &observed : NULL, 0, &run->conf->front->policy.internal,
	    run->conf->front->policy.profile, route);
	if (run->ctl->json)
		show_json_route(run, file, route);
	else
		rc = show_table(run, file, route);
	free(route);
	return rc;
}

/* 0, or a code that ends the run. */
static int
hops_file(struct hops_run *run, const char *file)
{
	struct task task;
	uint64_t size;
	int sig, code = 0;

	/* One octet more than is read of a header tells the reader that it goes on. */
	if (message_load(run->runner, &task, file, "", run->conf->scan->max_header_bytes + 1, MESSAGE_BEGINNING, &size) == -1) {
		if ((sig = runner_stopped(run->runner)) != 0)
			return 128 + sig;
		run->code = EX_NOINPUT;
		show_json_failure(run, file, strerror(errno));
		ctl_warn(run->ctl, "%s: %s", file, strerror(errno));
		return 0;
	}
	runner_put(run->runner, &task);
	while (!task.done && code == 0)
		if ((sig = runner_step(run->runner, 1000)) != 0)
			code = 128 + sig;
	if (code == 0 && task.result == NULL) {
		run->code = EX_UNAVAILABLE;
		show_json_failure(run, file, task.detail);
		ctl_warn(run->ctl, "%s: the reader failed: %s (%s)", file, outcome_str(task.failed), task.detail);
		message_scanner_said(run->ctl, run->runner);
	} else if (code == 0 && show(run, file, task.result) == -1)
		code = EX_OSERR;
	task_free(&task);
	return code;
}

static int
hops_files(struct hops_run *run)
{
	struct scan_settings *scan = run->conf->scan;
	char err[512] = "";
	size_t i;
	int code;

	/* One after the other, and no engine. */
	free(scan->database);
	scan->database = NULL;
	scan->workers_small = scan->workers_large = 1;
	scan->spares = 0;
	if ((code = message_scanner(run->ctl, run->conf)) != 0)
		return code;
	if ((run->runner = runner_start(run->conf, NULL, NULL, &code, err, sizeof(err))) == NULL) {
		if (code < 128)
			ctl_warn(run->ctl, "no scanner: %s", err);
		return code;
	}
	buf_init(&run->out, OUT_MAX);
	code = 0;
	for (i = 0; i < run->count && code == 0; i++) {
		if (i > 0 && !run->ctl->json)
			buf_addc(&run->out, '\n');
		code = hops_file(run, run->files[i]);
		if (ctl_put(&run->out) == -1 || fflush(stdout) == EOF) {
			if (errno != EPIPE)
				ctl_warn(run->ctl, "standard output: %s", strerror(errno));
			code = EX_IOERR;
		}
	}
	runner_free(run->runner);
	buf_free(&run->out);
	return code != 0 ? code : run->code;
}

/* ---- options ---- */

static int
take_internal(struct hops_run *run, const struct ctl_command *self)
{
	const char **p;
	struct cidr net;

	if (cidr_parse(optarg, &net) == -1)
		return ctl_usage(run->ctl, self, "--internal wants a network, as 192.0.2.0/24, got \"%s\"", optarg);
	if ((p = reallocarray(run->nets, run->nets_count + 1, sizeof(*p))) == NULL)
		return EX_OSERR;
	run->nets = p;
	p[run->nets_count++] = optarg;
	return 0;
}

/* Puts --internal behind the configuration's networks. */
static int
nets_add(struct hops_run *run)
{
	struct cidr_list *list = &run->conf->front->policy.internal;
	struct cidr *p;
	size_t i;

	if (run->nets_count == 0)
		return 0;
	if (run->facts.client_ip == NULL)
		ctl_warn(run->ctl, "--internal has no effect without --client: trust begins at the host that handed over to us");
	if ((p = reallocarray(list->nets, list->count + run->nets_count, sizeof(*p))) == NULL)
		return -1;
	list->nets = p;
	for (i = 0; i < run->nets_count; i++)
		(void)cidr_parse(run->nets[i], &p[list->count++]);
	return 0;
}

static int
hops_options(struct hops_run *run, struct ctl *ctl, const struct ctl_command *self, int argc, char **argv, int *code)
{
	static const struct option longs[] = {
		CTL_LONG,
		{ "client", required_argument, NULL, KEY_CLIENT },
		{ "tls", required_argument, NULL, KEY_TLS },
		{ "internal", required_argument, NULL, KEY_INTERNAL },
		CTL_END
	};
	int ch, i, stdins = 0;

	while ((ch = ctl_getopt(ctl, self, argc, argv, CTL_SHORT, longs, code)) != -1) {
		if (ch == CTL_STOP)
			return -1;
		if (ch == KEY_CLIENT)
			*code = message_client(ctl, self, optarg, &run->facts, &run->client);
		else if (ch == KEY_TLS)
			*code = message_tls(ctl, self, optarg, &run->facts.tls, &run->tls);
		else
			*code = take_internal(run, self);
		if (*code != 0)
			return -1;
		run->observed |= ch != KEY_INTERNAL;
	}
	for (i = optind; i < argc; i++)
		stdins += strcmp(argv[i], "-") == 0;
	run->files = argv + optind;
	run->count = (size_t)(argc - optind);
	if (run->count > 0 && stdins <= 1)
		return 0;
	*code = ctl_usage(ctl, self, stdins > 1 ? "standard input can be read once only" : "hops wants FILE... (- is standard input)");
	return -1;
}

static int
hops_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	struct hops_run *run = calloc(1, sizeof(*run));
	int code = EX_OSERR;

	if (run == NULL)
		return code;
	run->ctl = ctl;
	if (hops_options(run, ctl, self, argc, argv, &code) == 0 && (run->conf = ctl_conf(ctl, &code)) != NULL)
		code = nets_add(run) == -1 ? EX_OSERR : hops_files(run);
	conf_free(run->conf);
	free(run->client);
	free(run->tls);
	free(run->nets);
	free(run);
	return code;
}

const struct ctl_command command_hops = {
	"hops", "show the route of messages in files: who, how, how good, on whose word", help, hops_run
};
