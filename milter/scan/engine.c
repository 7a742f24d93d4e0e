/* SPDX-License-Identifier: ISC */
/* libclamav, and nothing else: load, share, scan one object from memory, say honestly what came of it. */
/*
 * Called by worker.c after the fork (scratch, scan); what is loaded before it
 * is engine_load.c's.  Single-threaded.  "Clean" is said only if every layer
 * was opened and every octet scanned, which libclamav itself does not promise:
 * it says clean when it cannot write, when a member's method is unknown to it,
 * and of what it cut at a limit.  Therefore the alerts for limits and encryption
 * are always on (what follows from them is the policy's business), failed
 * writes are counted in writes.c, and layers.c counts the members of each
 * container.  It does not parse mail (mime.c) and knows no policy.
 *
 * Known gaps: objects and members of at most LAYER_MIN octets are not looked
 * at by libclamav; .cvd and .cld files are not searched for signatures that
 * need the engine's own mail parser, ScanMail is there for those who use such.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "scan/engine_int.h"
#include "scan/writes.h"

/*
 * Unpackers stop at MaxFileSize without a word if the member's header lied
 * about its size.  They stop at a whole buffer, the largest of which is this.
 */
#define TRIM_SLACK	(64u * 1024)

/* One engine_scan(), reached by libclamav's callbacks through their context. */
struct scan {
	struct engine_finding	*finding;
	struct layers		*layers;
	const struct engine	*engine;
	char			 error[96];	/* first CL_MSG_ERROR */
	int			 limit;		/* some limit was reached: members left out are its doing */
	int			 again;		/* the scan may have ended at less than a virus */
	char			 last[128];	/* the alert that was put down to a member last */
};

/* ---- findings ---- */

static void
copy_text(char *to, size_t size, const char *from)
{
	size_t	i;

	for (i = 0; from[i] != '\0' && i + 1 < size; i++)
		to[i] = (unsigned char)from[i] < 0x20 || from[i] == 0x7f ? '?' : from[i];
	to[i] = '\0';
}

/* The gravest finding stays; among equals the first. */
static void
note(struct scan *sc, enum outcome outcome, const char *signature, const char *detail)
{
	struct engine_finding *f = sc->finding;

	if (outcome == OUTCOME_LIMIT || outcome == OUTCOME_TIMEOUT)
		sc->limit = 1;
	if (outcome == f->outcome || outcome_worse(f->outcome, outcome) == f->outcome)
		return;
	f->outcome = outcome;
	copy_text(f->signature, sizeof(f->signature), signature);
	copy_text(f->detail, sizeof(f->detail), detail);
}

/* Longer prefixes stand before shorter ones; an empty detail with `rest` means: what follows the prefix. */
static const struct alert {
	const char	*prefix;
	enum outcome	 outcome;
	int		 rest;
} alerts[] = {
	{ "Heuristics.Limits.Exceeded.MaxScanTime",	OUTCOME_TIMEOUT,	0 },
	{ "Heuristics.Limits.Exceeded.",		OUTCOME_LIMIT,		1 },
	{ "Heuristics.Limits.Exceeded",			OUTCOME_LIMIT,		0 },
	{ "Heuristics.Encrypted.",			OUTCOME_ENCRYPTED,	1 },
	{ "Heuristics.OLE2.ContainsMacros",		OUTCOME_MACRO,		0 },
	{ "PUA.",					OUTCOME_PUA,		0 },
};

/*
 * What a layer's end tells may be an alert of a layer before it: an alert is
 * put down to a member once.  Of limits and encryption libclamav speaks when it
 * reads the container, or after.
 */
static void
note_member(struct scan *sc, enum outcome outcome, const char *name, const char *detail)
{
	if (sc->layers == NULL || strncmp(sc->last, name, sizeof(sc->last) - 1) == 0)
		return;
	copy_text(sc->last, sizeof(sc->last), name);
	layers_note(sc->layers, outcome, name, detail,
	    outcome == OUTCOME_LIMIT || outcome == OUTCOME_TIMEOUT || outcome == OUTCOME_ENCRYPTED);
}

static void
note_alert(struct scan *sc, const char *name)
{
	const char	*detail;
	size_t		 i, len;

	if (name == NULL || name[0] == '\0')
		return;
	for (i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		len = strlen(alerts[i].prefix);
		if (strncmp(name, alerts[i].prefix, len) != 0)
			continue;
		if (alerts[i].outcome == OUTCOME_PUA)
			sc->again = 1;
		detail = alerts[i].outcome == OUTCOME_TIMEOUT ? "MaxScanTime" : alerts[i].rest ? name + len : "";
		note(sc, alerts[i].outcome, name, detail);
		note_member(sc, alerts[i].outcome, name, detail);
		return;
	}
	note(sc, OUTCOME_INFECTED, name, "");
	note_member(sc, OUTCOME_INFECTED, name, "");
}

/* Of the layer that has just begun. */
static void
note_here(struct scan *sc, enum outcome outcome, const char *detail)
{
	note(sc, outcome, "", detail);
	layers_note(sc->layers, outcome, NULL, detail, 0);
}

/* ---- libclamav's callbacks ---- */

static cl_error_t
on_meta(const char *container, unsigned long csize, const char *name, unsigned long size,
    int encrypted, unsigned int pos, void *ctx)
{
	struct scan *sc = ctx;

	if (sc != NULL)
		layers_member(sc->layers, container, name, csize, size, encrypted, pos);
	return CL_CLEAN;
}

static cl_error_t
on_layer(int fd, const char *type, const char **ancestors, size_t parent_size, const char *name,
    size_t size, const char *data, uint32_t level, uint32_t attributes, void *ctx)
{
	struct scan *sc = ctx;

	(void)fd;
	(void)ancestors;
	(void)parent_size;
	if (sc == NULL)
		return CL_CLEAN;
	layers_enter(sc->layers, type, name, data, size, level,
	    (attributes & LAYER_ATTRIBUTES_NORMALIZED) != 0);
	if (level == 0)
		copy_text(sc->finding->real_type, sizeof(sc->finding->real_type), type);
	else if (sc->engine->max_filesize > TRIM_SLACK && size > sc->engine->max_filesize - TRIM_SLACK)
		note_here(sc, OUTCOME_LIMIT, "MaxFileSize");
	/* HTML is scanned in its normalized form only, and beyond this there is none. */
	if (size > sc->engine->max_html && strncmp(type, "CL_TYPE_HTML", 12) == 0)
		note_here(sc, OUTCOME_LIMIT, "MaxHTMLNormalize");
	return CL_CLEAN;
}

/* Heuristic alerts do not end a scan and only the last is returned; here each is seen as it comes. */
static cl_error_t
on_layer_end(int fd, int result, const char *virname, void *ctx)
{
	struct scan *sc = ctx;

	(void)fd;
	(void)result;
	if (sc == NULL)
		return CL_CLEAN;
	note_alert(sc, virname);
	layers_leave(sc->layers);
	return CL_CLEAN;
}

static void
on_virus(int fd, const char *virname, void *ctx)
{
	(void)fd;
	if (ctx != NULL)
		note_alert(ctx, virname);
}

/* Errors that speak of the data, not of us: no retry would open it. */
static int
is_damage(const char *error)
{
	static const char *const prefixes[] = { "cli_scanxz: decompress error", "cli_scanxz: premature end" };
	size_t	i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(error, prefixes[i], strlen(prefixes[i])) == 0)
			return 1;
	return 0;
}

static void
on_message(enum cl_msg severity, const char *full, const char *msg, void *ctx)
{
	struct scan *sc = ctx;

	(void)full;
	if (sc == NULL) {
		if (severity == CL_MSG_ERROR)
			log_error("engine: %.*s", (int)strcspn(msg, "\n"), msg);
		else if (severity == CL_MSG_WARN)
			log_warn("engine: %.*s", (int)strcspn(msg, "\n"), msg);
		return;
	}
	/* An error of ours outdoes one of the data's. */
	if (severity == CL_MSG_ERROR && (sc->error[0] == '\0' || is_damage(sc->error))) {
		copy_text(sc->error, sizeof(sc->error), msg);
		sc->error[strcspn(sc->error, "?\n")] = '\0';
		if (sc->error[0] == '\0')
			copy_text(sc->error, sizeof(sc->error), "error");
	}
}

void
engine_listen(void)
{
	cl_set_clcb_msg(on_message);
}

void
engine_callbacks(struct cl_engine *cl)
{
	cl_engine_set_clcb_meta(cl, on_meta);
	cl_engine_set_clcb_file_inspection(cl, on_layer);
	cl_engine_set_clcb_post_scan(cl, on_layer_end);
	cl_engine_set_clcb_virus_found(cl, on_virus);
}

/* ---- in a worker ---- */

int
engine_scratch(struct engine *e, const char *dir)
{
	if (e == NULL)
		return 0;
	if (strlen(dir) >= sizeof(e->scratch))
		return -1;
	copy_text(e->scratch, sizeof(e->scratch), dir);
	writes_scratch(e->scratch);
	return cl_engine_set_str(e->cl, CL_ENGINE_TMPDIR, e->scratch) == CL_SUCCESS ? 0 : -1;
}

void
engine_time_limit(struct engine *e, uint64_t ms)
{
	if (e == NULL)
		return;
	if (ms == 0 || (e->max_scantime != 0 && ms > e->max_scantime))
		ms = e->max_scantime;
	cl_engine_set_num(e->cl, CL_ENGINE_MAX_SCANTIME, (long long)ms);
}

static void
note_result(struct scan *sc, cl_error_t rc, const char *virname, int error, const char *call)
{
	char	detail[128];

	switch (rc) {
	case CL_SUCCESS:
		break;
	case CL_VIRUS:
		note_alert(sc, virname);
		break;
	case CL_ETIMEOUT:
		note(sc, OUTCOME_TIMEOUT, "", "MaxScanTime");
		break;
	case CL_EMAXREC:
		note(sc, OUTCOME_LIMIT, "", "MaxRecursion");
		break;
	case CL_EMAXSIZE:
		note(sc, OUTCOME_LIMIT, "", "MaxScanSize");
		break;
	case CL_EMAXFILES:
		note(sc, OUTCOME_LIMIT, "", "MaxFiles");
		break;
	default:
		snprintf(detail, sizeof(detail), "engine: %s", cl_strerror(rc));
		/* The cause that we saw says more than the engine's general word. */
		if (error == 0)
			note(sc, OUTCOME_NOT_SCANNED, "", detail);
	}
	if (error != 0) {
		snprintf(detail, sizeof(detail), "%s: %s", call, strerrorname_np(error));
		note(sc, OUTCOME_NOT_SCANNED, "", detail);
	} else if (sc->error[0] != '\0') {
		snprintf(detail, sizeof(detail), "engine: %s", sc->error);
		note(sc, is_damage(sc->error) ? OUTCOME_UNOPENED : OUTCOME_NOT_SCANNED, "", detail);
	}
}

/* What the account of members says of this pass. */
static void
note_layers(struct scan *sc, int ended)
{
	layers_end(sc->layers);
	if (layers_failed(sc->layers))
		note(sc, OUTCOME_NOT_SCANNED, "", "engine: no memory");
	if (layers_limit(sc->layers) != NULL)
		note(sc, OUTCOME_LIMIT, "", layers_limit(sc->layers));
	if (layers_encrypted(sc->layers) != NULL)
		note(sc, OUTCOME_ENCRYPTED, "", layers_encrypted(sc->layers));
	if (layers_unopened(sc->layers) != NULL && !sc->limit)
		note(sc, OUTCOME_UNOPENED, "", layers_unopened(sc->layers));
	if (ended)
		layers_excuse(sc->layers, OUTCOME_NOT_SCANNED, "the scan ended before it");
	else if (sc->limit)
		layers_excuse(sc->layers, OUTCOME_LIMIT, sc->finding->detail);
	else if (sc->finding->outcome == OUTCOME_NOT_SCANNED)
		layers_excuse(sc->layers, OUTCOME_NOT_SCANNED, sc->finding->detail);
}

static void
scan_pass(struct engine *e, struct scan *sc, struct cl_scan_options *options, const void *data, size_t len,
    const char *name)
{
	unsigned long		 scanned = 0;
	const char		*virname = NULL, *call;
	cl_fmap_t		*map;
	cl_error_t		 rc;
	int			 error;

	layers_free(e->members);
	e->members = NULL;
	sc->last[0] = '\0';
	sc->layers = layers_new(e->members_max);
	map = cl_fmap_open_memory(data, len);
	if (sc->layers == NULL || map == NULL) {
		note(sc, OUTCOME_NOT_SCANNED, "", "engine: no memory");
		goto out;
	}
	writes_watch();
	rc = cl_scanmap_callback(map, name, &virname, &scanned, e->cl, options, sc);
	error = writes_unwatch(&call);
	note_result(sc, rc, virname, error, call);
	note_layers(sc, rc == CL_VIRUS && (options->general & CL_SCAN_GENERAL_ALLMATCHES) == 0 &&
	    sc->finding->outcome == OUTCOME_INFECTED);
	if (rc == CL_VIRUS && e->precedence)
		sc->again = 1;
out:
	if (map != NULL)
		cl_fmap_close(map);
	e->members = sc->layers;
	sc->layers = NULL;
}

const struct layer_member *
engine_members(const struct engine *e, size_t *count)
{
	*count = 0;
	return e != NULL && e->members != NULL ? layers_members(e->members, count) : NULL;
}

void
engine_scan(struct engine *e, const void *data, size_t len, int raw_mail, const char *name, struct engine_finding *f)
{
	struct cl_scan_options	options;
	struct scan		sc = { .finding = f, .engine = e };

	memset(f, 0, sizeof(*f));
	f->outcome = OUTCOME_CLEAN;
	if (e == NULL) {
		note(&sc, OUTCOME_NOT_SCANNED, "", "no engine");
		return;
	}
	layers_free(e->members);
	e->members = NULL;
	if (len <= LAYER_MIN)
		return;
	/* The engine would pass it over, or scan none of it. */
	if (e->max_filesize != 0 && len > e->max_filesize) {
		note(&sc, OUTCOME_LIMIT, "", "MaxFileSize");
		return;
	}
	options = e->options;
	if (raw_mail && !e->mail_at_top)
		options.parse &= ~(uint32_t)CL_SCAN_PARSE_MAIL;
	scan_pass(e, &sc, &options, data, len, name);
	/*
	 * A PUA signature ends the search of its layer, with precedence any
	 * alert that of the object: what else is there is seen by a pass that
	 * goes on after every match.
	 */
	if (sc.again && f->outcome != OUTCOME_INFECTED) {
		options.general |= CL_SCAN_GENERAL_ALLMATCHES;
		scan_pass(e, &sc, &options, data, len, name);
	}
}
