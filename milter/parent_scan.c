/* SPDX-License-Identifier: ISC */
/* The parent's generations of scanners: which loads, which serves, which drain, and when a fresh one starts. */
/*
 * A new generation serves only once its engine is ready; one that does not load
 * leaves the old one serving.  How a generation is walled in is generation.c's.
 */
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "memory.h"
#include "parent_int.h"

#define RETRY_MAX_NS	(60 * SECOND_NS)	/* between attempts to load an engine while none serves */
#define RETRY_SERVING_NS	(60 * SECOND_NS)	/* and while an old one does, */
#define RETRY_SERVING_MAX_NS	(900 * SECOND_NS)	/* up to this */
#define LEFT_OUT_EVENTS_MAX	8	/* the rest is in the log and in `status` */

/* ---- generations of scanners ---- */

static void
retire(struct parent *p, struct generation *gen, int now)
{
	unsigned int i;

	for (i = 0; i < PARENT_OLD_MAX; i++)
		if (p->old[i] == NULL)
			break;
	if (i == PARENT_OLD_MAX) {	/* cannot be: parent_scan_start() waits for a place */
		log_error("too many generations drain; generation %u is ended", gen->number);
		kill(gen->pid, SIGKILL);
		waitpid(gen->pid, NULL, 0);
		generation_free(gen);
		return;
	}
	p->old[i] = gen;
	if (now || p->front == -1)
		generation_close(gen);
}

static int
old_full(const struct parent *p)
{
	unsigned int i, n = 0;

	for (i = 0; i < PARENT_OLD_MAX; i++)
		n += p->old[i] != NULL;
	return n >= PARENT_OLD_MAX - 2;
}

int
parent_scan_draining(const struct parent *p)
{
	unsigned int i;

	for (i = 0; i < PARENT_OLD_MAX; i++)
		if (p->old[i] != NULL)
			return 1;
	return 0;
}

static void
load_failed(struct parent *p, const char *why)
{
	uint64_t	wait, first, last;

	snprintf(p->last_error, sizeof(p->last_error), "%s", why);
	p->failures++;
	parent_event(p, "engine-failed", "reason", why, "serving", p->current != NULL ? "old engine" : "none", NULL);
	if (!p->served) {
		log_error("no engine: %s", why);
		parent_stop(p, "no engine", EX_UNAVAILABLE);
		return;
	}
	log_error("engine not loaded: %s; %s", why, p->current != NULL ? "the old one serves on" : "mail waits");
	/* Again later, even if the files stay as they are: it may have been memory, rights, or time that lacked. */
	first = p->current != NULL ? RETRY_SERVING_NS : SECOND_NS;
	last = p->current != NULL ? RETRY_SERVING_MAX_NS : RETRY_MAX_NS;
	wait = first << (p->failures < 6 ? p->failures - 1 : 5);
	p->wanted = 1;
	p->wanted_due_ns = clock_mono_ns() + (wait < last ? wait : last);
}

/* Starts a fresh generation if one is wanted and nothing stands in the way. */
void
parent_scan_start(struct parent *p)
{
	char	err[512];
	int	overlap;

	if (!p->wanted || p->stopping || p->loading != NULL || clock_mono_ns() < p->wanted_due_ns || old_full(p))
		return;
	overlap = p->conf->parent.reload_overlap;
	if (p->current != NULL && (overlap == 0 || (overlap == -1 && !memory_holds_another(p->current->pid)))) {
		log_info("memory does not hold two engines: generation %u drains first", p->current->number);
		parent_front_no_engine(p, "the old engine makes room for the new one");
		retire(p, p->current, 0);
		p->current = NULL;
	}
	if (p->current == NULL && overlap != 1 && parent_scan_draining(p))
		return;		/* again when it is gone */
	p->wanted = 0;
	watch_mark(&p->watch);
	if (generation_start(p->conf, ++p->numbers, &p->loading, err, sizeof(err)) == -1) {
		load_failed(p, err);
		return;
	}
	p->loading_due_ns = clock_mono_ns() + p->conf->parent.engine_start_ms * 1000000ULL;
	log_info("generation %u loads its engine (pid %ld)", p->loading->number, (long)p->loading->pid);
}

void
parent_scan_want(struct parent *p, const char *why)
{
	log_info("a fresh generation of scanners is wanted: %s", why);
	p->wanted = 1;
	p->wanted_due_ns = 0;
	parent_scan_start(p);
}

/* Signature files that could not be used (the scanner has logged them): each is on record by itself, the first ones of many. */
static void
left_out_tell(struct parent *p, const char *lines)
{
	char	line[PACKET_MAX / 16], *colon;
	size_t	len;
	int	n;

	for (n = 0; lines != NULL && *lines != '\0' && n < LEFT_OUT_EVENTS_MAX; lines += len + (lines[len] == '\n'), n++) {
		len = strcspn(lines, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)len, lines);
		if ((colon = strstr(line, ": ")) != NULL)
			*colon = '\0';
		parent_event(p, "signatures-left-out", "file", line, "reason", colon != NULL ? colon + 2 : "", NULL);
	}
}

static void
load_ready(struct parent *p)
{
	struct generation	*gen = p->loading;
	const struct engine_info *info = gen->info;
	char			 number[16], db[16], sigs[24];

	p->loading = NULL;
	p->failures = 0;
	p->last_error[0] = '\0';
	if (p->current != NULL)
		retire(p, p->current, 0);
	p->current = gen;
	p->served = 1;
	parent_ready(p, NULL);
	parent_front_generation(p);
	snprintf(number, sizeof(number), "%u", gen->number);
	snprintf(db, sizeof(db), "%u", info->db_version);
	snprintf(sigs, sizeof(sigs), "%llu", (unsigned long long)info->signatures);
	parent_event(p, "engine-ready", "generation", number, "clamav", info->version != NULL ? info->version : "",
	    "db_version", db, "signatures", sigs, NULL);
	left_out_tell(p, info->left_out);
	log_info("generation %s serves: ClamAV %s, %s signatures, database %s, loaded in %llu ms, %llu MB in huge pages, "
	    "walls: %s; %s", number, info->version != NULL ? info->version : "?", sigs, db,
	    (unsigned long long)info->load_ms, (unsigned long long)(info->huge_bytes >> 20),
	    gen->walls[0] != '\0' ? gen->walls : "none (not root)", info->sandbox != NULL ? info->sandbox : "");
}

/* The scanner's control stream has something for us, or its end. */
void
parent_scan_readable(struct parent *p, struct generation *gen)
{
	char	err[512];
	int	rc = generation_event(gen, err, sizeof(err));

	if (rc == 0)
		return;
	if (gen == p->loading) {
		if (rc == 1) {
			load_ready(p);
			return;
		}
		p->loading = NULL;
		kill(gen->pid, SIGKILL);
		retire(p, gen, 1);
		load_failed(p, err);
	} else if (gen == p->current) {
		if (rc == 2) {
			if (gen->crashes >= p->conf->scan->crashes_max && p->loading == NULL && !p->wanted) {
				parent_event(p, "scanner-crashes", "reason", "too many crashes in a generation", NULL);
				parent_scan_want(p, "workers of this one crashed too often (forks share one address layout)");
			}
			return;
		}
		p->current = NULL;
		log_error("the scanners are gone: %s; mail waits for new ones", err);
		snprintf(p->last_error, sizeof(p->last_error), "%s", err);
		parent_event(p, "scanner-died", "reason", err, NULL);
		parent_front_no_engine(p, err);
		kill(gen->pid, SIGKILL);
		p->wanted = 1;
		p->wanted_due_ns = clock_mono_ns() - gen->started_ns > STEADY_NS ? 0 : clock_mono_ns() + SECOND_NS;
		retire(p, gen, 1);
	} else if (rc != 2)
		generation_close(gen);
}

/* A scanner was reaped: its stream is read to its end, which makes it an old generation, and it is let go. */
void
parent_scan_ended(struct parent *p, pid_t pid)
{
	unsigned int	i;

	while (p->loading != NULL && p->loading->pid == pid)
		parent_scan_readable(p, p->loading);
	while (p->current != NULL && p->current->pid == pid)
		parent_scan_readable(p, p->current);
	for (i = 0; i < PARENT_OLD_MAX; i++)
		if (p->old[i] != NULL && p->old[i]->pid == pid) {
			log_debug("generation %u is gone", p->old[i]->number);
			generation_free(p->old[i]);
			p->old[i] = NULL;
		}
}

void
parent_scan_timeout(struct parent *p)
{
	struct generation *gen = p->loading;

	if (gen == NULL || clock_mono_ns() < p->loading_due_ns)
		return;
	p->loading = NULL;
	kill(gen->pid, SIGKILL);
	retire(p, gen, 1);
	load_failed(p, "the engine took longer than scanner.engine_start to load");
}

void
parent_scan_stop(struct parent *p)
{
	if (p->loading != NULL) {
		kill(p->loading->pid, SIGKILL);
		retire(p, p->loading, 1);
		p->loading = NULL;
	}
	if (p->current != NULL) {
		retire(p, p->current, 1);
		p->current = NULL;
	}
}
